"""What text a corpus takes from its sources, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    ByteSize,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from raykd.config.privacy import Privacy
from raykd.config.sources import Source
from raykd.config.types import LATER, Language, Node, Positive, Share, Size, Value


class Cleaning(Node):
    """How raw text becomes clean text: one setting for the corpora, the tasks and whatever is classified later.

    `code`: `<pre>` and `<code>` of HTML, the code tags of wikitext, and ``` fences in any text. `links`: the address of
    an `<a href>`, whose words always stay, and an address (http, https, ftp, www.) that stands in the text itself. Each
    is kept (the default, as both are words of technical text), dropped, or replaced by a tag: [code], [link].
    `privacy`: which personal data is masked; without it, or as null, none is. `{}` masks all kinds.
    """

    code: Literal["keep", "drop", "tag"] = "keep"
    links: Literal["keep", "drop", "tag"] = "keep"
    privacy: Annotated[Privacy | None, LATER] = None


class Budget(Node):
    """How much text is taken, after cleaning, exclusion and de-duplication: the documents of lowest rank.

    Either bytes per language; or a total of which the languages of `take_all` give all they have and the others
    share what is left by P(language) ** exponent (mBERT: 0.7).
    """

    per_language: dict[Language, Size] = Field(default_factory=dict)
    total: Size | None = None
    take_all: tuple[Language, ...] = ()
    exponent: Share = 1.0  # 1: as much of each as there is (paper, section 3.2.1)

    @model_validator(mode="after")
    def one_way(self) -> Budget:
        if bool(self.per_language) == (self.total is not None):
            raise ValueError("a budget is either per_language or a total")
        if self.take_all and self.total is None:
            raise ValueError("take_all needs a total")
        return self


def _run_or_none(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    try:
        return check(value)
    except ValidationError:
        raise ValueError(
            "a whole number of characters, 20 or more, or the word none, which allows any (YAML's null is not that "
            f"word); here it is {value!r}"
        ) from None


DEFAULT_OVERLAP = 50  # characters


class Exclude(Node):
    """What an encoder must not see.

    `tasks`: the rows of all tasks, known by document id and, above 50 characters, by their text wherever it stands;
    with `all_texts` by shorter texts too, which takes every "ok" out of chat if a task holds one. `overlap`: characters
    in a row, whatever their case, that a document may not share with a task's text; `none`: whole texts alone are
    compared. `groups`: companies, say, in full.
    """

    # Encoders learn from what the tasks left over (paper, section 3.2.1).
    tasks: Literal["all_rows", "all_texts", "none"] = "all_rows"
    overlap: Annotated[Annotated[int, Field(ge=20)] | Literal["none"], WrapValidator(_run_or_none)] = DEFAULT_OVERLAP
    groups: tuple[Value, ...] = ()

    @model_validator(mode="after")
    def overlap_is_of_tasks(self) -> Exclude:
        if self.tasks == "none" and self.overlap not in (DEFAULT_OVERLAP, "none"):
            raise ValueError("overlap is with tasks, and tasks is none: leave out one of them")
        return self

    @property
    def shared_run(self) -> int | None:
        """Characters that no document may share with a task's text; none: any."""
        return None if self.tasks == "none" or self.overlap == "none" else self.overlap


class Detect(Node):
    """Whether documents are in the language that their source declares, told by their prose (code is no language).

    One that is told to be in another with at least this `probability`, by at least `minimum` characters of prose, is
    dropped, or with `move` goes to that language if the corpus has it; both are counted. All others stay as declared.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {"confidence": "probability now, and is another detector's: 0.6 by default"}

    probability: Share = 0.6
    minimum: Positive = 80
    mismatch: Literal["drop", "move"] = "drop"


class NearDuplicates(Node):
    """Documents of at least `minimum` characters that are much like one of lower shuffle key, which stays itself or
    not, are dropped. `similarity`: of their sets of five characters in a row (Jaccard), at which 93 in 100 are found;
    fewer below it, more above (docs/corpus.md)."""

    similarity: Annotated[float, Field(ge=0.5, le=0.95)] = 0.8
    minimum: Annotated[int, Field(ge=20)] = 50


class Length(Node):
    """Characters of clean text that a document has at least and at most; the others are dropped, and counted as "short"
    and "long". No limits by default: short messages are what chat is made of."""

    minimum: Positive | None = None
    maximum: Positive | None = None

    @model_validator(mode="after")
    def in_order(self) -> Length:
        if self.minimum and self.maximum and self.minimum > self.maximum:
            raise ValueError("the minimum is more than the maximum")
        return self


class Sequences(Node):
    """Which pieces of a tokenised document a corpus trains on; the others are counted in the manifest of its tokens.

    `minimum`: tokens of a sequence, special tokens included. The reference drops up to 11, so 12 is its setting; by
    default all are kept, as short messages are what chat is made of. `unknown`: sequences of which this share or more
    is [UNK] are dropped (special tokens do not count here; in the reference they do).
    """

    minimum: Annotated[int, Field(ge=0)] = 0
    unknown: Annotated[float, Field(gt=0, le=1)] = 0.5  # (reference: lm_seqs_dataset.py, remove_unknown_sequences)


class Corpus(Node):
    """Text to learn from.

    `chunk`: bytes of consecutive text of one file that a budget takes together (paper, section 5: Wiki3.0 is random
    chunks of 1 MB); none: every document is drawn by itself. `repeats`: a line (a turn of a chat, say) that stands in
    more documents than this is left out of all but so many of lowest shuffle key; none: lines stay. `shard`: bytes of
    sources that make one file of texts.
    """

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    length: Length = Length()
    sequences: Sequences = Sequences()
    detect: Annotated[Detect | None, LATER] = None
    near_duplicates: Annotated[NearDuplicates | None, LATER] = None
    repeats: Annotated[Positive | None, LATER] = None
    chunk: Size | None = None
    budget: Budget | None = None
    exclude: Exclude = Exclude()
    rejected_share: Share = 0.01  # of a corpus' rows that may be unreadable before the job fails
    unmatched_share: Annotated[Share, LATER] = 0.01  # and whose group or `where` differs by case alone from one named
    shard: Size = ByteSize(32_000_000)

    @model_validator(mode="after")
    def chunks_fit_shards(self) -> Corpus:
        if self.chunk and self.chunk > self.shard:
            raise ValueError("a chunk is larger than a shard: lower chunk or raise shard")
        return self
