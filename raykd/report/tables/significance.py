"""How sure each difference of Table 8 is: a short table in F1, and the record of every test."""

from typing import Any

import numpy as np
import pandas as pd

from raykd.report.results import Results
from raykd.report.tables.scores import METRIC_NAMES
from raykd.report.tables.table import Table, TableCell, absent_table, first_appearance, records, row
from raykd.report.text.numbers import MISSING, decimal, interval, p_value, signed, signed_percent
from raykd.statistics.comparisons import SEED
from raykd.statistics.effects import RESAMPLES
from raykd.statistics.holm import PRIMARY, SECONDARY
from raykd.statistics.item_bootstrap import RESAMPLES as TEXT_RESAMPLES
from raykd.statistics.permutation import MOST_VALUES

# Of the many columns of all tests, those that the short table shows.
CERTAINTY_COLUMNS = (
    *("task", "weights", "encoder", "baseline", "language", "difference", "difference_low", "difference_high"),
    *("simultaneous_low", "simultaneous_high", "texts_low", "texts_high", "both_low", "both_high"),
    *("unit", "test", "unit_p_value", "reading", "stands", "family", "family_size", "holm_p_value", "complete"),
    *("cliffs_delta", "probability_of_improvement", "epsilon_min"),
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
    texts = bool(tests["texts_low"].notna().any())
    rows = [
        row(
            *(test.task, test.weights, f"{test.encoder} against {test.baseline}", test.language),
            TableCell(_difference(test), bold=test.stands != ""),
            *([interval(test.both_low, test.both_high)] if texts else []),
            *(_simultaneous(test), p_value(test.unit_p_value, 0.001), p_value(test.holm_p_value, 0.001)),
            *(test.reading, signed(test.cliffs_delta, 2), decimal(test.epsilon_min, 2)),
        )
        for test in records(tests)
    ]
    numbers = ("all together", "p", "Holm p", "reading", "delta", "order")
    return Table(
        slug,
        title,
        ("task", "weights", "comparison", "language", "points, 95 %", *["texts too"] * texts, *numbers),
        tuple(rows),
        headings=4,
        groups=3,
        raw=tests[list(CERTAINTY_COLUMNS)].reset_index(drop=True),
        notes=tuple(_certainty_notes(set(tests["unit"]), texts)),
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
        ("task", "metric", "weights", "language", "encoder", "baseline", *numbers, "n", "ties"),
        tuple(rows),
        headings=6,
        groups=3,
        raw=tests,
        notes=(
            "All tests are two-sided, over seeds where each encoder is distilled once, else over distillations. Only "
            "Holm p is corrected for the number of tests: it is the p that decides (KS, over distillations the "
            "permutation, against a given encoder Student's, with the distillations bounded by themselves) within the "
            "family of F1 against the primary baseline (primary), of F1 against the others (secondary), or of "
            "precision and recall (exploratory).",
            "Unpaired: Kolmogorov-Smirnov (KS, exact; with ties an upper bound), permutation of the difference of "
            "means (exact), Mann-Whitney (exact without ties) and Welch. Paired by classifier seed: sign flips of the "
            f"difference of means (exact). Above {MOST_VALUES} scores splits are drawn, and signs have no test. "
            "Intervals, medians and effect sizes are in the CSV.",
        ),
    )


def _difference(test: Any) -> str:
    return f"{signed_percent(test.difference)} {interval(test.difference_low, test.difference_high)}"


def _simultaneous(test: Any) -> str:
    """An interval that may have no bound on a side."""
    if pd.isna(test.simultaneous_low):
        return MISSING
    low, high = (
        "" if np.isinf(bound) else signed_percent(bound).removeprefix("+")
        for bound in (test.simultaneous_low, test.simultaneous_high)
    )
    if low and high:
        return f"[{low}, {high}]"
    return f"≥ {low}" if low else f"≤ {high}" if high else "any"


def _certainty_notes(units: set[str], texts: bool) -> list[str]:
    notes = []
    if SEED in units:
        notes.append(
            f"Points: difference of mean F1 with its 95 % bootstrap interval (BCa, {RESAMPLES:,} resamples of the "
            "seeds): of these seeds and test texts alone. At ten seeds it holds the difference between two encoders on "
            "these texts in about 92 % of experiments, at five in 87 %; where other texts count, in 74 to 88 %."
        )
    if units - {SEED}:
        notes.append("Points over distillations: Student's 95 % interval, each distillation's mean being one value.")
    notes.append(
        "All together: intervals that hold for the whole family at once and agree with Holm: where a difference stands "
        "(bold), 0 is outside or is a bound that does not belong to the interval. Holm p: p corrected for all tests "
        "that its family plans; a dash before a cell has its planned seeds. Reading: what the mark of Table 8 says."
    )
    notes.append(
        "Delta (Cliff): how much more often a score is above than below one of the baseline, from −1 to +1. Order: "
        "almost stochastic order (Dror et al. 2019), what speaks at most against all quantiles lying above the "
        "baseline's; below 0.2 they almost do."
    )
    if texts:
        notes.append(
            f"Texts too: the interval when the test texts are drawn again as well as the seeds ({TEXT_RESAMPLES:,} "
            "resamples, percentiles), so what another test set of this size might show. Texts alone are in the CSV."
        )
    return notes
