"""Where text is read from: one class a reader."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, PrivateAttr, Tag, model_validator

from raykd.config.types import LATER, Distinct, Language, Name, Node, Positive, SplitName, Value

Where = dict[str, tuple[Value, ...]]  # column -> the values of which a row must hold one

# What sources call their splits, whatever the case, besides train, validation and test.
SPLIT_NAMES: dict[str, SplitName] = {
    "training": "train",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "val": "validation",
    "valid": "validation",
    "testing": "test",
}


def _known_encoding(name: str) -> str:
    """The name that Python has for it, so that one encoding has one spelling."""
    try:
        codec = codecs.lookup(name)
        "".encode(codec.name)  # base64 and the like are no encodings of text
    except LookupError as error:
        raise ValueError(
            f"{name!r} is no encoding that Python knows; some are utf-16, cp1251, cp1252, shift_jis"
        ) from error
    return codec.name


def _one_character(delimiter: str) -> str:
    if len(delimiter) != 1 or delimiter in '\r\n"\0' or not delimiter.isascii():
        raise ValueError(f'{delimiter!r}: one ASCII character that is no quote and no line end; a tab is "\\t" in YAML')
    return delimiter


Encoding = Annotated[str, AfterValidator(_known_encoding)]
Delimiter = Annotated[str, AfterValidator(_one_character)]


class _Source(Node):
    # What document ids are hashed with (Experiment.ids), empty for none: no setting, so that no dump or message has it.
    _id_key: bytes = PrivateAttr(default=b"")

    @property
    def id_key(self) -> bytes:
        return self._id_key


class _OneLanguage(_Source):
    language: Language

    @property
    def languages(self) -> tuple[Language, ...]:
        return (self.language,)


class StackExchangeSource(_OneLanguage):
    """Posts.xml of a Stack Exchange dump, or the .7z it comes in; a question's text is its title and body, its labels
    are its tags. Where the path is a pattern or a directory, ids hold the file's name, for each site counts its own.
    `where` keeps the posts whose attribute (Tags, OwnerUserId, ContentLicense, ...) holds one of the values given.
    """

    reader: Literal["stackexchange"]
    path: str
    name: Name | None = None
    posts: Literal["questions", "answers", "all"] = "all"
    where: Annotated[Where, LATER] = Field(default_factory=dict)


class WikipediaSource(_OneLanguage):
    """A MediaWiki dump (pages-articles, .xml or .xml.bz2), one document an article; or WikiExtractor's output."""

    reader: Literal["wikipedia"]
    path: str
    name: Name | None = None
    form: Literal["dump", "extracted"] = "dump"


class Conversation(Node):
    """Columns that tell conversations apart (`id`) and order their turns (`turn`; none: as they stand in the file).

    With `join`, the turns of one conversation that follow each other in the file are one document of at most so many
    characters, a turn a line, its id that of its first turn; a longer turn is a document of its own. Turns that lie
    apart are not brought together: sort the file by conversation first. Without `join`, every turn is a document.
    """

    id: str
    turn: str | None = None
    join: Positive | None = None


class LanguageColumn(Node):
    """A column that tells each row's language. `codes`: its values, and the languages that they stand for ({en: eng});
    rows with another value are not read, but counted. A line that cannot be read counts for the first of these."""

    column: str
    codes: Annotated[dict[Value, Language], Field(min_length=1)]


def _kind_of_language(value: Any) -> str:
    """So that a mistake in a column is told of the column alone."""
    return "of each row" if isinstance(value, dict | LanguageColumn) else "of all rows"


