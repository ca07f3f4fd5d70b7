"""How long each encoder takes over a text, and where it puts the senses of homonyms."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.table import Cell, Table, absent_table, count, decimal, records, row

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
            Cell(milliseconds(found.median), value=found.median),
            f"{milliseconds(found.lower)} to {milliseconds(found.upper)}",
            count(found.tokens_per_second),
            decimal(found.tokens / found.texts, 1),
        )
        for found in records(latency)
    ]
    return Table(
        slug,
        title,
        ("encoder", "texts of tokens", "batch", "median", "quartiles", "tokens per second", "tokens per text"),
        tuple(rows),
        headings=3,
        groups=1,
        raw=latency.reset_index(drop=True),
        notes=(
            f"The forward pass alone, without tokenizer and head: {conditions(latency)}. Quartiles are over runs.",
            f"The machine's load before an encoder, lowest {latency['load'].min():.1f} and highest "
            f"{latency['load'].max():.1f}: the mean number of threads, over a minute, that ran or waited to. What else "
            "runs makes all times longer.",
        ),
    )


def conditions(latency: pd.DataFrame) -> str:
    """What the times were measured on."""
    kinds = latency[["threads", "device", "precision", "processor"]].drop_duplicates()
    return "; ".join(
        f"{found.precision} on {found.processor}"
        + (f", {found.threads} thread{'s' * (found.threads > 1)}" if found.device == "cpu" else "")
        for found in records(kinds)
    )


def milliseconds(value: float) -> str:
    """Three significant digits, and no exponent: 188, 4.52, 0.0123."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def homonym_table(inputs: ReportInputs) -> Table:
    """Table 7: the same sentences with a word and with its neighbour."""
    slug, title, homonyms = "table7-homonyms", "Shift of homonyms: cosine distance, and similarity", inputs.homonyms
    if homonyms.empty:
        return absent_table(slug, title, NOT_PROBED, 7)
    keys = ["word", "sense", "neighbour"]
    encoders = list(dict.fromkeys(homonyms["encoder"]))
    wide = homonyms.pivot_table(index=keys, columns="encoder", values="neighbour_distance", sort=False)[encoders]
    rows = []
    for key, distances in zip(wide.index, wide.to_numpy(), strict=True):
        cells = (
            Cell(f"{value:.5f} ({1 - value:.5f})", bold=len(encoders) > 1 and value == distances.min())
            for value in distances
        )
        rows.append(row(*map(str, key), *cells))
    return Table(
        slug,
        title,
        (*keys, *encoders),
        tuple(rows),
        headings=3,
        groups=1,
        raw=homonyms.assign(neighbour_similarity=1 - homonyms["neighbour_distance"]).reset_index(drop=True),
        number=7,
        notes=(
            "Between a sentence with the word and the same sentence with the neighbour, each the mean of its pieces' "
            "last hidden states; means over the sentences of the sense. Bold: the nearest of the encoders.",
            "The paper's caption calls its values similarities and its text takes the smaller for the nearer: here are "
            "the distance, 1 − cosine, and in brackets the similarity.",
            _nearer(homonyms),
        ),
    )


def _nearer(homonyms: pd.DataFrame) -> str:
    """Free of how near to each other all vectors of an encoder lie, which distances of two encoders are not."""
    wide = homonyms.pivot_table(index=["encoder", "word"], columns="sense", values="neighbour_distance", sort=False)
    nearer = (wide["technical"] < wide["general"]).groupby(level="encoder", sort=False)
    found = "; ".join(f"{name} {own.sum()} of {len(own)}" for name, own in nearer)
    return f"Words whose technical neighbour is nearer than the general one, each in its own sentences: {found}."


def sense_table(inputs: ReportInputs) -> Table:
    """The word itself, in sentences of one sense and of two."""
    slug, title, homonyms = "homonym-senses", "Senses of homonyms: cosine distances of the word itself", inputs.homonyms
    if homonyms.empty:
        return absent_table(slug, title, NOT_PROBED)
    wide = homonyms.pivot_table(index=["encoder", "word", "between"], columns="sense", values="within", sort=False)
    wide = wide.reset_index()
    means = wide.groupby("encoder", sort=False)[["between", "general", "technical"]].mean().reset_index()
    with_means = pd.concat([wide, means.assign(word="mean")])
    with_means = with_means.sort_values("encoder", key=lambda names: names.map(_places(wide)), kind="stable")
    rows = [
        row(
            *(found.encoder, found.word, *(decimal(value, 4) for value in (found.general, found.technical))),
            *(decimal(found.between, 4), decimal(2 * found.between / (found.general + found.technical), 2)),
        )
        for found in records(with_means)
    ]
    return Table(
        slug,
        title,
        ("encoder", "word", "within general", "within technical", "between", "between / within"),
        tuple(rows),
        headings=2,
        groups=1,
        raw=wide,
        notes=(
            "Between the means of the word's own pieces, over all pairs of sentences of one sense (within) and of both "
            "(between). A ratio above 1: the encoder tells the senses apart.",
        ),
    )


def _places(frame: pd.DataFrame) -> dict[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(frame["encoder"]))}
