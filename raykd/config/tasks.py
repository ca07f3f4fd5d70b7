"""Tasks, and the grid that evaluates encoders on them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from raykd.config.sources import Source
from raykd.config.types import LATER, Distinct, Language, Name, Node, Positive, Share, Value

TaskKind = Literal["binary", "multi-class", "multi-label"]
Rows = Positive | Annotated[float, Field(gt=0, lt=1)]


class SplitSizes(Node):
    """Rows of each split, or shares of the rows that there are (0.8, 0.1, 0.1). `minimum`: how often each label occurs
    in validation and in test (paper, section 3.2.1)."""

    train: Rows
    validation: Rows
    test: Rows
    minimum: Annotated[int, Field(ge=0)] = 0

    @property
    def all_splits(self) -> tuple[Rows, Rows, Rows]:
        return self.train, self.validation, self.test

    @property
    def are_shares(self) -> bool:
        return isinstance(self.train, float)

    @model_validator(mode="after")
    def one_measure(self) -> SplitSizes:
        if any(isinstance(size, float) != self.are_shares for size in self.all_splits):
            raise ValueError("give all three as numbers of rows, or all three as shares")
        if self.are_shares and sum(self.all_splits) > 1 + 1e-9:
            raise ValueError("the shares add up to more than 1")
        if not self.are_shares and self.minimum > min(self.test, self.validation):
            raise ValueError("minimum is more than validation or test have rows")
        return self


class Sizes(SplitSizes):
    """Rows of each split in every language, or in those that `languages` does not name.

    `smaller`: what is done in a language that has too few rows or too few of a label: an error, or half of all four
    numbers, which is the paper's way (section 3.2.1: 500, 500 and 4,000 Japanese posts; Table 4: each tag 50 times). By
    default rows are drawn at random, but for the minimum. `stratified`: each label has in every split the share that it
    has in the whole. `whole_groups`: the rows of one group (a company, say) are all in one split, and the sizes are met
    as nearly as groups allow; stratified too. Both need all rows with a label in the driver's memory, as shares do.
    """

    languages: dict[Language, SplitSizes] = Field(default_factory=dict)
    smaller: Literal["error", "half"] = "error"
    stratified: bool = False
    whole_groups: bool = False

    @model_validator(mode="after")
    def halves_are_of_numbers(self) -> Sizes:
        if self.smaller == "half" and any(sizes.are_shares for sizes in self.any_language):
            raise ValueError("smaller: half is for numbers of rows; shares are of whatever there is")
        return self

    def of(self, language: str) -> SplitSizes:
        return self.languages.get(language, self)

    @property
    def any_language(self) -> tuple[SplitSizes, ...]:
        return self, *self.languages.values()


class Task(Node):
    """Labelled rows and how they are split: by `sizes`, or, where these are left out, as the sources say.

    A row whose labels are all outside `labels` is left out and counted. Where more than `unmatched_share` of the rows
    are so, the job fails, for the config and the file then disagree; in a multi-label task, which may well take few of
    many tags, those rows alone count for this of which a label differs from one of `labels` by case, or looks like
    several of them in one.

    `duplicates`: a text that stands in several rows is in a language's splits once, with the labels that most of its
    rows have (of equally many, those that come first in `labels`), in test rather than in validation or train; or, with
    `keep`, every row is as the sources have it, which is for splits that they state. `validation_share`: of the
    training rows, that become the validation split where the sources state train and test alone.
    """

    kind: TaskKind
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    labels: Annotated[tuple[Value, ...], Field(min_length=2), Distinct]
    positive: Value | None = None
    sizes: Sizes | None = None
    duplicates: Annotated[Literal["merge", "keep"], LATER] = "merge"
    validation_share: Annotated[float, Field(gt=0, lt=1), LATER] = 0.1
    across_splits: Annotated[Literal["count", "error"], LATER] = "count"  # a text that two of the stated splits hold
    without_labels: bool = False  # multi-label: whether rows with none of the labels belong (paper, section 3.2.1: no)
    rejected_share: Share = 0.01  # of the rows read that may be unreadable before the job fails
    unmatched_share: Annotated[Share, LATER] = 0.01
    languages: Annotated[tuple[Language, ...], Distinct] = ()  # none: the experiment's
    encoders: tuple[Name, ...] = ()  # none: all of evaluate.encoders

    @model_validator(mode="after")
    def positive_label(self) -> Task:
        if (self.kind == "binary") != (self.positive is not None):
            raise ValueError("a binary task, and no other, names its positive label")
        if self.kind == "binary" and (len(self.labels) != 2 or self.positive not in self.labels):
            raise ValueError("a binary task has two labels, one of them positive")
        return self

    @model_validator(mode="after")
    def splits_are_made_or_ready(self) -> Task:
        ready = [is_split(source) for source in self.sources]
        if any(ready) and not all(ready):
            raise ValueError("some sources say which split their rows are in, and some do not")
        if any(ready) == (self.sizes is not None):
            raise ValueError("give either sizes, or sources that say which split their rows are in")
        stated: dict[str, tuple[str, str | None]] = {}
        for source in self.sources:
            if source.reader == "table" and source.fixed_split:
                what = source.model_dump_json(exclude={"fixed_split", "name"})
                path, split = stated.setdefault(what, (source.path, source.fixed_split))
                if split != source.fixed_split:
                    raise ValueError(
                        f"{path} is read for {split} and for {source.fixed_split}; leave out one of them (where the "
                        "sources state train and test alone, a share of train becomes validation: validation_share)"
                    )
        if self.duplicates == "keep" and self.sizes:
            raise ValueError("duplicates: keep is for splits that the sources state; drawn ones would share texts")
        return self

    @model_validator(mode="after")
    def several_labels(self) -> Task:
        if self.kind == "multi-label":
            return self
        if self.without_labels or any(knows_partly(source) for source in self.sources):
            raise ValueError("without_labels, unknown and labels_known are for multi-label tasks alone")
        return self


def is_split(source: Source) -> bool:
    """Whether a source says which split its rows are in."""
    return source.reader == "table" and bool(source.split or source.fixed_split)


def knows_partly(source: Source) -> bool:
    """Whether a source may leave open if a row has a label."""
    return source.reader == "table" and (source.unknown is not None or source.labels_known is not None)


class Head(Node):
    """Structured self-attention (Lin et al. 2017).

    Or, with `pooling: mean`, a linear layer on the mean of a text's hidden states, where the other keys mean nothing.
    """

    pooling: Literal["attention", "mean"] = "attention"  # (paper, section 7)
    # d_a; none: the encoder's width, so that there are about 600,000 parameters at 768 (paper, section 1).
    hidden: Positive | None = None
    hops: Positive = 1  # r; with one the number of parameters is the paper's (paper, section 1)
    penalty: Annotated[float, Field(ge=0)] = 0.0  # of hops that look at the same tokens (Lin et al., equation 8)


class ClassifierTraining(Node):
    epochs: Positive = 3
    batch: Positive = 32
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    encoder_learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    warmup: Share = 0.1
    dropout: Share = 0.1  # of the encoder while it is fine-tuned, whatever it was trained with
    class_weights: bool = False  # rare labels count as much as frequent ones
    patience: Positive | None = None  # epochs without a lower validation loss before it stops; none: all, the last kept


class Evaluate(Node):
    encoders: Annotated[tuple[Name, ...], Field(min_length=1), Distinct]
    baselines: tuple[Name, ...] = ()
    weights: Annotated[tuple[Literal["frozen", "fine-tuned"], ...], Field(min_length=1), Distinct] = (
        "frozen",
        "fine-tuned",
    )  # (paper, section 7)
    seeds: Positive = 10  # random initialisations of a classifier (paper, section 5)
    train_sizes: Annotated[tuple[Positive, ...], Distinct] = ()  # cells more, of so many of the training rows
    head: Head = Head()
    max_length: Annotated[int, Field(ge=8)] = 512
    smallest_effect: Annotated[float, Field(gt=0)] | None = None  # points of F1: "no worse by more than that"
    threshold: Share | Literal["validation"] = 0.5  # or, a label, the one with the best F1 on validation
    frozen: ClassifierTraining = ClassifierTraining()
    fine_tuned: ClassifierTraining = ClassifierTraining()