class TableSource(_Source):
    """Parquet, or JSON lines (.jsonl, .ndjson), CSV (.csv, .tsv) or plain text (.txt), these also compressed
    (.gz, .zst, .bz2, .xz), with named columns.

    `encoding` is that of all files; without it they are UTF-8. `delimiter` stands between the values of a CSV file: a
    comma by default, in .tsv a tab; with it a .txt is such a table too.

    `where` keeps the rows that hold one of the values given. With `html`, the text is HTML and its markup is resolved;
    else "<" and "&" stand for themselves. A .txt has one column, `text`, and is cut into
    `documents`: lines, or paragraphs with blank lines between them. `language` is that of all rows, or names a column.

    For tasks alone: `labels` is the column that holds a row's label, a list of them, such a list as text (JSON or
    Python), or several with `separator` between them; or it names several columns of a label each. Or every label
    is a column of its own, all of them in `label_columns`, that holds 1 or true, 0 or false, or nothing where nobody
    knows. A label that a row does not have is absent, unless it is in the row's column `unknown` (written as labels
    are), or the source gives `labels_known`, the only labels of which it tells that they are absent (`[]`: none). A
    row's split is in the column `split`, as train, validation or test, one of SPLIT_NAMES, or what `splits` says
    ({validation: [heldout]}); or it is `fixed_split` for all rows that the source reads.
    """

    reader: Literal["table"]
    language: Annotated[
        Annotated[Language, Tag("of all rows")] | Annotated[LanguageColumn, Tag("of each row")],
        Discriminator(_kind_of_language),
    ]
    path: str
    name: Name | None = None
    text: str = "text"
    html: bool = False
    id: str | None = None
    group: str | None = None
    labels: str | Annotated[tuple[str, ...], Field(min_length=2), Distinct] | None = None
    separator: Annotated[Annotated[str, Field(min_length=1)] | None, LATER] = None
    label_columns: Annotated[tuple[str, ...], Distinct, LATER] = ()
    origin: str | None = None
    unknown: str | None = None
    labels_known: tuple[Value, ...] | None = None
    split: str | None = None
    splits: Annotated[dict[SplitName, tuple[Value, ...]], LATER] = Field(default_factory=dict)
    fixed_split: SplitName | None = None
    where: Where = Field(default_factory=dict)
    documents: Literal["lines", "paragraphs"] = "lines"
    conversation: Conversation | None = None
    encoding: Annotated[Encoding | None, LATER] = None
    delimiter: Annotated[Delimiter | None, LATER] = None

    @property
    def languages(self) -> tuple[Language, ...]:
        if isinstance(self.language, LanguageColumn):
            return tuple(dict.fromkeys(self.language.codes.values()))
        return (self.language,)

    @property
    def labelled_by(self) -> tuple[str, ...]:
        """The columns that tell a row's labels."""
        return (self.labels,) if isinstance(self.labels, str) else (self.labels or self.label_columns)

    def split_of(self, value: str) -> SplitName | None:
        """The split that a value of the column `split` stands for."""
        for split in get_args(SplitName):
            if value in (split, *self.splits.get(split, ())):
                return split
        return {**SPLIT_NAMES, **{split: split for split in get_args(SplitName)}}.get(value.lower())

    @model_validator(mode="after")
    def joined_turns_have_no_labels(self) -> TableSource:
        if self.labelled_by and self.conversation and self.conversation.join:
            raise ValueError("joined turns have no labels: leave out conversation.join, or labels")
        return self

    @model_validator(mode="after")
    def one_statement(self) -> TableSource:
        if self.labels and self.label_columns:
            raise ValueError(
                "give either labels, the column that holds them, or label_columns, a column for each label"
            )
        if not self.labelled_by and (self.unknown or self.labels_known is not None or self.separator):
            raise ValueError("separator, unknown and labels_known are about labels: name the column that holds those")
        if self.label_columns and self.separator:
            raise ValueError("label_columns hold one label each, so there is nothing for a separator to be between")
        if self.splits and not self.split:
            raise ValueError("splits says what the values of a column stand for: name it with split")
        if self.split and self.fixed_split:
            raise ValueError("give either split, the column that holds each row's, or fixed_split, that of all rows")
        return self


Source = Annotated[StackExchangeSource | TableSource | WikipediaSource, Field(discriminator="reader")]
