"""The text of each corpus: how much there is, what was left out and why, and what it is in tokens."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.table import (
    Cell,
    Table,
    absent_table,
    byte_unit,
    count,
    decimal,
    in_order,
    in_unit,
    percent,
    records,
    row,
)

ALL = "all sources"
KEY = ["corpus", "language", "source"]
NO_TEXT = "No corpus has been prepared."


def text_table(inputs: ReportInputs) -> Table:
    """Documents and bytes of every corpus, language and source."""
    slug, title, texts = "corpus-text", "Text of each corpus", inputs.texts
    if texts.empty:
        return absent_table(slug, title, NO_TEXT)
    unit, size = byte_unit(float(texts.groupby(["corpus", "language"])["bytes"].sum().max()))
    rows = [
        row(
            *(found.corpus, found.language, found.source, count(found.read), count(found.documents)),
            *(percent(1 - found.documents / found.read) if found.read else percent(None), in_unit(found.bytes, size)),
            count(found.bytes // found.documents if found.documents else None),
        )
        for found in records(_with_sums(texts, inputs.languages))
    ]
    return Table(
        slug,
        f"{title}, in {unit} of uncompressed UTF-8 after cleaning",
        ("corpus", "language", "source", "read", "kept", "% left out", unit, "bytes per document"),
        tuple(rows),
        headings=3,
        groups=1,
        raw=texts.reset_index(drop=True),
        notes=("All that there is: a budget takes a part of it for an encoder.",),
    )


def drop_table(inputs: ReportInputs) -> Table:
    """Documents left out, by reason."""
    slug, title, drops = "corpus-drops", "Documents left out of each corpus, by reason", inputs.drops
    if inputs.texts.empty:
        return absent_table(slug, title, NO_TEXT)
    if drops.empty:
        return absent_table(slug, title, "Every document that was read is there.")
    wide = drops.pivot_table(index=KEY, columns="reason", values="documents", aggfunc="sum", fill_value=0, sort=False)
    reasons = list(wide.columns)
    whole = inputs.texts[KEY].merge(wide.reset_index(), on=KEY, how="left").fillna(dict.fromkeys(reasons, 0))
    rows = [
        row(*found[KEY], *(count(found[reason]) for reason in reasons))
        for _, found in _with_sums(whole, inputs.languages).iterrows()
    ]
    return Table(slug, title, (*KEY, *reasons), tuple(rows), headings=3, groups=1, raw=drops.reset_index(drop=True))


def token_table(inputs: ReportInputs) -> Table:
    """Tokens of every corpus in every tokenizer that reads it."""
    slug, title, tokens = "corpus-tokens", "Tokens of each corpus, as far as encoders need them", inputs.tokens
    if tokens.empty:
        return absent_table(slug, title, "No text has been tokenised.")
    unit, size = byte_unit(float(tokens["bytes"].max()))
    rows: list[tuple[Cell, ...]] = []
    for key, own in tokens.groupby(["corpus", "tokenizer", "max_length"], sort=False):
        for language in in_order(own["language"], inputs.languages):
            (found,) = records(own[own["language"] == language])
            fertility = decimal(found.tokens / found.bytes if found.bytes else None, 3)
            counts = [count(number) for number in (found.sequences, found.tokens, found.unknown, found.dropped)]
            rows.append(row(*map(str, key), language, in_unit(found.bytes, size), fertility, *counts))
    names = ("corpus", "tokenizer of", "max length", "language")
    return Table(
        slug,
        title,
        (*names, unit, "tokens per byte", "sequences", "tokens", "unknown", "dropped"),
        tuple(rows),
        headings=len(names),
        groups=1,
        raw=tokens.assign(tokens_per_byte=tokens["tokens"] / tokens["bytes"]).reset_index(drop=True),
        notes=(
            "The more tokens a byte takes, the less text a sequence holds. Unknown: tokens that are [UNK]; dropped: "
            "sequences that are too short or mostly [UNK], whose bytes count and whose tokens do not.",
        ),
    )


def _with_sums(rows: pd.DataFrame, languages: tuple[str, ...]) -> pd.DataFrame:
    """Rows by corpus and language, each language of several sources closed by their sum."""
    parts = []
    for corpus in rows["corpus"].unique():
        for language in in_order(rows.loc[rows["corpus"] == corpus, "language"], languages):
            own = rows[(rows["corpus"] == corpus) & (rows["language"] == language)]
            parts.append(own)
            if len(own) > 1:
                sums = own.drop(columns=KEY).sum().to_frame().T
                parts.append(sums.assign(corpus=corpus, language=language, source=ALL)[rows.columns])
    return pd.concat(parts, ignore_index=True)
