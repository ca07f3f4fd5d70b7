"""Encoders: saved ones, and those trained here. "Sanh" is the distillation example of Hugging Face transformers
(research_projects/distillation)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from raykd.config.corpora import Budget
from raykd.config.types import Distinct, Name, Node, Positive, Share


class Masking(Node):
    rate: Share = 0.15  # Sanh train.py:95
    smoothing: Annotated[float, Field(ge=0)] = 0.7  # Sanh train.py:131, count ** -0.7


class Training(Node):
    """What pretraining, continued training and distillation share."""

    corpus: Name
    budget: Budget | None = None  # none: the corpus's own
    seeds: Annotated[tuple[int, ...], Field(min_length=1), Distinct] = (56,)  # Sanh train.py:197
    epochs: Positive = 3  # Sanh train.py:155
    step_sequences: Positive = 4096  # Sanh: batch 5 x accumulation 50 x 8 processes = 2,000; the paper: "large"
    group_sequences: Positive = 64
    max_length: Annotated[int, Field(ge=8)] = 512
    learning_rate: Annotated[float, Field(gt=0)] = 5e-4  # Sanh train.py:170
    warmup: Share = 0.05  # Sanh train.py:168
    betas: tuple[float, float] = (0.9, 0.98)  # Sanh distiller.py:167
    epsilon: float = 1e-6  # Sanh train.py:171
    weight_decay: float = 0.0  # Sanh train.py:169
    gradient_clip: float = 5.0  # Sanh train.py:172
    dropout: Share = 0.1
    masking: Masking = Masking()

    @model_validator(mode="after")
    def whole_groups(self) -> Training:
        if self.step_sequences % self.group_sequences:
            raise ValueError(
                f"step_sequences {self.step_sequences} is not a multiple of group_sequences {self.group_sequences}"
            )
        return self


class Loss(Node):
    """Weights of the three losses (the reference authors' own statement: 5, 2, 1)."""

    distillation: Annotated[float, Field(ge=0)] = 5.0
    mlm: Annotated[float, Field(ge=0)] = 2.0
    cosine: Annotated[float, Field(ge=0)] = 1.0
    temperature: Annotated[float, Field(gt=0)] = 2.0  # Sanh train.py:88
    positions: Literal["all", "masked"] = "all"


class Distill(Training):
    teacher: Name
    layers: Positive | tuple[int, ...] = (
        6  # a number: spread evenly, 12 -> 0, 2, 4, 7, 9, 11 (Sanh extract_distilbert.py)
    )
    loss: Loss = Loss()
    token_types: Literal["fold", "drop"] = "fold"  # the reference drops them, a constant lost before the LayerNorm
    positions: Literal["frozen", "trained"] = "frozen"  # frozen in the reference


class TrainTokenizer(Node):
    vocabulary: Annotated[int, Field(ge=100)]
    corpora: tuple[Name, ...] = ()  # none: the corpus of the encoder


class TokenizerChoice(Node):
    train: TrainTokenizer


class Pretrain(Training):
    tokenizer: TokenizerChoice
    layers: Positive = 12
    width: Positive = 768
    heads: Positive = 12
    intermediate: Positive = 3072


class Adapt(Training):
    encoder: Name


class Encoder(Node):
    """One of: a saved model (directory or hub name), a student, an encoder pretrained here, one trained on."""

    model: str | None = None
    revision: str | None = None
    distill: Distill | None = None
    pretrain: Pretrain | None = None
    adapt: Adapt | None = None

    @model_validator(mode="after")
    def one_origin(self) -> Encoder:
        if sum(x is not None for x in (self.model, self.distill, self.pretrain, self.adapt)) != 1:
            raise ValueError("an encoder has exactly one of model, distill, pretrain, adapt")
        return self

    @property
    def training(self) -> Distill | Pretrain | Adapt | None:
        return self.distill or self.pretrain or self.adapt

    @property
    def parent(self) -> str | None:
        """The encoder that this one is made from, if any."""
        return self.distill.teacher if self.distill else self.adapt.encoder if self.adapt else None
