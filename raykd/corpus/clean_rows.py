"""A reader's row to the row that may be stored: its text clean, and no personal data in it, as `Cleaning` says.

Labels, groups, ids and messages are kept beside the text, so they are masked too. What must tell rows apart (a group, a
source's own id) becomes the placeholder and a hash, as a document's id is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from hashlib import blake2b

from raykd.config import Cleaning
from raykd.corpus.clean import clean_text
from raykd.corpus.privacy import Masker, Pseudonyms
from raykd.corpus.readers import Row
from raykd.corpus.values import Tally


class RowCleaner:
    """For the rows of one unit, in their order. language: of rows that name none; masked: takes how many values were
    masked, by language and kind."""

    def __init__(self, cleaning: Cleaning, language: str, masked: Counter[tuple[str, str]] | None = None) -> None:
        self.cleaning, self.language = cleaning, language
        self.masker = Masker(cleaning.privacy, masked) if cleaning.privacy else None
        self._conversation, self._pseudonyms = "", Pseudonyms()

    def text(self, row: Row) -> str:
        """The clean text of a row by itself, not counted."""
        text = clean_text(row.text, self.cleaning)
        if self.masker is None:
            return text
        pseudonyms = Pseudonyms() if self.masker.privacy.pseudonyms else None
        return self.masker.mask(text, row.language or self.language, pseudonyms, counted=False)

    def row(self, row: Row) -> Row:
        """The row with clean text; numbers of pseudonyms go on through the documents of one conversation."""
        text = clean_text(row.text, self.cleaning)
        if self.masker is None:
            return row._replace(text=text)
        language = row.language or self.language
        if not row.conversation or row.conversation != self._conversation:
            self._conversation, self._pseudonyms = row.conversation, Pseudonyms()
        pseudonyms = self._pseudonyms if self.masker.privacy.pseudonyms else None
        return row._replace(
            text=self.masker.mask(text, language, pseudonyms),
            labels=tuple(self._value(one) for one in row.labels),
            unknown=tuple(self._value(one) for one in row.unknown),
            group=self._name(row.group),
            origin=self._value(row.origin),
            problem=self._value(row.problem),
            id=self._name(row.id),
        )

    def mask_tally(self, tally: Tally, named: Collection[str]) -> None:
        """Mask the values of columns that rows were chosen by, which manifests and messages show; named: those that the
        config has itself."""
        if self.masker is None:
            return
        counts: Counter[tuple[str, str]] = Counter()
        for (column, value), rows in tally.counts.items():
            counts[column, value if value in named else self._value(value)] += rows
        tally.counts = counts

    def _value(self, value: str) -> str:
        return self.masker.value(value, self.language) if self.masker and value else value

    def _name(self, name: str) -> str:
        masked = self._value(name)
        return name if masked == name else f"{masked}-{blake2b(name.encode(), digest_size=6).hexdigest()}"
