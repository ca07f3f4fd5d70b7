"""Hidden states of a frozen encoder: each text encoded once, stored without padding."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from raykd.artifacts.local_files import FULL
from raykd.artifacts.scratch import scratch_directory
from raykd.errors import InputError
from raykd.evaluate.encoder import ENCODING_TOKENS, TextEncoder
from raykd.evaluate.ragged import Ragged, length_batches


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
