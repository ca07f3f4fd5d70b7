"""Texts to tokens and, by a frozen encoder, to hidden states: each text once, stored without padding."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel, PreTrainedModel, PreTrainedTokenizerBase

from raykd.errors import InputError

ENCODING_TOKENS = 4096  # padded tokens of one forward pass; on a CPU larger batches gain nothing


@dataclass(frozen=True)
class Ragged:
    """Rows of different lengths in one tensor: row i is values[offsets[i] : offsets[i + 1]].

    values: token ids [tokens] or hidden states [tokens, width]; offsets: int64 [rows + 1]. No row is empty.
    """

    values: Tensor
    offsets: Tensor

    @property
    def lengths(self) -> Tensor:
        return self.offsets.diff()

    def part(self, start: int, stop: int) -> Ragged:
        """Rows start to stop, without a copy of the values."""
        return Ragged(self.values, self.offsets[start : stop + 1])

    def positions(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Where the rows lie in values, int64 [batch, length], and which positions are real, bool [batch, length].

        Padding points at the row's own last value: always there, always finite, and masked.
        """
        lengths = self.lengths[rows].unsqueeze(1)
        steps = torch.arange(int(lengths.max()))
        return self.offsets[rows].unsqueeze(1) + steps.minimum(lengths - 1), steps < lengths

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The rows padded to their longest: values [batch, length, ...], attention mask bool [batch, length]."""
        positions, mask = self.positions(rows)
        return self.values[positions], mask


def load_encoder(location: str, revision: str | None = None) -> PreTrainedModel:
    """The encoder in float32, without pooler or language-model head. Raises InputError where there is none."""
    try:
        model = AutoModel.from_pretrained(location, revision=revision, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise InputError(f"{location}: no encoder can be loaded: {_first_line(error)}") from error
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # never used here; DistilBERT has none and takes no add_pooling_layer
    return model.eval()


def tokenise(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int) -> Ragged:
    """Token ids of each text with its special tokens, cut to max_length tokens in all."""
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    offsets = np.cumsum([0, *map(len, encoded)])
    return Ragged(torch.from_numpy(np.concatenate(encoded).astype(np.int64)), torch.from_numpy(offsets))


def check_positions(encoder: PreTrainedModel, tokens: Ragged) -> None:
    """Raises InputError where a text has more tokens than the encoder has positions."""
    positions, longest = encoder.config.max_position_embeddings, int(tokens.lengths.max())
    if longest > positions:
        raise InputError(
            f"evaluate.max_length: a text has {longest} tokens but the encoder {positions} positions; "
            f"lower it to {positions}"
        )


def trim_vocabulary(encoder: PreTrainedModel, tokens: Ragged) -> Ragged:
    """Leave the encoder, in place, only the word embeddings that these tokens use; returns the renumbered tokens.

    Fine-tuning computes the same: a row that never occurs has no gradient, and without weight decay AdamW leaves
    it alone. What goes is most of a multilingual encoder's parameters and the optimiser's work on them.
    """
    embeddings = encoder.get_input_embeddings()
    assert isinstance(embeddings, torch.nn.Embedding)
    # Ids up to the padding token's stay as they are: RoBERTa-like models count positions by it.
    padding = torch.arange((encoder.config.pad_token_id or 0) + 1)
    used = torch.unique(torch.cat([padding, tokens.values]))
    encoder.set_input_embeddings(torch.nn.Embedding.from_pretrained(embeddings.weight.detach()[used], freeze=False))
    return Ragged(torch.searchsorted(used, tokens.values), tokens.offsets)


def length_batches(lengths: Tensor, budget: int) -> list[Tensor]:
    """Row numbers in batches of similar length, each at most `budget` tokens with padding, or a single row."""
    order = torch.argsort(lengths, stable=True)
    batches, start = [], 0
    for stop in range(1, len(order) + 1):
        if stop == len(order) or (stop + 1 - start) * int(lengths[order[stop]]) > budget:
            batches.append(order[start:stop])
            start = stop
    return batches


@contextmanager
def stored_states(
    encoder: PreTrainedModel, tokens: Ragged, scratch_bytes: int, device: str = "cpu"
) -> Iterator[Ragged]:
    """The last hidden states of every text, float32 [tokens, width], in a file that goes with the context.

    Raises InputError where they would take more than `scratch_bytes` or than the disk has.
    """
    width = encoder.config.hidden_size
    with tempfile.TemporaryDirectory(prefix="raykd-states-") as directory:
        _check_scratch(len(tokens.lengths), len(tokens.values), width, scratch_bytes, directory)
        file = np.memmap(Path(directory) / "states", np.float32, "w+", shape=(len(tokens.values), width))
        states = torch.from_numpy(file)
        encoder.to(device)  # type: ignore[arg-type]  # the wrapper of PreTrainedModel.to hides its types
        with torch.inference_mode():
            for rows in length_batches(tokens.lengths, ENCODING_TOKENS):
                positions, mask = tokens.positions(rows)
                hidden = encoder(
                    input_ids=tokens.values[positions].to(device), attention_mask=mask.to(device)
                ).last_hidden_state.cpu()
                states[positions[mask]] = hidden[mask]
        yield Ragged(states, tokens.offsets)


def _check_scratch(rows: int, tokens: int, width: int, budget: int, directory: str) -> None:
    needed, free = tokens * width * 4, shutil.disk_usage(directory).free
    for limit, what in ((budget, "resources.scratch allows"), (free, f"are free at {directory}")):
        if needed > limit:
            raise InputError(
                f"hidden states: {rows:,} texts, {tokens:,} tokens x {width} wide x 4 bytes = {needed / 1e9:.3g} GB, "
                f"but {limit / 1e9:.3g} GB {what}; lower evaluate.max_length or the task's sizes, or give more"
            )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
