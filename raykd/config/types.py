"""What every part of an experiment is made of: a frozen node that refuses unknown keys, names, shares, counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ByteSize, ConfigDict, Field, StringConstraints

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]  # ISO 639-3
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)*$", max_length=60)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]
SplitName = Literal["train", "validation", "test"]
Size = Annotated[ByteSize, Field(gt=0)]


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError(f"one is named twice: {', '.join(map(str, values))}")
    return values


# A seed or a name given twice would count one result as two independent ones.
Distinct = AfterValidator(_each_once)


def _whole_above_one(value: float) -> float:
    if value > 1 and value != int(value):
        raise ValueError("Ray gives a part of one GPU, or whole ones")
    return value


Gpus = Annotated[float, Field(ge=0), AfterValidator(_whole_above_one)]


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
