"""Every test of an experiment: each encoder against each baseline, in every cell and on every metric.

The unit of a test is what was drawn at random and what a claim is meant to hold for. With several distillations on a
side that is the distillation: its mean over classifier seeds is one value. With one distillation on either side only
the classifier seeds vary, and the tests speak of these two encoders alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from raykd.statistics import kolmogorov_smirnov, permutation
from raykd.statistics.design import NAMES, Design
from raykd.statistics.effects import mean_difference, median_difference, order
from raykd.statistics.holm import Bound, holm_bounds, holm_by_direction
from raykd.statistics.kolmogorov_smirnov import LEVEL, Comparison
from raykd.statistics.location_tests import mann_whitney, welch
from raykd.statistics.permutation import MOST_VALUES, paired_permutation_test, permutation_test
from raykd.statistics.samples import DECIMALS, stacked_by_size
from raykd.statistics.variance_and_advice import gain_parts, t_test

SEED, DISTILLATION = "seed", "distillation"
KOLMOGOROV_SMIRNOV, PERMUTATION, WELCH = "Kolmogorov-Smirnov", "permutation", "Welch"
HIGHER, LOWER, DISTRIBUTION, NONE, INCOMPLETE = "higher", "lower", "distribution only", "none", "incomplete"

TESTED = tuple(field.name for field in fields(Comparison))
EFFECTS = (
    *("difference_low", "difference_high", "interval"),
    *("median_difference", "median_difference_low", "median_difference_high", "median_interval"),
    *("cliffs_delta", "probability_of_improvement"),
)
# What is not paired in its name is an unpaired test.
UNPAIRED = ("permutation_p_value", "mann_whitney_p_value", "mann_whitney_exact", "welch_p_value")
PAIRED = ("paired_permutation_p_value", "pairs")
P_VALUES = {KOLMOGOROV_SMIRNOV: "p_value", PERMUTATION: "permutation_p_value"}
UNITS = ("unit", "encoders", "baseline_encoders", "complete")
DECISION = ("test", "unit_p_value", "resolution", "reading", "stands", "simultaneous_low", "simultaneous_high")
COLUMNS = [
    *NAMES,
    *TESTED,
    *("family", "family_size", "holm_p_value"),
    *EFFECTS,
    *UNPAIRED,
    *PAIRED,
    *UNITS,
    *DECISION,
]

Samples = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Side:
    """The scores of one cell and metric: one array [seeds] a distillation, by encoder seed; seeds: theirs."""

    scores: tuple[np.ndarray, ...]
    seeds: tuple[np.ndarray, ...]

    @property
    def means(self) -> np.ndarray:
        return np.array([own.mean() for own in self.scores])

    def complete(self, distillations: int, seeds: int) -> bool:
        return len(self.scores) >= distillations and min(map(len, self.scores)) >= seeds


def cell_tests(scores: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Every planned comparison that can be tested, with the columns COLUMNS.

    scores: columns task, language, encoder, weights, encoder_seed, seed, metric, value; no NaN.

    unit              what varies: "distillation" where a side has or plans several, else "seed"; n and n_baseline
                      count it
    complete          both sides have their planned distillations and seeds
    test              what decides: Kolmogorov-Smirnov over seeds; the permutation of means over distillations; Welch of
                      distillations against the seeds of a given encoder, with the distillations bounded by themselves,
                      since Welch's own p (welch_p_value) is too small for two or three of them
    unit_p_value      its p, and resolution the smallest p that it can give at these sizes (0 for Welch)
    holm_p_value      unit_p_value corrected within the family as planned, each direction apart; NaN while not complete
    reading           what a mark may say: higher, lower, none, incomplete; "distribution only" where the test finds a
                      difference and the sign of the means is not that of Cliff's delta (a few seeds far off turn it)
    stands            "higher" or "lower" where holm_p_value is below .05, else ""
    simultaneous_*    an interval that holds with all others of its family together and agrees with `stands`: the shifts
                      that the same test does not reject at Holm's level; NaN while not complete

    Intervals of the difference are bootstrapped over seeds, and Student's over distillations ("t"). Tests whose unit is
    not theirs are NaN: over seeds all of them stand, over distillations the paired ones do not, and against a given
    encoder Welch's alone does.
    """
    return compare_pairs(scores, design.planned_tests())


