"""Where text is read from: one class a reader."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from raykd.config.types import Language, Name, Node, Positive


class StackExchangeSource(Node):
    """Posts.xml of a Stack Exchange dump, or the .7z it comes in; a question's text is its title and body, its labels
    are its tags. Where the path is a pattern or a directory, ids hold the file's name, for each site counts its own.
    """

    reader: Literal["stackexchange"]
    language: Language
    path: str
    name: Name | None = None
    posts: Literal["questions", "answers", "all"] = "all"


class WikipediaSource(Node):
    """A MediaWiki dump (pages-articles, .xml or .xml.bz2), one document an article; or WikiExtractor's output."""

    reader: Literal["wikipedia"]
    language: Language
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


class TableSource(Node):
    """Parquet, or JSON lines, CSV or plain text (.txt), these also compressed (.gz, .zst, .bz2), with named columns.

    `where` keeps the rows that hold one of the values given. With `html`, the text is HTML and its markup is resolved;
    else "<" and "&" stand for themselves. A .txt has one column, `text`, and is cut into
    `documents`: lines, or paragraphs with blank lines between them.
    """

    reader: Literal["table"]
    language: Language
    path: str
    name: Name | None = None
    text: str = "text"
    html: bool = False
    id: str | None = None
    group: str | None = None
    labels: str | None = None
    origin: str | None = None
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    documents: Literal["lines", "paragraphs"] = "lines"
    conversation: Conversation | None = None

    @model_validator(mode="after")
    def joined_turns_have_no_labels(self) -> TableSource:
        if self.labels and self.conversation and self.conversation.join:
            raise ValueError("joined turns have no labels: leave out conversation.join, or labels")
        return self


Source = Annotated[StackExchangeSource | TableSource | WikipediaSource, Field(discriminator="reader")]
