"""Texts as a caller has them: cleaned as an experiment's are, and in batches with a bar once they take long."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from raykd.config import Cleaning
from raykd.corpus.clean_rows import RowCleaner
from raykd.corpus.readers import Row
from raykd.errors import InputError

PATIENCE = 5.0  # seconds before there is a bar


def clean_texts(texts: Iterable[str], cleaning: Cleaning, language: str) -> list[str]:
    """As the texts of an experiment with this `cleaning` are. Raises InputError for what is no string."""
    if isinstance(texts, str):
        raise InputError("texts is one string; give a list of them")
    cleaner, cleaned = RowCleaner(cleaning, language), list[str]()
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"text {place} is no string but {type(text).__name__}")
        cleaned.append(cleaner.text(Row("", "", text=text)))
    return cleaned


def batches(texts: Sequence[str], size: int, what: str, progress: bool) -> Iterator[tuple[int, Sequence[str]]]:
    """(place of the first text, the texts) of each batch. progress: whether a bar comes after PATIENCE seconds."""
    began, bar = time.monotonic(), None
    try:
        for start in range(0, len(texts), size):
            if progress and bar is None and time.monotonic() - began > PATIENCE:
                bar = Progress(TextColumn(what), MofNCompleteColumn(), TimeRemainingColumn(), transient=True)
                bar.start()
                task = bar.add_task(what, total=len(texts))
            if bar:
                bar.update(task, completed=start)
            yield start, texts[start : start + size]
    finally:
        if bar:
            bar.stop()
