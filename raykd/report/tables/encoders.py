"""Table 5: the size of each encoder, and how long it takes over a text."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.tables.table import Table, TableCell, absent_table, records, row
from raykd.report.text.numbers import MISSING, byte_unit, count, decimal, in_unit, milliseconds

NOT_PROBED = "Not measured; a probe section in the config and jobs/probe.py do."
TASK_TEXTS = "the task's"


def first_latencies(inputs: ReportInputs) -> pd.DataFrame:
    """Of several lengths of text the first: a row an encoder and batch, smallest batch first."""
    latency = inputs.latency
    if latency.empty:
        return latency
    first = latency.drop_duplicates("encoder").set_index("encoder")["length"]
    wanted = latency["encoder"].map(first)
    # The length of a task's texts is missing, and what is missing equals nothing.
    same = (latency["length"] == wanted) | (latency["length"].isna() & wanted.isna())
    return latency[same].sort_values("batch", kind="stable")


def latency_table(inputs: ReportInputs) -> Table:
    """Every measurement: Table 5 has those of the first length of text."""
    slug, title, latency = "latency", "Time of the forward pass, in milliseconds a text", inputs.latency
    if latency.empty:
        return absent_table(slug, title, NOT_PROBED)
    rows = [
        row(
            *(found.encoder, TASK_TEXTS if pd.isna(found.length) else count(found.length), count(found.batch)),
            TableCell(milliseconds(found.median), value=found.median),
            f"{milliseconds(found.lower)} to {milliseconds(found.upper)}",
            TableCell(f"{found.ratio:.2f} ({found.ratio_low:.2f} to {found.ratio_high:.2f})", value=found.ratio),
            count(found.tokens_per_second),
            decimal(found.tokens / found.texts, 1),
        )
        for found in records(latency)
    ]
    return Table(
        slug,
        title,
        ("encoder", "texts of tokens", "batch", "median", "quartiles", "ratio", "tokens per second", "tokens per text"),
        tuple(rows),
        headings=3,
        groups=1,
        raw=latency.reset_index(drop=True),
        notes=(
            f"The forward pass alone, without tokenizer and head: {conditions(latency)}. Quartiles are over runs.",
            f"Ratio: how many times as long {latency['reference'].iloc[0]} takes, with its 95 % interval over runs; "
            "all were timed in turn in one run.",
            _other_work(latency),
        ),
    )


def _other_work(latency: pd.DataFrame) -> str:
    busy = latency["busy"].iloc[0]
    if busy:
        return f"The machine was busy, which makes all times longer: {busy}."
    return "No other work of note was seen meanwhile."


def conditions(latency: pd.DataFrame) -> str:
    """What the times were measured on."""
    kinds = latency[["threads", "device", "precision", "processor"]].drop_duplicates()
    return "; ".join(
        f"{found.precision} on {found.processor}"
        + (f", {found.threads} thread{'s' * (found.threads > 1)}" if found.device == "cpu" else "")
        for found in records(kinds)
    )


def encoder_table(inputs: ReportInputs) -> Table:
    """Table 5: size, and time per text where it is measured."""
    slug, title, encoders = "table5-size", "Size and speed of each encoder", inputs.encoders
    if encoders.empty:
        return absent_table(slug, title, "No encoder exists yet.", 5)
    columns = ("parameters", "layers", "width", "vocabulary")
    unit, size = byte_unit(float(encoders["bytes"].max()))
    latency = first_latencies(inputs)
    batches = list(dict.fromkeys(latency["batch"]))
    times = {(found.encoder, found.batch): found.median for found in records(latency)}
    rows = [
        row(
            *(found["encoder"], *(count(found[name]) for name in columns), in_unit(found["bytes"], size)),
            *(_time(times.get((found["encoder"], batch))) for batch in batches),
        )
        for _, found in encoders.iterrows()
    ]
    notes = ["Parameters: without the vocabulary head, which a classifier does not use; on disk: with it."]
    asked = dict.fromkeys([*inputs.expected_cells["encoder"], *encoders["encoder"]])
    unknown = [name for name in asked if name not in set(encoders["encoder"])]
    if unknown:
        notes.append(f"Not here yet, so of unknown size: {', '.join(unknown)}.")
    if latency.empty:
        notes.append("The other half of the paper's Table 5, time per text, is not measured (jobs/probe.py).")
    else:
        notes.append(f"Milliseconds a text, median: {conditions(latency)}.")
        embeddings = latency.drop_duplicates("encoder")
        told = (f"{found.encoder} {count(found.word_embeddings)}" for found in records(embeddings))
        notes.append(f"Of the parameters, word embeddings: {', '.join(told)}.")
    return Table(
        slug,
        title,
        ("encoder", *columns, f"on disk ({unit})", *(f"ms, batch {batch}" for batch in batches)),
        tuple(rows),
        headings=1,
        raw=encoders.reset_index(drop=True),
        number=5,
        notes=tuple(notes),
    )


def _time(value: float | None) -> TableCell:
    return TableCell(MISSING) if value is None else TableCell(milliseconds(value), value=value)
