"""Tasks, the grid that evaluates encoders on them, and the sweep over data quantities."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from raykd.config.sources import Source
from raykd.config.types import Distinct, Language, Name, Node, Positive, Share, Size


class Sizes(Node):
    """Rows per split and language; `minimum`: how often each label occurs in validation and in test (paper, 3.2.1)."""

    train: Positive
    validation: Positive
    test: Positive
    minimum: Annotated[int, Field(ge=0)] = 0


class Task(Node):
    kind: Literal["binary", "multi-class", "multi-label"]
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    labels: Annotated[tuple[str, ...], Field(min_length=2), Distinct]
    positive: str | None = None
    sizes: Sizes
    rejected_share: Share = 0.01  # of the rows read that may be unreadable before the job fails
    languages: Annotated[tuple[Language, ...], Distinct] = ()  # none: the experiment's
    encoders: tuple[Name, ...] = ()  # none: all of evaluate.encoders

    @model_validator(mode="after")
    def positive_label(self) -> Task:
        if (self.kind == "binary") != (self.positive is not None):
            raise ValueError("a binary task, and no other, names its positive label")
        if self.kind == "binary" and (len(self.labels) != 2 or self.positive not in self.labels):
            raise ValueError("a binary task has two labels, one of them positive")
        return self


class Head(Node):
    """Structured self-attention (Lin et al. 2017): about 600,000 parameters at width 768, as the paper says."""

    hidden: Positive | None = None  # d_a; none: the encoder's width
    hops: Positive = 1  # r


class ClassifierTraining(Node):
    epochs: Positive = 3
    batch: Positive = 32
    learning_rate: Annotated[float, Field(gt=0)]
    encoder_learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    warmup: Share = 0.1
    dropout: Share = 0.1  # of the encoder while it is fine-tuned, whatever it was trained with


class Evaluate(Node):
    encoders: Annotated[tuple[Name, ...], Field(min_length=1), Distinct]
    baselines: tuple[Name, ...] = ()
    weights: Annotated[tuple[Literal["frozen", "fine-tuned"], ...], Field(min_length=1), Distinct] = (
        "frozen",
        "fine-tuned",
    )
    seeds: Positive = 10
    head: Head = Head()
    max_length: Annotated[int, Field(ge=8)] = 512
    threshold: Share = 0.5
    frozen: ClassifierTraining = ClassifierTraining(learning_rate=1e-3)
    fine_tuned: ClassifierTraining = ClassifierTraining(learning_rate=1e-3)


class Sweep(Node):
    """One encoder distilled on growing, nested quantities of one language (paper, section 5)."""

    encoder: Name
    language: Language
    task: Name
    quantities: Annotated[tuple[Size, ...], Field(min_length=1)]
    baselines: tuple[Name, ...] = ()
