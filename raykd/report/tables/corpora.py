"""Table 1 and the text behind it: what each corpus holds, what was left out and why, and what it is in tokens."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.tables.table import Table, TableCell, absent_table, in_order, records, row
from raykd.report.text.numbers import byte_unit, count, decimal, in_unit, percent

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


def masked_table(inputs: ReportInputs) -> Table:
    """Values of personal data that were masked, by kind."""
    slug, title, masked = "masked", "Personal data that was masked, by kind", inputs.masked
    if masked.empty:
        return absent_table(slug, title, "Nothing was masked.")
    key = ["of", "language", "source"]
    wide = masked.pivot_table(index=key, columns="kind", values="values", aggfunc="sum", fill_value=0, sort=False)
    kinds = sorted(wide.columns)
    rows = [row(*found[key], *(count(found[kind]) for kind in kinds)) for _, found in wide.reset_index().iterrows()]
    return Table(
        slug,
        title,
        (*key, *kinds),
        tuple(rows),
        headings=3,
        groups=1,
        raw=masked.reset_index(drop=True),
        notes=("Values in all rows that were read, kept or not.",),
    )


def moved_table(inputs: ReportInputs) -> Table:
    """Documents in another language than their source declares."""
    slug, title, moved = "corpus-moved", "Documents moved to the language that they are written in", inputs.moved
    if moved.empty:
        return absent_table(slug, title, "No document was moved.")
    rows = [row(one.corpus, one.declared, one.language, count(one.documents)) for one in records(moved)]
    names = ("corpus", "declared", "written in", "documents")
    return Table(slug, title, names, tuple(rows), headings=3, groups=1, raw=moved.reset_index(drop=True))


def line_table(inputs: ReportInputs) -> Table:
    """How often lines return: turns, where a corpus joins turns of chat."""
    slug, title, lines = "corpus-lines", "Lines of each corpus, by how many documents hold them", inputs.lines
    if lines.empty:
        return absent_table(slug, title, "No corpus has been prepared since lines are counted.")
    rows = []
    for corpus, own in lines.groupby("corpus", sort=False):
        total = own["bytes"].sum()
        for found in records(own):
            within = _documents(found.documents)
            rows.append(row(str(corpus), within, count(found.lines), percent(found.bytes / total if total else None)))
    notes = [
        "Of the documents that stay but for copies, before a cap on lines; a line counts once for each document that "
        "holds it. Joined turns of a conversation are lines. Which lines they are is shown nowhere."
    ]
    for corpus, one_in in (
        lines.loc[lines["one_in"] > 1, ["corpus", "one_in"]].drop_duplicates().itertuples(index=False)
    ):
        notes.append(f"{corpus}: estimated from one line in {count(one_in)}, by its hash.")
    header = ("corpus", "documents", "lines", "% of bytes")
    raw = lines.reset_index(drop=True)
    return Table(slug, title, header, tuple(rows), headings=2, groups=1, raw=raw, notes=tuple(notes))


def _documents(least: int) -> str:
    """The range of a row of lines that stand in at least so many documents (line_counts.FROM)."""
    most = {1: 1, 2: 9}.get(least, 10 * least - 1)
    return count(least) if most == least else f"{count(least)} to {count(most)}"


def token_table(inputs: ReportInputs) -> Table:
    """Tokens of every corpus in every tokenizer that reads it."""
    slug, title, tokens = "corpus-tokens", "Tokens of each corpus, as far as encoders need them", inputs.tokens
    if tokens.empty:
        return absent_table(slug, title, "No text has been tokenised.")
    unit, size = byte_unit(float(tokens["bytes"].max()))
    rows: list[tuple[TableCell, ...]] = []
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


def corpus_table(inputs: ReportInputs) -> Table:
    """Table 1: text per trained encoder and language."""
    slug, corpora = "table1-corpus", inputs.corpora
    if corpora.empty:
        return absent_table(slug, "Text that the encoders were trained on", "No encoder was trained here.", 1)
    languages = in_order(corpora["language"], inputs.languages)
    totals = corpora.groupby("encoder", sort=False)["bytes"].sum()
    unit, size = byte_unit(totals.max())
    rows = []
    for encoder, own in corpora.groupby("encoder", sort=False):
        amounts = own.groupby("language")["bytes"].sum().reindex(languages, fill_value=0)
        names = ", ".join(dict.fromkeys(own["corpus"]))
        rows.append(row(str(encoder), names, *(in_unit(b, size) for b in (*amounts, amounts.sum()))))
    notes = [
        f"Uncompressed UTF-8 text after cleaning; 1 {unit} = 10{_superscript(size)} bytes. "
        "Documents and tokens are in the CSV."
    ]
    untrained = [name for name in dict.fromkeys(inputs.expected_cells["encoder"]) if name not in totals.index]
    if untrained:
        notes.append(f"No training text on record for: {', '.join(untrained)}.")
    return Table(
        slug,
        f"Text that each encoder was trained on, in {unit}",
        ("encoder", "corpus", *languages, "total"),
        tuple(rows),
        headings=2,
        raw=corpora.reset_index(drop=True),
        number=1,
        notes=tuple(notes),
    )


def _superscript(size: int) -> str:
    return {10**9: "⁹", 10**6: "⁶", 10**3: "³"}[size]
