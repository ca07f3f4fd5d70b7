"""What is trained. Apart from how, so that whoever only hands it on need not import torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.config import Adapt, Distill, Pretrain, TrainResources
from raykd.distill.train.usage import SharedLimit


@dataclass(frozen=True)
class TrainingJob:
    """What is trained: an encoder of the experiment with one seed.

    directory: where it goes on storage; parent: teacher, or the encoder to adapt; cutoffs: language -> highest shuffle
    key of its documents; floors: language -> the shuffle key above which documents are held out for validation, empty
    where there is none; start: the student that it starts from, if any; shared: a limit of this and other
    trainings together.
    """

    store: ResultStore
    directory: str
    name: str
    spec: Distill | Pretrain | Adapt
    seed: int
    parent: SavedEncoder | None
    tokenizer: SavedEncoder
    tokens: Result
    cutoffs: Mapping[str, int]
    resources: TrainResources
    floors: Mapping[str, int] = field(default_factory=dict)
    start: SavedEncoder | None = None
    shared: SharedLimit | None = None
