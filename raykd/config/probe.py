"""What is measured of encoders beside their scores: the time of a forward pass, and where homonyms lie."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from raykd.config.types import LATER, Distinct, Language, Name, Node, Positive

PLACE = "{}"  # where the word, or its neighbour, stands in a sentence


class Latency(Node):
    """The forward pass alone, without tokenizer and head.

    Give a `task`, whose first test texts are encoded, cut as `evaluate.max_length` says; or `lengths`, tokens of texts
    made of random pieces.
    """

    task: Name | None = None
    language: Language | None = None  # of the task; none: the first that it is scored in
    lengths: Annotated[tuple[Annotated[int, Field(ge=2)], ...], Distinct] = ()
    texts: Positive = 32  # of the task, of which fewer are taken in turn, or of each length; a run encodes all
    batches: Annotated[tuple[Positive, ...], Field(min_length=1), Distinct] = (1, 32)  # one (paper, Table 5), and many
    threads: Positive = 1  # (paper, Table 5)
    device: Literal["cpu", "cuda"] = "cpu"  # (paper, Table 5)
    precision: Literal["float32", "bfloat16"] = "float32"
    reference: Name | None = (
        None  # whom the others are compared with; none: the first that teaches another, or the first
    )
    # onnx: also the graphs that `export` made of these encoders, float and int8; they need the export section.
    runtimes: Annotated[tuple[Literal["torch", "onnx"], ...], Field(min_length=1), Distinct] = ("torch",)
    warm_up: Positive = 2  # rounds that are not counted
    runs: Annotated[int, Field(ge=3)] = 10  # rounds in which all encoders take turns; fewer have no quartiles

    @model_validator(mode="after")
    def one_kind_of_text(self) -> Latency:
        if (self.task is None) == (not self.lengths):
            raise ValueError("give either a task, or lengths")
        if self.language and not self.task:
            raise ValueError("language is that of a task's texts")
        if "onnx" in self.runtimes and self.device != "cpu":
            raise ValueError("runtimes: onnx runs on the CPU")
        return self

    @model_validator(mode="after")
    def full_batches(self) -> Latency:
        for batch in self.batches:
            if self.texts % batch:
                raise ValueError(f"texts {self.texts} is no multiple of the batch {batch}")
        return self


def _one_place(sentence: str) -> str:
    if sentence.count(PLACE) != 1:
        raise ValueError(f"{sentence!r} must have one {PLACE}, where the word stands")
    return sentence


class Sense(Node):
    """One sense of a word: another word that means nearly the same, or the same kind of thing, and sentences in which
    either can stand."""

    neighbour: str
    sentences: Annotated[tuple[Annotated[str, AfterValidator(_one_place)], ...], Field(min_length=2)]


class Homonym(Node):
    """A word with an everyday and a technical sense (paper, section 6)."""

    word: str
    general: Sense
    technical: Sense
    language: Annotated[Language, LATER] = "eng"

    @property
    def senses(self) -> dict[str, Sense]:
        return {"general": self.general, "technical": self.technical}


class Homonyms(Node):
    """`between`: two encoders, of which the first is expected to have moved: where each puts the senses, tested over
    sentences. None: the sweep's student and its general control, where there is a sweep with one."""

    # None: the project's own, raykd/probe/homonym_sentences*.yaml: of each encoder by itself the English ones, between
    # two encoders those in the experiment's languages.
    words: tuple[Homonym, ...] = ()
    between: Annotated[tuple[Name, Name] | None, LATER] = None

    @model_validator(mode="after")
    def two_encoders(self) -> Homonyms:
        if self.between and len(set(self.between)) < 2:
            raise ValueError("between needs two different encoders")
        return self

    @model_validator(mode="after")
    def words_once(self) -> Homonyms:
        words = [(homonym.language, homonym.word) for homonym in self.words]
        if len(set(words)) < len(words):
            raise ValueError("a word is given twice")
        return self


class Probe(Node):
    """jobs/probe.py; what is left out is not measured. `homonyms: {}` takes the project's own words."""

    encoders: Annotated[tuple[Name, ...], Distinct] = ()  # none: all of evaluate.encoders
    latency: Latency | None = None
    homonyms: Homonyms | None = None

    @model_validator(mode="after")
    def something(self) -> Probe:
        if not (self.latency or self.homonyms):
            raise ValueError("give latency, homonyms or both")
        return self
