"""What the encoders are, and what the run cost."""

from raykd.report.inputs import ReportInputs
from raykd.report.probe_tables import conditions, first_latencies, milliseconds
from raykd.report.table import MISSING, Cell, Table, absent_table, byte_unit, count, duration, in_unit, records, row


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


def _time(value: float | None) -> Cell:
    return Cell(MISSING) if value is None else Cell(milliseconds(value), value=value)


def stage_table(inputs: ReportInputs) -> Table:
    """Time, directory and hash of every stage; hashes in full are in the CSV."""
    slug, title, stages = "stages", "Time per stage, and where its result lies", inputs.stages
    if stages.empty:
        return absent_table(slug, title, "No stage has finished.")
    rows = [
        row(
            found.stage,
            found.name,
            found.directory,
            found.hash[:12],
            Cell(duration(found.seconds), value=found.seconds),
        )
        for found in records(stages)
    ]
    seconds = stages.groupby("stage", sort=False)["seconds"].sum().to_dict()
    parts = ", ".join(f"{stage} {duration(spent)}" for stage, spent in seconds.items())
    return Table(
        slug,
        title,
        ("stage", "name", "directory", "hash", "time"),
        tuple(rows),
        headings=4,
        groups=1,
        raw=stages.reset_index(drop=True),
        notes=(
            f"In total {duration(sum(seconds.values()))}: {parts}. What was done before and reused counts as well.",
        ),
    )
