"""A loaded encoder, from ragged token ids to hidden states, and the states of a frozen one, stored without padding."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import transformers
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel, BertModel, DistilBertModel, PreTrainedModel, PreTrainedTokenizerBase

from raykd.artifacts import SavedEncoder, Storage
from raykd.artifacts.local_files import FULL
from raykd.artifacts.scratch import scratch_directory
from raykd.corpus.tokenizer import open_tokenizer
from raykd.distill.models.checked import check_vocabulary, load_config, load_whole
from raykd.distill.models.packed_encoder import encode_packed
from raykd.errors import InputError
from raykd.evaluate.classifier.ragged import Ragged, length_batches

ENCODING_TOKENS = 4096  # of one forward pass without gradients; on a CPU larger batches gain nothing


class TextEncoder(nn.Module):
    """Last hidden states of texts. BERT and DistilBERT compute without padding (`distill.packed_encoder`); for any
    other kind of encoder texts are padded to the longest of their batch, which costs more and gives the same."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model
        # The kinds themselves: what inherits from them may compute something else.
        self.packed = type(model) in (BertModel, DistilBertModel)

    @property
    def width(self) -> int:
        return int(self.model.config.hidden_size)

    @property
    def positions(self) -> int | None:
        """How many tokens a text may have; None where the kind of encoder has no positions of its own to run out of."""
        positions = getattr(self.model.config, "max_position_embeddings", None)
        table = getattr(getattr(self.model, "embeddings", None), "position_embeddings", None)
        # RoBERTa's kind counts from the place after the padding token's, so that many of its positions are never used.
        unused = getattr(table, "padding_idx", None)
        return positions if positions is None or unused is None else positions - unused - 1

    def forward(self, tokens: Ragged) -> Tensor:
        """Ids of texts, longest first -> hidden states [tokens, width], in the precision of the model."""
        lengths = tokens.lengths
        if self.packed:
            found, counts = lengths.unique_consecutive(return_counts=True)
            runs = tuple(zip(found.tolist(), counts.tolist(), strict=True))
            steps = torch.arange(len(tokens.values), device=tokens.values.device)
            positions = steps - tokens.offsets[:-1].repeat_interleave(lengths)
            return encode_packed(self.model, tokens.values, positions, runs)
        rows = tokens.values.split(lengths.tolist())
        padding = self.model.config.pad_token_id or 0
        inputs = pad_sequence(list(rows), batch_first=True, padding_value=padding)
        mask = torch.arange(inputs.shape[1], device=inputs.device) < lengths.unsqueeze(1)
        hidden: Tensor = self.model(input_ids=inputs, attention_mask=mask).last_hidden_state
        return hidden[mask]


def load_encoder(location: str, revision: str | None = None) -> TextEncoder:
    """The encoder in float32, without pooler or language-model head. Raises InputError where none is there whole."""
    config = load_config(location, revision)
    if config.is_encoder_decoder:
        raise InputError(f"{location}: no encoder alone, but one with a decoder ({config.model_type})")
    model, _ = load_whole(AutoModel, location, revision)
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # type: ignore[assignment]  # never used here; DistilBERT has none
    return TextEncoder(model.eval()).eval()


def load_with_tokenizer(saved: SavedEncoder, storage: Storage) -> tuple[PreTrainedTokenizerBase, TextEncoder]:
    """An encoder and its tokenizer, from wherever it lies.

    Raises InputError where one of them cannot be loaded whole, and where they do not fit each other.
    """
    with saved.local(storage) as location, _quiet_loading():
        tokenizer = open_tokenizer(location, saved.revision)
        encoder = load_encoder(location, saved.revision)
    check_vocabulary(tokenizer, encoder.model, saved.name)
    return tokenizer, encoder


@contextmanager
def _quiet_loading() -> Iterator[None]:
    """Without transformers' bars and its report of weights that are not used: a vocabulary head's, always."""
    level, bars = transformers.logging.get_verbosity(), transformers.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(level)
        if bars:
            transformers.logging.enable_progress_bar()


