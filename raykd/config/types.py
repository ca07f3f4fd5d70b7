"""What every part of an experiment is made of: a frozen node that refuses unknown keys, names, shares, counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]  # ISO 639-3
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)*$", max_length=60)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]
SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(SplitName)
Size = Annotated[ByteSize, Field(gt=0)]


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError(f"one is named twice: {', '.join(map(str, values))}")
    return values


# A seed or a name given twice would count one result as two independent ones.
Distinct = AfterValidator(_each_once)


def as_text(value: Any) -> Any:
    """YAML's whole numbers as text; what it has read as something else than was written is refused."""
    if isinstance(value, bool):
        meant = ("'true'", "'yes'", "'on'") if value else ("'false'", "'no'", "'off'")
        raise ValueError(
            f"YAML reads true, yes and on alike, and false, no and off; put quotes around it: {', '.join(meant)}, as "
            "the rows have it"
        )
    if isinstance(value, int):
        return str(value)
    if value is None or isinstance(value, float | date):
        raise ValueError(f"YAML reads this as {value!r}; put quotes around it, so that it stays as it is written")
    return value


Value = Annotated[str, BeforeValidator(as_text)]  # of a label, a group or another column


def _whole_above_one(value: float) -> float:
    if value > 1 and value != int(value):
        raise ValueError("Ray gives a part of one GPU, or whole ones")
    return value


Gpus = Annotated[float, Field(ge=0), AfterValidator(_whole_above_one)]


class _Later:
    pass


# Marks a field that came after results had been made: Annotated[int, LATER] = 0. At its default it is left out of dumps
# and so changes no hash of those results.
LATER = _Later()


class Node(BaseModel):
    """RENAMED: keys of former versions, and what they are now."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    RENAMED: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _name_new_keys(cls, values: Any) -> Any:
        for key in cls.RENAMED.keys() & values.keys() if isinstance(values, dict) else ():
            raise ValueError(f"{key} is called {cls.RENAMED[key]}")
        return values

    @model_serializer(mode="wrap")
    def _without_later_defaults(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = dump(self)
        for name, field in type(self).model_fields.items():
            if LATER in field.metadata and getattr(self, name) == field.get_default(call_default_factory=True):
                values.pop(name, None)
        return values
