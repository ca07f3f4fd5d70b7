"""What jobs/classify.py reads, and with which encoder and heads it labels it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from raykd.config.sources import Source
from raykd.config.types import LATER, Distinct, Name, Node, Share

TEXT_COLUMNS = ("doc_id", "id", "group", "text", "tokens")  # of what classify writes, before those of its tasks


class Classify(Node):
    """One frozen encoder, and the heads of all tasks that it was scored on (paper, Figure 1, left)."""

    name: Name = "texts"
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    encoder: Name
    tasks: Annotated[tuple[Name, ...], Distinct] = ()  # none: all that the encoder is scored on
    runtime: Literal["torch", "onnx"] = "torch"  # onnx: the graph that `export` made of the encoder, int8 where it is
    rejected_share: Share = 0.01  # of the rows read that may be unreadable before the job fails
    unmatched_share: Annotated[Share, LATER] = 0.01  # whose `where` or language differs by case alone from one named