def compare_pairs(scores: pd.DataFrame, planned: pd.DataFrame) -> pd.DataFrame:
    """`cell_tests` of planned comparisons as `Design.planned_tests` has them."""
    sides = _sides(scores)
    tests, sides_of = [], []
    for plan in planned.itertuples(index=False):
        cell = tuple(getattr(plan, name) for name in NAMES[:4])
        own, other = (sides.get((*cell, name)) for name in (plan.encoder, plan.baseline))
        if own is not None and other is not None:
            test = _Test.of(own, other, plan)
            if test.testable:
                tests.append(test)
                sides_of.append((*cell, plan.encoder, plan.baseline, plan.family))
    units = [(test.scores, test.baseline) for test in tests]
    found = pd.concat(
        [
            pd.DataFrame(sides_of, columns=[*NAMES, "family"]),
            pd.DataFrame([_distribution(test) for test in tests], columns=list(TESTED)),
            _columns(units, EFFECTS, _effects),
            _columns(units, UNPAIRED, _unpaired),
            _columns([test.pairs for test in tests], PAIRED, _paired),
            pd.DataFrame([test.units for test in tests], columns=list(UNITS)),
        ],
        axis=1,
    )
    kinds = np.array([test.kind for test in tests], dtype=object)
    over_distillations = kinds != KOLMOGOROV_SMIRNOV
    # A bootstrap of five values is far too narrow; Student's t is not, where they are about normal.
    student = np.array([test.student(LEVEL)[:2] if test.kind != KOLMOGOROV_SMIRNOV else (0.0, 0.0) for test in tests])
    for place, name in enumerate(("difference_low", "difference_high")):
        found[name] = np.where(over_distillations, student.reshape(-1, 2)[:, place], found[name].to_numpy())
        found[f"median_{name}"] = found[f"median_{name}"].where(~over_distillations)
    found["interval"] = np.where(over_distillations, "t", found["interval"].to_numpy())
    found["median_interval"] = np.where(over_distillations, "", found["median_interval"].to_numpy())
    # A given encoder's seeds and another's distillations come from no common distribution, whatever is true.
    for name in ("p_value", "permutation_p_value", "mann_whitney_p_value"):
        found[name] = found[name].where(kinds != WELCH)
    found["family_size"] = found["family"].map(planned["family"].value_counts().to_dict())
    return _decide(found, tests)[COLUMNS]


@dataclass(frozen=True)
class _Test:
    """One comparison: the values of its units on either side, and how it is tested."""

    kind: str
    scores: np.ndarray
    baseline: np.ndarray
    pairs: Samples
    encoders: int
    baseline_encoders: int
    complete: bool
    encoder_fixed: bool = False

    @classmethod
    def of(cls, own: Side, other: Side, plan: Any) -> "_Test":
        numbers = len(own.scores), len(other.scores)
        complete = own.complete(plan.distillations, plan.seeds) and other.complete(
            plan.baseline_distillations, plan.seeds
        )
        if max(*numbers, plan.distillations, plan.baseline_distillations) == 1:
            return cls(KOLMOGOROV_SMIRNOV, own.scores[0], other.scores[0], _shared(own, other), *numbers, complete)
        nothing = (np.empty(0), np.empty(0))
        if plan.baseline_fixed:
            return cls(WELCH, own.means, other.scores[0], nothing, *numbers, complete)
        if plan.encoder_fixed:
            return cls(WELCH, own.scores[0], other.means, nothing, *numbers, complete, encoder_fixed=True)
        return cls(PERMUTATION, own.means, other.means, nothing, *numbers, complete)

    @property
    def testable(self) -> bool:
        least = min(len(self.scores), len(self.baseline))
        return least >= 1 and len(self.scores) + len(self.baseline) > 2 if self.kind == PERMUTATION else least >= 2

    @property
    def units(self) -> tuple[str, int, int, bool]:
        unit = SEED if self.kind == KOLMOGOROV_SMIRNOV else DISTILLATION
        return unit, self.encoders, self.baseline_encoders, self.complete

    @property
    def resolution(self) -> float:
        if self.kind == WELCH:
            return 0.0
        # Both tests are decided by the order alone when the samples do not overlap.
        n, n_baseline = len(self.scores), len(self.baseline)
        if self.kind == PERMUTATION:
            return permutation.smallest_p_value(n, n_baseline)
        return kolmogorov_smirnov.smallest_p_value(n, n_baseline)

    def interval(self, level: float) -> tuple[float, float]:
        """The shifts that the test does not reject at `level`."""
        if self.kind == KOLMOGOROV_SMIRNOV:
            return kolmogorov_smirnov.shift_interval(self.scores, self.baseline, level)
        if self.kind == PERMUTATION:
            return permutation.shift_interval(self.scores, self.baseline, level)
        return self.student(level)[:2]

    def student(self, level: float) -> tuple[float, float, float]:
        """Student's interval of the mean difference over distillations, and its p."""
        given = (self.encoder_fixed, self.kind == WELCH and not self.encoder_fixed)
        sides = [
            values[None] if own else values[:, None]
            for values, own in zip((self.scores, self.baseline), given, strict=True)
        ]
        parts = gain_parts(sides[0], sides[1], given[1], scores_fixed=given[0])
        return t_test(float(self.scores.mean() - self.baseline.mean()), parts, level)


