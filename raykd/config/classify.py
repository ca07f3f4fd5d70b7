"""What jobs/classify.py reads, and with which encoder and heads it labels it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from raykd.config.sources import Source
from raykd.config.types import Distinct, Name, Node, Share


class Classify(Node):
    """One frozen encoder, and the heads of all tasks that it was scored on (paper, Figure 1, left)."""

    name: Name = "texts"
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    encoder: Name
    tasks: Annotated[tuple[Name, ...], Distinct] = ()  # none: all that the encoder is scored on
    rejected_share: Share = 0.01  # of the rows read that may be unreadable before the job fails
