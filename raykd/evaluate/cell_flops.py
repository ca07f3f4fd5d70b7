"""What a cell of the grid costs, from the shape of its encoder and the size of its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raykd.distill.models.shape import Shape
from raykd.evaluate.cell import Cell

TEXTS_SUMMED = 32  # at once by a head: the more, the more zeros are multiplied
STATE_BYTES = 2  # bf16; a CPU or GPU without it stores twice as much
WEIGHT_BYTES = 4
PREDICTION_BYTES = 60  # of a row of predictions.parquet and label, about, compressed


@dataclass(frozen=True)
class Texts:
    """rows: of train, validation and test; tokens: of a text, the mean."""

    rows: Mapping[str, int]
    tokens: float


@dataclass(frozen=True)
class Cost:
    """tokens: that go through the encoder; flops: operations, a multiply and an add are two; scratch: bytes on a
    trial's disk while it runs; kept: bytes on storage; classifiers: how many are trained."""

    tokens: float
    flops: float
    scratch: float
    kept: float
    classifiers: int


def cell_cost(cell: Cell, shape: Shape, texts: Texts, seeds: int | None = None, encodes: bool = True) -> Cost:
    """Of `seeds` classifiers (none: all that are asked for), each encoder's texts encoded once where it is frozen.

    encodes: False for a frozen cell that uses the states of another (`run.run_cells`).

    Backward through an encoder counts twice forward; a head on stored states has no gradient for them, so once.
    Embeddings, softmax and the optimiser are left out: less than a percent at mBERT's size.
    """
    classifiers = len(cell.asked) if seeds is None else seeds
    train = (cell.train_rows or texts.rows["train"]) * texts.tokens
    held_out = (texts.rows["validation"] + texts.rows["test"]) * texts.tokens
    encoder, head = shape.encoder(texts.tokens), head_flops(cell, shape.width)
    epochs = cell.training.epochs
    if cell.weights == "frozen":
        encodings = min(len(cell.encoders), classifiers) if encodes else 0
        encoded = texts.rows["train"] * texts.tokens + held_out  # whatever train_rows says
        through = encodings * encoded
        flops = through * encoder + classifiers * (2 * epochs * train + held_out) * head
        scratch = encoded * shape.width * STATE_BYTES
    else:
        through = classifiers * (epochs * train + held_out)
        flops = classifiers * (3 * epochs * train + held_out) * (encoder + head)
        scratch = 0.0
    weights = head_parameters(cell, shape.width) * WEIGHT_BYTES
    predictions = texts.rows["test"] * len(cell.labels) * PREDICTION_BYTES
    return Cost(through, flops, scratch, classifiers * (weights + predictions), classifiers)


def head_flops(cell: Cell, width: int) -> float:
    """Forward, a token; with the zeros that `head.weighted_sums` multiplies."""
    together = min(TEXTS_SUMMED, cell.training.batch)
    if cell.head.pooling == "mean":
        return 2.0 * width * together
    hidden = cell.head.hidden or width
    return 2.0 * (width * hidden + hidden * cell.head.hops + cell.head.hops * width * together)


def head_parameters(cell: Cell, width: int) -> int:
    if cell.head.pooling == "mean":
        return (width + 1) * len(cell.labels)
    hidden, hops = cell.head.hidden or width, cell.head.hops
    return width * hidden + hidden * hops + (hops * width + 1) * len(cell.labels)
