"""The sweep over quantities of text, and when its curve counts as flat."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ByteSize, Field

from raykd.config.corpora import Budget
from raykd.config.encoders import Distill, Encoder
from raykd.config.types import LATER, Distinct, Language, Name, Node, Positive, Size


class Flat(Node):
    """When a curve counts as flat: when the chance that the next quantity gains more than `gain` is below `chance`."""

    gain: Annotated[float, Field(gt=0)] = 0.5  # points of F1; a plateau is what lies within it of the top
    chance: Annotated[float, Field(gt=0, lt=1)] = 0.2


class Sweep(Node):
    """One encoder distilled on growing, nested quantities of one language (paper, section 5).

    Its students are encoders named <encoder>-<quantity>, `td-1.5GB`, which `evaluate`, `probe` and `export` may name as
    any other. By default each takes the epochs of `encoder`, as the paper's do, so that a larger quantity takes more
    steps; with `steps` all take so many, and a larger quantity fewer epochs. With `warm_start` each starts with the
    weights of the one before it (of its own seed) and not with the teacher's; the first as `encoder` does.

    `students: drop` removes their weights once all that names them is scored; scores and curves stay. With
    `stop_when_flat` a quantity is distilled after the one before it is scored, and none after the curve is flat.
    """

    encoder: Name
    language: Language
    task: Name
    quantities: Annotated[tuple[Size, ...], Field(min_length=1)]
    baselines: tuple[Name, ...] = ()
    weights: Annotated[Literal["frozen", "fine-tuned"], LATER] = "frozen"  # (paper, section 5)
    seeds: Annotated[tuple[int, ...], Distinct, LATER] = ()  # of distillation; none: those of `encoder`
    steps: Annotated[Positive | None, LATER] = None
    warm_start: Annotated[bool, LATER] = False
    students: Annotated[Literal["keep", "drop"], LATER] = "keep"
    flat: Annotated[Flat, LATER] = Flat()
    stop_when_flat: Annotated[bool, LATER] = False

    @property
    def names(self) -> dict[str, int]:
        """The students and their bytes of text, smallest first."""
        return {f"{self.encoder}-{size_name(size)}": int(size) for size in self.quantities}

    def students_of(self, encoder: Distill) -> dict[str, Encoder]:
        """What each student is; encoder: what `self.encoder` is."""
        changes: dict[str, Any] = {"seeds": self.seeds or encoder.seeds, "steps": self.steps or encoder.steps}
        found, start = dict[str, Encoder](), encoder.start
        for name, size in self.names.items():
            budget = Budget(per_language={self.language: ByteSize(size)})
            own = encoder.model_copy(update={**changes, "budget": budget, "start": start})
            found[name] = Encoder(distill=own)
            start = name if self.warm_start else start
        return found


def size_name(size: int) -> str:
    """Bytes as people write them: 1500000000 -> 1.5GB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:g}{unit}"
    return f"{size}B"
