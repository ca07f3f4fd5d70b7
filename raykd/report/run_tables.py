"""What the encoders are, and what the run cost."""

from raykd.report.inputs import ReportInputs
from raykd.report.table import Table, absent_table, count, duration, records, row


def encoder_table(inputs: ReportInputs) -> Table:
    """Sizes of the encoders."""
    slug, title, encoders = "encoders", "Encoders", inputs.encoders
    if encoders.empty:
        return absent_table(slug, title, "No encoder exists yet.")
    columns = ("parameters", "layers", "width", "vocabulary")
    rows = [row(found["encoder"], *(count(found[name]) for name in columns)) for _, found in encoders.iterrows()]
    return Table(slug, title, ("encoder", *columns), tuple(rows), headings=1, raw=encoders.reset_index(drop=True))


def stage_table(inputs: ReportInputs) -> Table:
    """Time, directory and hash of every stage; hashes in full are in the CSV."""
    slug, title, stages = "stages", "Time per stage, and where its result lies", inputs.stages
    if stages.empty:
        return absent_table(slug, title, "No stage has finished.")
    rows = [
        row(found.stage, found.name, found.directory, found.hash[:12], duration(found.seconds))
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
