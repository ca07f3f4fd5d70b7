"""What is asked of encoders, and the files that answer.

probe/<encoder>-<hash8>/homonyms.parquet has a row for each word and sense; that of two encoders,
probe/<first>-<second>-<hash8>/homonym-shift.parquet, for each sentence and measure. probe/latency-<hash8>/
latency.parquet is of all encoders, since they are timed in one run: a row for each encoder, runtime, text length and
batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from raykd.artifacts import Result, SavedEncoder
from raykd.config import Homonym, Latency

LATENCY, HOMONYMS, HOMONYM_SHIFT = "latency.parquet", "homonyms.parquet", "homonym-shift.parquet"


@dataclass(frozen=True)
class HomonymJob:
    result: Result
    encoder: SavedEncoder
    homonyms: tuple[Homonym, ...]


@dataclass(frozen=True)
class HomonymShiftJob:
    """first: the encoder that is expected to have moved; second: the one that it is compared with."""

    result: Result
    first: SavedEncoder
    second: SavedEncoder
    homonyms: tuple[Homonym, ...]


@dataclass(frozen=True)
class LatencyJob:
    """reference: the encoder that the others are compared with; graphs: (encoder, runtime) -> the file of its ONNX
    graph on storage; texts: the file of the task's test texts, if a task's are timed; max_length: tokens that these
    are cut to."""

    result: Result
    encoders: tuple[SavedEncoder, ...]
    reference: str
    spec: Latency
    graphs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    texts: str | None = None
    max_length: int | None = None
