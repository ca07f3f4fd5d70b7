"""What text a corpus takes from its sources, and what it leaves out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ByteSize, Field, model_validator

from raykd.config.sources import Source
from raykd.config.types import Language, Node, Share


class Budget(Node):
    """How much text is taken, after cleaning, exclusion and de-duplication: the documents of lowest rank.

    Either bytes per language; or a total of which the languages of `take_all` give all they have and the others
    share what is left by P(language) ** exponent (the paper: Table 1, exponent 1; mBERT: 0.7).
    """

    per_language: dict[Language, ByteSize] = Field(default_factory=dict)
    total: ByteSize | None = None
    take_all: tuple[Language, ...] = ()
    exponent: Share = 1.0

    @model_validator(mode="after")
    def one_way(self) -> Budget:
        if bool(self.per_language) == (self.total is not None):
            raise ValueError("a budget is either per_language or a total")
        if self.take_all and self.total is None:
            raise ValueError("take_all needs a total")
        return self


class Exclude(Node):
    tasks: Literal["all_rows", "none"] = "all_rows"
    groups: tuple[str, ...] = ()


class Corpus(Node):
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    budget: Budget | None = None
    exclude: Exclude = Exclude()
    rejected_share: Share = 0.0  # of a corpus' rows that may be unreadable before the job fails
    shard: ByteSize = ByteSize(64_000_000)
