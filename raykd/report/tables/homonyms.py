"""Table 7: where each encoder puts the senses of homonyms."""

import pandas as pd

from raykd.report.homonym_shift import readings
from raykd.report.inputs import ReportInputs
from raykd.report.tables.encoders import NOT_PROBED
from raykd.report.tables.table import Table, TableCell, absent_table, records, row
from raykd.report.text.numbers import count, decimal, p_value, signed


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
            TableCell(f"{value:.5f} ({1 - value:.5f})", bold=len(encoders) > 1 and value == distances.min())
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


def shift_table(inputs: ReportInputs) -> Table:
    """Three readings of Table 7 between two encoders, with tests over sentences and words."""
    slug, title, rows_of = (
        "homonym-shift",
        "Homonyms between two encoders: three readings of Table 7",
        inputs.homonym_shift,
    )
    if rows_of.empty:
        return absent_table(slug, title, NOT_PROBED)
    first, second = (str(rows_of[name].iloc[0]) for name in ("first_encoder", "second_encoder"))
    found = readings(rows_of)
    rows = [
        row(
            *(one.reading, one.measure, one.language, one.sense, decimal(one.first, 4), decimal(one.second, 4)),
            f"{signed(one.shift.mean, 4)} [{signed(one.shift.low, 4)}, {signed(one.shift.high, 4)}]",
            *(f"{one.shift.below} of {one.shift.pairs}", p_value(one.shift.sign_p_value)),
            *(count(one.shift.words), p_value(one.shift.permutation_p_value)),
        )
        for one in found
    ]
    return Table(
        slug,
        f"{title} ({first} against {second})",
        (
            *("reading", "measure", "language", "sentences", first, second, "difference"),
            *("below 0", "sign test p", "words", "permutation p"),
        ),
        tuple(rows),
        headings=4,
        groups=1,
        raw=pd.DataFrame([{**vars(one), **vars(one.shift)} for one in found]).drop(columns="shift"),
        notes=(
            "Distance within: between a sentence with the word and the same with its neighbour, in one encoder, "
            "divided by that encoder's mean distance between sentences of different words; similarity within: 1 less "
            "that. The paper's caption speaks of similarities, its values can only be distances: what is nearer by the "
            f"one is farther by the other. Difference: {first} minus {second}; below 0, {first} has the two nearer by "
            "their distance, and farther apart by their similarity.",
            "Technical − general: of each word, how much more the distance of its technical pair changed than that of "
            f"its general pair; below 0, {first} has moved towards the technical sense. Distance across, the reading "
            "of the paper's text: between the two encoders' vectors of one sentence, of technical sentences (first "
            "column) less general ones (second), divided by that of unrelated sentences; none where widths differ.",
            "Sign test: over sentences, two-sided. Permutation: signs of whole words turned, as sentences of one word "
            "are no independent ones. Several tests of one question: no correction is made.",
        ),
    )


def _places(frame: pd.DataFrame) -> dict[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(frame["encoder"]))}