def _decide(found: pd.DataFrame, tests: Sequence[_Test]) -> pd.DataFrame:
    """found with holm_p_value and the columns DECISION."""
    by_test = {kind: found[name].to_numpy() for kind, name in P_VALUES.items()}
    found["test"] = [test.kind for test in tests]
    # A test that has no value (nothing varies) finds nothing.
    chosen = [
        test.student(LEVEL)[2] if test.kind == WELCH else by_test[test.kind][place] for place, test in enumerate(tests)
    ]
    found["unit_p_value"] = np.array(chosen, dtype=np.float64)
    found["resolution"] = [test.resolution for test in tests]
    p_value = found["unit_p_value"].fillna(1.0).to_numpy(dtype=np.float64)
    signs = np.sign(np.round(found[["difference", "cliffs_delta"]].to_numpy(dtype=np.float64), DECIMALS))
    direction = np.where(signs[:, 0] == signs[:, 1], signs[:, 0], 0)
    names = np.select([direction > 0, direction < 0], [HIGHER, LOWER], DISTRIBUTION)
    complete = found["complete"].to_numpy(dtype=bool)
    found["reading"] = np.where(complete, np.where(p_value < LEVEL, names, NONE), INCOMPLETE)
    corrected, way = np.full(len(found), np.nan), np.zeros(len(found), dtype=int)
    bounds = np.full((len(found), 2), np.nan)
    families, sizes = found["family"].to_numpy(), found["family_size"].to_numpy()
    for family in dict.fromkeys(families[complete]):
        own = np.flatnonzero(complete & (families == family))
        size = int(sizes[own[0]])
        corrected[own] = holm_by_direction(p_value[own], direction[own], size)
        way[own] = np.where(corrected[own] < LEVEL, direction[own], 0)
        for place, low, high in zip(own, *holm_bounds(way[own], size, LEVEL), strict=True):
            bounds[place] = _simultaneous(tests[int(place)], int(way[place]), low, high)
    found["holm_p_value"] = corrected
    found["stands"] = np.select([way > 0, way < 0], [HIGHER, LOWER], "")
    found["simultaneous_low"], found["simultaneous_high"] = bounds.T
    return found


def _simultaneous(test: _Test, sign: int, lower: Bound, upper: Bound) -> tuple[float, float]:
    """The interval of one test; 0 lies in it unless the test stands after Holm's correction."""
    bounds = []
    for side, (bound, way) in enumerate(((lower, 1), (upper, -1))):
        value = 0.0 if bound.level is None else test.interval(bound.level)[side]
        # No shift fits where the samples differ in shape: every difference remains possible.
        value = -way * np.inf if np.isnan(value) else value
        bounds.append(way * max(way * value, 0.0) if sign == way else way * min(way * value, 0.0))
    return bounds[0], bounds[1]


def _sides(scores: pd.DataFrame) -> dict[Any, Side]:
    """(task, metric, weights, language, encoder) -> its scores."""
    cell = ["task", "metric", "weights", "language", "encoder"]
    ordered = scores.sort_values(["encoder_seed", "seed"], kind="stable")
    sides: dict[Any, tuple[list[np.ndarray], list[np.ndarray]]] = {}
    for (*names, _), own in ordered.groupby([*cell, "encoder_seed"], sort=False):
        values, seeds = sides.setdefault(tuple(names), ([], []))
        values.append(own["value"].to_numpy(dtype=np.float64))
        seeds.append(own["seed"].to_numpy())
    return {key: Side(tuple(values), tuple(seeds)) for key, (values, seeds) in sides.items()}


def _shared(own: Side, other: Side) -> Samples:
    """The scores of both sides at the classifier seeds that both have, in the same order."""
    _, places, others = np.intersect1d(own.seeds[0], other.seeds[0], return_indices=True)
    return own.scores[0][places], other.scores[0][others]


def _distribution(test: _Test) -> dict[str, Any]:
    """What the Kolmogorov-Smirnov test says of the units; without its D and p where a side has one unit alone."""
    if min(len(test.scores), len(test.baseline)) >= 2:
        return asdict(kolmogorov_smirnov.compare(test.scores, test.baseline))
    difference = float(np.round(test.scores.mean() - test.baseline.mean(), DECIMALS))
    direction = "higher" if difference > 0 else "lower" if difference < 0 else "same"
    sizes = (len(test.scores), len(test.baseline))
    return dict(zip(TESTED, (np.nan, np.nan, direction, difference, *sizes, False, ""), strict=True))


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
    ordered = order(scores, baseline)
    order_columns = (ordered.cliffs_delta, ordered.probability_of_improvement)
    if min(scores.shape[1], baseline.shape[1]) < 2:
        median = np.median(scores, axis=1) - np.median(baseline, axis=1)
        return np.nan, np.nan, "", median, np.nan, np.nan, "", *order_columns
    means, medians = mean_difference(scores, baseline), median_difference(scores, baseline)
    return (
        *(means.low, means.high, means.method),
        *(medians.estimate, medians.low, medians.high, medians.method),
        *order_columns,
    )


def _unpaired(scores: np.ndarray, baseline: np.ndarray) -> tuple:
    permuted = permutation_test(scores, baseline).p_value
    if min(scores.shape[1], baseline.shape[1]) < 2:
        return permuted, np.nan, False, np.nan
    ranks, exact = mann_whitney(scores, baseline)
    return permuted, ranks.p_value, exact, welch(scores, baseline).p_value


def _paired(scores: np.ndarray, baseline: np.ndarray) -> tuple:
    testable = 2 <= scores.shape[1] <= MOST_VALUES
    return paired_permutation_test(scores, baseline).p_value if testable else np.nan, scores.shape[1]
