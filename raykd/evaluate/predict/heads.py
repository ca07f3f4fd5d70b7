"""Heads that the grid has left on storage, and one encoder with many of them: each text is encoded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import safetensors.torch
import torch
from transformers import PreTrainedTokenizerBase

from raykd.artifacts import ResultStore, Storage
from raykd.config import Head, TaskKind
from raykd.errors import in_one_line
from raykd.evaluate.cell import Cell, Seed, headline_scores
from raykd.evaluate.classifier.encoder import TextEncoder, check_positions, encode
from raykd.evaluate.classifier.head import ClassifierHead, to_probabilities
from raykd.evaluate.classifier.ragged import Ragged, tokenise
from raykd.evaluate.classifier.train import make_head
from raykd.evaluate.metrics import decide


@dataclass(frozen=True)
class Decision:
    """What a head's probabilities are of, and how labels follow from them. thresholds: one a label."""

    task: str
    kind: TaskKind
    labels: tuple[str, ...]
    positive: str | None
    thresholds: tuple[float, ...]


@dataclass(frozen=True)
class SavedHead(Decision):
    """width: of the hidden states that it takes; file: its weights, on storage."""

    head: Head
    width: int
    file: str

    def load(self, storage: Storage) -> ClassifierHead:
        head = make_head(self.head, self.width, len(self.labels))
        content = storage.read_bytes(self.file)
        with in_one_line(f"{storage.address(self.file)}: no head can be loaded; remove its cell and evaluate again"):
            head.load_state_dict(safetensors.torch.load(content))
        return head.eval()


def head_name(task: str, language: str) -> str:
    """What a head is called beside the others of its encoder."""
    return f"{task}-{language}"


def chosen_seed(store: ResultStore, cell: Cell) -> Seed:
    """Of the seeds asked for with the cell's first encoder the one that is best on validation, the first of several."""
    scores = headline_scores(store, cell, "validation_f1")
    return max((seed for seed in cell.asked if seed[0] == cell.encoders[0].seed), key=scores.__getitem__)


def saved_head(store: ResultStore, cell: Cell, seed: Seed) -> SavedHead:
    """The head of one seed of a complete cell."""
    rows = store.storage.read_table(cell.file("scores.parquet")).to_pylist()
    thresholds = {row["label"]: row["threshold"] for row in rows if (row["encoder_seed"], row["seed"]) == seed}
    return SavedHead(
        task=cell.task,
        kind=cell.kind,
        labels=cell.labels,
        positive=cell.positive,
        thresholds=tuple(thresholds[label] for label in cell.labels),
        head=cell.head,
        width=store.storage.read_json(cell.head_config_file)["width"],
        file=cell.head_file(seed),
    )


def heads_of(store: ResultStore, cells: Sequence[Cell]) -> dict[str, tuple[SavedHead, ...]]:
    """By language the head of each of these complete cells, of the seed that is best on validation."""
    languages = sorted({cell.language for cell in cells})
    return {
        language: tuple(
            saved_head(store, cell, chosen_seed(store, cell)) for cell in cells if cell.language == language
        )
        for language in languages
    }


class TextClassifier:
    """An encoder with its tokenizer, and heads: (what each decides by, its weights)."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase | None,
        encoder: TextEncoder,
        heads: Mapping[str, Sequence[tuple[SavedHead, ClassifierHead]]],
        max_length: int,
        device: str,
        dtype: torch.dtype,
    ) -> None:
        """tokenizer: none where texts come as tokens; heads: by language."""
        self.tokenizer, self.max_length, self.device = tokenizer, max_length, device
        self.encoder = encoder.to(device, dtype)
        self.heads = {
            language: [(saved, head.to(device)) for saved, head in several] for language, several in heads.items()
        }

    def tokenise(self, texts: Sequence[str]) -> Ragged:
        """Raises InputError where the encoder has too few positions."""
        assert self.tokenizer
        tokens = tokenise(self.tokenizer, texts, self.max_length)
        check_positions(self.encoder, tokens)
        return tokens

    @torch.inference_mode()
    def probabilities(self, tokens: Ragged, language: str) -> list[np.ndarray]:
        """float32 [texts, labels] for each head of a language, from one pass of the encoder."""
        heads = self.heads[language]
        answers = [torch.empty(len(tokens), len(saved.labels)) for saved, _ in heads]
        for rows, hidden in encode(self.encoder, tokens, self.device):
            lengths = tokens.lengths[rows]
            offsets = torch.nn.functional.pad(lengths.cumsum(0), (1, 0)).to(self.device)
            for answer, (saved, head) in zip(answers, heads, strict=True):
                answer[rows] = to_probabilities(head(Ragged(hidden, offsets))[0], saved.kind).cpu()
        return [answer.numpy() for answer in answers]


def names(decision: Decision, probabilities: np.ndarray) -> list[list[str]]:
    """The labels that a head gives to each text, from probabilities [texts, labels]."""
    chosen = decide(decision.kind, decision.labels, decision.positive, probabilities, decision.thresholds)
    return [[decision.labels[column] for column in np.flatnonzero(row)] for row in chosen]
