"""How sure each difference of Table 8 is: a short table in F1, and the record of every test."""

from typing import Any

import pandas as pd

from raykd.report.results import Results
from raykd.report.score_tables import METRIC_NAMES
from raykd.report.table import (
    MISSING,
    Cell,
    Table,
    absent_table,
    decimal,
    first_appearance,
    p_value,
    records,
    row,
    signed,
    signed_percent,
)
from raykd.statistics.effects import RESAMPLES
from raykd.statistics.holm import PRIMARY, SECONDARY
from raykd.statistics.item_bootstrap import RESAMPLES as TEXT_RESAMPLES
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.permutation import MOST_VALUES

# Of the many columns of all tests, those that the short table shows.
CERTAINTY_COLUMNS = (
    *("task", "weights", "encoder", "baseline", "language", "difference", "difference_low", "difference_high"),
    *("texts_low", "texts_high", "both_low", "both_high"),
    *("p_value", "family", "family_size", "holm_p_value", "cliffs_delta", "encoder_permutation_p_value"),
)
NOTHING_TESTED = "No encoder and baseline have two seeds each in one cell."


def certainty_table(results: Results) -> Table:
    """The difference in F1 of every cell of Table 8 with its interval, and what is left of it after Holm."""
    slug, title = "how-sure", "How sure the differences in F1 are"
    tests = results.tests[results.tests["family"].isin([PRIMARY, SECONDARY])]
    if tests.empty:
        return absent_table(slug, title, NOTHING_TESTED)
    # The languages of one encoder and baseline together.
    tests = tests.sort_values(["task", "weights", "encoder", "baseline"], kind="stable", key=first_appearance)
    several = bool(tests["encoder_permutation_p_value"].notna().any())
    texts = bool(tests["texts_low"].notna().any())
    rows = [
        row(
            *(test.task, test.weights, f"{test.encoder} against {test.baseline}", test.language),
            Cell(_difference(test), bold=test.holm_p_value < LEVEL and test.direction != "same"),
            *([interval(test.both_low, test.both_high)] if texts else []),
            *(p_value(test.holm_p_value, 0.001), signed(test.cliffs_delta, 2), p_value(test.p_value, 0.001)),
            *([p_value(test.encoder_permutation_p_value)] if several else []),
        )
        for test in records(tests)
    ]
    return Table(
        slug,
        title,
        (
            "task",
            "weights",
            "comparison",
            "language",
            "points, 95 %",
            *["texts too"] * texts,
            "Holm p",
            "delta",
            "KS p",
            *["encoders p"] * several,
        ),
        tuple(rows),
        headings=4,
        groups=3,
        raw=tests[list(CERTAINTY_COLUMNS)].reset_index(drop=True),
        notes=tuple(_certainty_notes(several, texts)),
    )


def comparison_table(results: Results) -> Table:
    """Every test of every cell and metric; its CSV is the record of exact p-values, effects and intervals."""
    slug, title, tests = "table8-tests", "Every test of the differences in Table 8", results.tests
    if tests.empty:
        return absent_table(slug, title, NOTHING_TESTED)
    rows = [
        row(
            *(test.task, METRIC_NAMES[test.metric], test.weights, test.language, test.encoder, test.baseline),
            *(signed_percent(test.difference), decimal(test.statistic, 2)),
            *(p_value(test.p_value), p_value(test.holm_p_value), p_value(test.permutation_p_value)),
            *(
                p_value(test.paired_permutation_p_value),
                p_value(test.mann_whitney_p_value),
                p_value(test.welch_p_value),
            ),
            *(f"{test.n} / {test.n_baseline}", "yes" if test.ties else "no"),
        )
        for test in records(tests)
    ]
    numbers = ("points", "D", "KS p", "Holm p", "permutation p", "paired p", "Mann-Whitney p", "Welch p")
    return Table(
        slug,
        title,
        ("task", "metric", "weights", "language", "encoder", "baseline", *numbers, "seeds", "ties"),
        tuple(rows),
        headings=6,
        groups=3,
        raw=tests,
        notes=(
            "All tests are two-sided. Only Holm p is corrected for the number of tests: it is KS p within the "
            "family of F1 against the first baseline (primary), of F1 against the others (secondary), or of precision "
            "and recall (exploratory).",
            "Unpaired: Kolmogorov-Smirnov (KS, exact; with ties an upper bound), permutation of the difference of "
            "means (exact), Mann-Whitney (exact without ties) and Welch. Paired by classifier seed: sign flips of the "
            f"difference of means (exact). The permutations take up to {MOST_VALUES} scores. Intervals, medians and "
            "effect sizes are in the CSV.",
        ),
    )


def _difference(test: Any) -> str:
    return f"{signed_percent(test.difference)} {interval(test.difference_low, test.difference_high)}"


def interval(low: float, high: float) -> str:
    """Bounds in points of a score from 0 to 1; a dash where there is no interval."""
    if pd.isna(low):
        return MISSING
    return "[{}, {}]".format(*(signed_percent(bound).removeprefix("+") for bound in (low, high)))


def _certainty_notes(several: bool, texts: bool) -> list[str]:
    notes = [
        f"Points: difference of mean F1 with its 95 % bootstrap interval (BCa, {RESAMPLES:,} resamples of the seeds); "
        "in bold where Holm p < 0.05. At ten seeds such an interval holds the true difference in about 92 % of "
        "experiments, at five in 87 %.",
        "KS p: exact Kolmogorov-Smirnov test. Holm p: the same, corrected for all tests that its family plans. Delta "
        "(Cliff): how much more often a seed is above than below a seed of the baseline, from −1 to +1.",
    ]
    if texts:
        notes.append(
            f"Texts too: the interval when the test texts are drawn again as well as the seeds ({TEXT_RESAMPLES:,} "
            "resamples, percentiles), so what another test set of this size might show. Texts alone are in the CSV."
        )
    if several:
        notes.append("Encoders p: exact permutation of whole distillations, each one's mean score being one value.")
    return notes
