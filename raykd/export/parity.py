"""Whether a graph gives what the float encoder and heads give, on the tasks' own validation texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from raykd.config.export import Parity as Limits
from raykd.evaluate.classifier.encoder import TextEncoder, encode
from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.metrics import best_thresholds, decide
from raykd.evaluate.predict.heads import SavedHead, TextClassifier
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.export.onnx import Heads
from raykd.statistics.item_bootstrap import Decisions, difference_over_texts, resample

COSINE_TEXTS = 128  # of each head: their hidden states are kept for comparison
HALVINGS = 10
EXACT = Limits(cosine=0.99999, agreement=0.9995, f1_loss=0.001)  # what the float graph must keep


@dataclass(frozen=True)
class LabelledTexts:
    """labels: which each text has, known: which of them are known; bool [texts, labels]. tuned_on: whether the heads'
    thresholds were chosen on these texts."""

    tokens: Ragged
    labels: np.ndarray
    known: np.ndarray
    tuned_on: bool = False


@dataclass(frozen=True)
class HeadParity:
    """agreement: share of decisions that are the same; f1: the headline of the reference; f1_change: candidate minus
    reference, with its 95 % interval over texts. Where thresholds were chosen on these texts, f1 and its change are
    those of either half with the thresholds that the other half chooses."""

    texts: int
    agreement: float
    f1: float
    f1_change: float
    low: float
    high: float


@dataclass(frozen=True)
class Parity:
    """cosine: of hidden states, mean over tokens; cosine_low: of the worst hundredth of them, its upper end."""

    cosine: float
    cosine_low: float
    heads: Mapping[str, HeadParity]

    def shortfall(self, limits: Limits) -> str | None:
        """What is below a limit, if anything is."""
        if not self.cosine >= limits.cosine:
            return f"cosine of hidden states {self.cosine:.5f}, below {limits.cosine:g}"
        for name, head in self.heads.items():
            if not head.agreement >= limits.agreement:
                return f"{name}: {head.agreement:.2%} of decisions agree, fewer than {limits.agreement:.2%}"
            if not -head.f1_change <= limits.f1_loss:
                return f"{name}: F1 falls by {-head.f1_change:.4f}, more than {limits.f1_loss:g}"
        return None


class Reference:
    """What the float encoder and heads answer, computed once, on a CPU. texts: by head."""

    def __init__(self, encoder: TextEncoder, heads: Heads, texts: Mapping[str, LabelledTexts]) -> None:
        self.heads = {name: saved for name, (saved, _) in heads.items()}
        self.texts = texts
        classifier = TextClassifier(
            None, encoder, {name: [pair] for name, pair in heads.items()}, 0, "cpu", torch.float32
        )
        self.probabilities = {name: classifier.probabilities(own.tokens, name)[0] for name, own in texts.items()}
        self.states: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {
            name: list(encode(encoder, _first(own.tokens), "cpu")) for name, own in texts.items()
        }

    def compare(self, model: OnnxModel) -> Parity:
        cosines = np.concatenate([self._cosines(name, model) for name in self.heads])
        heads = {}
        for name, saved in self.heads.items():
            (found,) = model.probabilities(self.texts[name].tokens, [name])
            heads[name] = compare_decisions(saved, self.texts[name], self.probabilities[name], found)
        return Parity(float(cosines.mean()), float(np.quantile(cosines, 0.01)), heads)

    def _cosines(self, name: str, model: OnnxModel) -> np.ndarray:
        """Of every token, float32 [tokens]."""
        tokens, found = _first(self.texts[name].tokens), []
        for rows, states in self.states[name]:
            batch = tokens.take(rows)
            inputs = model.inputs(batch)
            (padded,) = model.session.run(["last_hidden_state"], inputs)
            other = torch.from_numpy(padded)[torch.from_numpy(inputs["attention_mask"]).bool()]
            found.append(torch.nn.functional.cosine_similarity(states, other).numpy())
        return np.concatenate(found)


def compare_decisions(saved: SavedHead, texts: LabelledTexts, reference: np.ndarray, found: np.ndarray) -> HeadParity:
    """Decisions from probabilities [texts, labels] of the reference and of what is compared with it."""
    first, second = (_decide(saved, one, saved.thresholds) for one in (reference, found))
    pairs = list(_of_halves(saved, texts, reference, found)) if texts.tuned_on else [(first, second)]
    # A label that nobody knows of is no decision that counts, and the headline of a binary task is one label's.
    columns = [saved.labels.index(saved.positive)] if saved.positive else list(range(len(saved.labels)))
    known, truth = texts.known[:, columns], (texts.labels & texts.known)[:, columns]
    scored = [
        Decisions(truth, np.stack([one[:, columns] & known for one in runs])) for runs in zip(*pairs, strict=True)
    ]
    other, own = resample(scored, random_seed=0)
    change, low, high = difference_over_texts(own, other)
    return HeadParity(len(truth), float((first == second).mean()), other.estimate, change, low, high)


def _decide(saved: SavedHead, probabilities: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    return decide(saved.kind, saved.labels, saved.positive, probabilities, thresholds)


def _of_halves(
    saved: SavedHead, texts: LabelledTexts, reference: np.ndarray, found: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Both decisions on all texts, each half by thresholds that the reference chooses on the other, HALVINGS times.

    Chosen on the texts that it decides on, a threshold gives them the best F1 that the reference can have: whatever
    answers a little differently then has less, by .7 points of F1 where it had .03 less on texts of its own.
    """
    draw = np.random.default_rng(0)
    for _ in range(HALVINGS):
        first = draw.permutation(len(texts.labels)) % 2 == 0
        own, other = np.empty_like(texts.labels), np.empty_like(texts.labels)
        for half in (first, ~first):
            thresholds = best_thresholds(texts.labels[~half], texts.known[~half], reference[~half])
            own[half], other[half] = (_decide(saved, one[half], thresholds) for one in (reference, found))
        yield own, other


def _first(tokens: Ragged) -> Ragged:
    return tokens.part(0, min(COSINE_TEXTS, len(tokens)))