def check_positions(encoder: TextEncoder, tokens: Ragged) -> None:
    """Raises InputError where a text has more tokens than the encoder has positions."""
    positions, longest = encoder.positions, int(tokens.lengths.max())
    if positions is not None and longest > positions:
        raise InputError(
            f"evaluate.max_length: a text has {longest} tokens but the encoder {positions} positions; "
            f"lower it to {positions}"
        )


def trim_vocabulary(encoder: TextEncoder, tokens: Ragged) -> Ragged:
    """Leave the encoder, in place, only the word embeddings that these tokens use; returns the renumbered tokens.

    Fine-tuning computes the same: a row that never occurs has no gradient, and without weight decay AdamW leaves
    it alone. What goes is most of a multilingual encoder's parameters and the optimiser's work on them.
    """
    embeddings = encoder.model.get_input_embeddings()
    assert isinstance(embeddings, nn.Embedding)
    # Ids up to the padding token's stay as they are: RoBERTa-like models count positions by it.
    padding = torch.arange((encoder.model.config.pad_token_id or 0) + 1)
    used = torch.unique(torch.cat([padding, tokens.values]))
    encoder.model.set_input_embeddings(nn.Embedding.from_pretrained(embeddings.weight.detach()[used], freeze=False))
    return Ragged(torch.searchsorted(used, tokens.values), tokens.offsets)


def encode(
    encoder: TextEncoder, tokens: Ragged, device: str, budget: int = ENCODING_TOKENS
) -> Iterator[tuple[Tensor, Tensor]]:
    """(row numbers [rows], their hidden states one after the other [tokens, width] on the device), every row once.

    The encoder is on the device. budget: tokens of a batch, padding counted.
    """
    with torch.inference_mode():
        for rows in length_batches(tokens.lengths, budget):
            yield rows, encoder(tokens.take(rows).to(device))


@contextmanager
def stored_states(
    encoder: TextEncoder, tokens: Ragged, scratch_bytes: int, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> Iterator[Ragged]:
    """The last hidden states of every text, computed and stored in `dtype`, in a file that goes with the context.

    Raises InputError where they would take more than `scratch_bytes` or than the disk could ever hold, and RuntimeError
    where other things, such as the states of trials beside this one, leave too little of it now.
    """
    with scratch_directory() as directory:
        size = len(tokens.values) * encoder.width
        _check_scratch(tokens, encoder.width, dtype.itemsize, scratch_bytes, directory)
        _reserve(directory / "states", size * dtype.itemsize)
        file = torch.from_file(str(directory / "states"), shared=True, size=size, dtype=dtype)
        states = file.view(-1, encoder.width)
        encoder.to(device, dtype)
        for rows, hidden in encode(encoder, tokens, device):
            states[tokens.positions(rows)] = hidden.cpu()
        yield Ragged(states, tokens.offsets)


def _reserve(path: Path, size: int) -> None:
    """A file whose bytes are taken from the disk now: trials beside this one see that they are gone, and a full disk is
    an error here, where in a mapped file of holes it would kill the process."""
    free = shutil.disk_usage(path.parent).free
    if size > free or not _taken(path, size):
        raise RuntimeError(
            f"hidden states: {size / 1e9:.3g} GB, but {free / 1e9:.3g} GB are free at {path.parent} now; the states of "
            "other trials may hold the rest: raise resources.grid.cpus, so that fewer run at a time (each may hold "
            "resources.scratch), or free some"
        )


def _taken(path: Path, size: int) -> bool:
    try:
        with open(path, "wb") as file:
            if hasattr(os, "posix_fallocate"):  # not on macOS
                os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        if error.errno not in FULL:
            raise
        return False
    return True


def _check_scratch(tokens: Ragged, width: int, size: int, budget: int, directory: Path) -> None:
    count = len(tokens.values)
    needed, disk = count * width * size, shutil.disk_usage(directory).total
    for limit, what in ((budget, "resources.scratch allows"), (disk, f"the whole disk of {directory} has")):
        if needed > limit:
            raise InputError(
                f"hidden states: {len(tokens):,} texts, {count:,} tokens x {width} wide x {size} bytes = "
                f"{needed / 1e9:.3g} GB, but {limit / 1e9:.3g} GB {what}; lower evaluate.max_length or the task's "
                "sizes, or give more"
            )
