"""Where text is read from: one class a reader."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from raykd.config.types import Language, Name, Node, Positive, SplitName


class _OneLanguage(Node):
    language: Language

    @property
    def languages(self) -> tuple[Language, ...]:
        return (self.language,)


class StackExchangeSource(_OneLanguage):
    """Posts.xml of a Stack Exchange dump, or the .7z it comes in; a question's text is its title and body, its labels
    are its tags. Where the path is a pattern or a directory, ids hold the file's name, for each site counts its own.
    """

    reader: Literal["stackexchange"]
    path: str
    name: Name | None = None
    posts: Literal["questions", "answers", "all"] = "all"


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
    rows with another value are not read. A line that cannot be read counts for the first of these languages."""

    column: str
    codes: Annotated[dict[str, Language], Field(min_length=1)]


class TableSource(Node):
    """Parquet, or JSON lines, CSV or plain text (.txt), these also compressed (.gz, .zst, .bz2), with named columns.

    `where` keeps the rows that hold one of the values given. With `html`, the text is HTML and its markup is resolved;
    else "<" and "&" stand for themselves. A .txt has one column, `text`, and is cut into
    `documents`: lines, or paragraphs with blank lines between them. `language` is that of all rows, or names a column.

    For tasks alone: a label that a row does not have is absent, unless it is in the row's column `unknown`, or the
    source gives `labels_known`, the only labels of which it tells that they are absent (`[]`: none). A row's split
    (train, validation, test) is in the column `split`, or `fixed_split` for all rows that the source reads.
    """

    reader: Literal["table"]
    language: Language | LanguageColumn
    path: str
    name: Name | None = None
    text: str = "text"
    html: bool = False
    id: str | None = None
    group: str | None = None
    labels: str | None = None
    origin: str | None = None
    unknown: str | None = None
    labels_known: tuple[str, ...] | None = None
    split: str | None = None
    fixed_split: SplitName | None = None
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    documents: Literal["lines", "paragraphs"] = "lines"
    conversation: Conversation | None = None

    @property
    def languages(self) -> tuple[Language, ...]:
        if isinstance(self.language, LanguageColumn):
            return tuple(dict.fromkeys(self.language.codes.values()))
        return (self.language,)

    @model_validator(mode="after")
    def joined_turns_have_no_labels(self) -> TableSource:
        if self.labels and self.conversation and self.conversation.join:
            raise ValueError("joined turns have no labels: leave out conversation.join, or labels")
        return self

    @model_validator(mode="after")
    def one_statement(self) -> TableSource:
        if not self.labels and (self.unknown or self.labels_known is not None):
            raise ValueError("unknown and labels_known are about labels: name the column that holds those")
        if self.split and self.fixed_split:
            raise ValueError("give either split, the column that holds each row's, or fixed_split, that of all rows")
        return self


Source = Annotated[StackExchangeSource | TableSource | WikipediaSource, Field(discriminator="reader")]
