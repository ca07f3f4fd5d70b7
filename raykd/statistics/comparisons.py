"""Every test of an experiment: each encoder against each baseline, in every cell and on every metric."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pandas as pd

from raykd.statistics.effects import mean_difference, median_difference, order
from raykd.statistics.holm import family, holm
from raykd.statistics.kolmogorov_smirnov import Comparison, compare
from raykd.statistics.location_tests import mann_whitney, welch
from raykd.statistics.permutation import MOST_VALUES, paired_permutation_test, permutation_test
from raykd.statistics.samples import stacked_by_size
from raykd.statistics.summary import METRICS, WEIGHTS

NAMES = ("task", "metric", "weights", "language", "encoder", "baseline")
EFFECTS = (
    *("difference_low", "difference_high", "interval"),
    *("median_difference", "median_difference_low", "median_difference_high", "median_interval"),
    *("cliffs_delta", "probability_of_improvement"),
)
# What is not paired in its name is an unpaired test.
UNPAIRED = ("permutation_p_value", "mann_whitney_p_value", "mann_whitney_exact", "welch_p_value")
PAIRED = ("paired_permutation_p_value", "pairs")
ENCODERS = ("encoder_permutation_p_value", "encoders", "baseline_encoders")
COLUMNS = [
    *NAMES,
    *(f.name for f in fields(Comparison)),
    *("family", "family_size", "holm_p_value"),
    *EFFECTS,
    *UNPAIRED,
    *PAIRED,
    *ENCODERS,
]

Samples = tuple[np.ndarray, np.ndarray]
NO_SCORES = np.empty(0)


def compare_encoders(
    headline: pd.DataFrame,
    task_encoders: Mapping[str, Sequence[str]],
    baselines: Sequence[str],
    expected: Iterable[tuple[str, str, str, str]] = (),
) -> pd.DataFrame:
    """Compares the encoders of each task that are no baselines with each baseline (section 8, Table 8).

    headline: columns task, language, encoder, weights, encoder_seed, seed, metric, value; no NaN.
    expected: cells (task, language, encoder, weights) that will have scores; they count in the families.
    Returns what `compare_pairs` does.
    """
    scored = headline[["task", "language", "encoder", "weights"]].drop_duplicates().itertuples(index=False, name=None)
    return compare_pairs(headline, planned_comparisons([*expected, *scored], task_encoders, baselines))


def planned_comparisons(
    cells: Iterable[tuple[str, str, str, str]], task_encoders: Mapping[str, Sequence[str]], baselines: Sequence[str]
) -> pd.DataFrame:
    """Every comparison between cells (task, language, encoder, weights), scored or not: columns NAMES and family."""
    there = set(cells := list(cells))
    rows = []
    for task, encoders in task_encoders.items():
        languages = dict.fromkeys(cell[1] for cell in cells if cell[0] == task)
        adapted = [name for name in encoders if name not in baselines]
        beside = [name for name in baselines if name in encoders]
        for metric, weights, language in ((m, w, x) for m in METRICS for w in WEIGHTS for x in languages):
            for encoder, baseline in ((e, b) for e in adapted for b in beside):
                if {(task, language, name, weights) for name in (encoder, baseline)} <= there:
                    own = family(metric, baseline, baselines)
                    rows.append((task, metric, weights, language, encoder, baseline, own))
    return pd.DataFrame(rows, columns=[*NAMES, "family"])


def compare_pairs(headline: pd.DataFrame, planned: pd.DataFrame) -> pd.DataFrame:
    """Every planned comparison (columns NAMES and family) that has two scores on either side, with the columns COLUMNS.

    Scores of several encoder seeds are pooled, except that
    - the paired permutation takes the mean over encoder seeds at each classifier seed that both have;
    - the encoder permutation takes the mean over classifier seeds of each encoder, and stands only where
      one side has several encoders: its unit is the encoder.
    holm_p_value corrects the Kolmogorov-Smirnov p_value for all that its family plans, family_size, so it can only
    fall as results come in. A p-value is NaN where its test cannot be made: fewer than two pairs, or more scores
    than MOST_VALUES.
    """
    samples = {
        cell: values.to_numpy()
        for cell, values in headline.groupby(["task", "metric", "weights", "language", "encoder"], sort=False)["value"]
    }
    rows, families, pairs = [], [], []
    for *names, own_family in planned.itertuples(index=False, name=None):
        *cell, encoder, baseline = names
        scores, baseline_scores = (samples.get((*cell, name), NO_SCORES) for name in (encoder, baseline))
        if min(len(scores), len(baseline_scores)) >= 2:
            rows.append(tuple(names))
            families.append(own_family)
            pairs.append((scores, baseline_scores))
    tests = pd.DataFrame([asdict(compare(*pair)) for pair in pairs], columns=[f.name for f in fields(Comparison)])
    found = pd.concat(
        [
            pd.DataFrame(rows, columns=list(NAMES)),
            tests,
            _columns(pairs, EFFECTS, _effects),
            _columns(pairs, UNPAIRED, _unpaired),
            _columns(_shared_seeds(headline, rows), PAIRED, _paired),
            _columns(_encoder_means(headline, rows), ENCODERS, _encoders),
        ],
        axis=1,
    )
    found["family"] = families
    found["family_size"] = found["family"].map(planned["family"].value_counts().to_dict())
    found["holm_p_value"] = np.nan
    for _, own in found.groupby("family"):
        found.loc[own.index, "holm_p_value"] = holm(own["p_value"], planned=int(own["family_size"].iloc[0]))
    return found[COLUMNS]


def _by_cell(headline: pd.DataFrame, unit: str) -> dict[Any, Samples]:
    """(task, metric, weights, language, encoder) -> the values of `unit` in order, and the mean score of each."""
    cell = ["task", "metric", "weights", "language", "encoder"]
    means = headline.groupby([*cell, unit])["value"].mean().reset_index()
    units, values = means[unit].to_numpy(), means["value"].to_numpy()
    groups: dict[Any, Any] = means.groupby(cell, sort=False).indices
    return {key: (units[places], values[places]) for key, places in groups.items()}


def _shared_seeds(headline: pd.DataFrame, rows: Sequence[tuple[str, ...]]) -> list[Samples]:
    """The scores of both sides at the classifier seeds that both have, in the same order."""
    means = _by_cell(headline, "seed")
    pairs = []
    for *cell, encoder, baseline in rows:
        (seeds, own), (other_seeds, other) = means[(*cell, encoder)], means[(*cell, baseline)]
        _, places, other_places = np.intersect1d(seeds, other_seeds, assume_unique=True, return_indices=True)
        pairs.append((own[places], other[other_places]))
    return pairs


def _encoder_means(headline: pd.DataFrame, rows: Sequence[tuple[str, ...]]) -> list[Samples]:
    means = _by_cell(headline, "encoder_seed")
    return [(means[(*cell, encoder)][1], means[(*cell, baseline)][1]) for *cell, encoder, baseline in rows]


def _columns(
    pairs: Sequence[Samples], names: Sequence[str], compute: Callable[[np.ndarray, np.ndarray], tuple]
) -> pd.DataFrame:
    """One row a pair; `compute` takes all pairs of the same sizes at once and gives one array a name."""
    parts = [
        pd.DataFrame(dict(zip(names, compute(scores, baseline), strict=True)), index=places)
        for places, scores, baseline in stacked_by_size(pairs)
    ]
    return pd.concat(parts).sort_index() if parts else pd.DataFrame(columns=list(names))


def _effects(scores: np.ndarray, baseline: np.ndarray) -> tuple:
    means, medians = mean_difference(scores, baseline), median_difference(scores, baseline)
    ordered = order(scores, baseline)
    return (
        *(means.low, means.high, means.method),
        *(medians.estimate, medians.low, medians.high, medians.method),
        *(ordered.cliffs_delta, ordered.probability_of_improvement),
    )


def _unpaired(scores: np.ndarray, baseline: np.ndarray) -> tuple:
    ranks, exact = mann_whitney(scores, baseline)
    countable = scores.shape[1] + baseline.shape[1] <= MOST_VALUES
    permuted = permutation_test(scores, baseline).p_value if countable else np.nan
    return permuted, ranks.p_value, exact, welch(scores, baseline).p_value


def _paired(scores: np.ndarray, baseline: np.ndarray) -> tuple:
    testable = 2 <= scores.shape[1] <= MOST_VALUES
    return paired_permutation_test(scores, baseline).p_value if testable else np.nan, scores.shape[1]


def _encoders(means: np.ndarray, baseline: np.ndarray) -> tuple:
    encoders, others = means.shape[1], baseline.shape[1]
    testable = 2 < encoders + others <= MOST_VALUES
    return permutation_test(means, baseline).p_value if testable else np.nan, encoders, others
