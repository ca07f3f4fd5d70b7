"""The claim of an experiment: is the adapted encoder better than a baseline, by how many points, and how sure is that?

A claim is one number, the mean difference in F1 over all planned cells of one adapted encoder and one baseline, each
cell counting alike, with one test and one interval. Nothing is averaged over encoders, and nothing is claimed before
every planned cell has its planned distillations and seeds.

With several distillations each is one value, its mean over cells and seeds. The test is the exact permutation of those
values (4 against 4 reach p = .029), or Student's where one side is a given encoder; the interval is `t_test`'s, over
distillations and texts. With one distillation on either side the interval is over seeds and texts, and the claim
speaks of these two encoders: `stands_below` tells how much two distillations may differ before it falls.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from raykd.statistics.comparisons import DISTILLATION, SEED
from raykd.statistics.design import CellKey, Design
from raykd.statistics.holm import PRIMARY
from raykd.statistics.item_bootstrap import TextInfluence
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.permutation import permutation_test, smallest_p_value
from raykd.statistics.variance_and_advice import MANY_UNITS, Part, gain_parts, largest_spread, pooled_part, t_test

BETTER, WORSE, NO_WORSE, CANNOT_TELL, NOT_YET = "better", "worse", "no worse", "cannot tell", "not yet"
# A ratio to a mean F1 below this says more of the baseline's failure than of the gain.
RATIO_FLOOR = 0.05
CELLS = (
    *("task", "language", "weights", "mean", "baseline_mean", "gain", "low", "high"),
    *("ratio", "below_floor", "complete"),
)


class Extreme(NamedTuple):
    """A cell and its gain, or the mean gain of all other cells."""

    gain: float
    cell: str


@dataclass(frozen=True)
class Claim:
    """What is known of one adapted encoder against one baseline, in F1; differences in the unit of the scores.

    outcome          better, worse, "no worse" (by more than smallest_effect), "cannot tell", or "not yet" (cells are
                     missing: the numbers are NaN)
    gain             the mean difference over all cells, low to high its interval at `confidence`: .95, or
                     1 - .05 / m where the family has m claims (Bonferroni, so that all of them hold together)
    p_value          of the same unit as the interval, multiplied by m; NaN where nothing varies
    resolution       the smallest p_value that the numbers of distillations allow; 0 where it has no least value
    unit             "distillation", or "seed": then the claim says nothing of another distillation
    baseline_fixed   the baseline is a given encoder: it was not drawn, so it is not in doubt; encoder_fixed: so is the
                     encoder that it is compared with
    covers_texts     the interval holds for other test texts of this kind too
    stands_below     the standard deviation between distillations up to which the outcome stands; NaN where the unit is
                     the distillation, where both encoders are given, or where the outcome is none
    cells            the columns CELLS, a row a cell; low to high holds in all cells of the claim together with 95 %
    lowest, highest  the cells with the smallest and the largest gain
    without_lowest, without_highest   the smallest and the largest mean gain when one cell is left out, and that cell
    ratio            the paper's number, the mean over cells of the ratio of mean F1 less 1; NaN where a baseline's mean
                     is below RATIO_FLOOR, and `cells` tells in which
    missing          planned cells without their planned seeds: (cell, encoder, distillations there, fewest seeds there)
    """

    encoder: str
    baseline: str
    family: str
    outcome: str
    confidence: float
    unit: str
    distillations: int
    baseline_distillations: int
    baseline_fixed: bool
    encoder_fixed: bool
    covers_texts: bool
    smallest_effect: float | None
    cells: pd.DataFrame
    missing: tuple[tuple[str, str, int, int], ...]
    gain: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p_value: float = math.nan
    resolution: float = math.nan
    stands_below: float = math.nan
    ratio: float = math.nan
    lowest: Extreme | None = None
    highest: Extreme | None = None
    without_lowest: Extreme | None = None
    without_highest: Extreme | None = None


def claims(scores: pd.DataFrame, design: Design, texts: Mapping[CellKey, TextInfluence] | None = None) -> list[Claim]:
    """One claim for each adapted encoder and baseline that share planned cells, those of the primary family first.

    scores: columns task, language, encoder, weights, encoder_seed, seed, metric, value, F1 among the metrics. texts:
    the influence of the test texts on each cell where decisions are stored; without them for a cell of a claim, its
    interval does not cover the texts.
    """
    found = planned_claims(scores, design.planned_tests(), design.smallest_effect, texts or {})
    return sorted(found, key=lambda claim: claim.family != PRIMARY)


def planned_claims(
    scores: pd.DataFrame,
    planned: pd.DataFrame,
    smallest_effect: float | None,
    texts: Mapping[CellKey, TextInfluence],
    sizes: Mapping[str, int] | None = None,
) -> list[Claim]:
    """`claims` of planned tests as `Design.planned_tests` has them; sizes: the claims of each family, counted if
    absent."""
    cells = cell_scores(scores[scores["metric"] == "f1"])
    own = planned[planned["metric"] == "f1"]
    pairs = own[["encoder", "baseline", "family"]].drop_duplicates()
    counts = pairs["family"].value_counts().to_dict() if sizes is None else sizes
    return [
        _claim(
            own[(own["encoder"] == encoder) & (own["baseline"] == baseline)],
            cells,
            texts,
            smallest_effect,
            counts[family],
        )
        for encoder, baseline, family in pairs.itertuples(index=False, name=None)
    ]


def cell_scores(f1: pd.DataFrame) -> dict[CellKey, pd.Series]:
    """The scores of each cell, by encoder seed and seed in rising order."""
    ordered = f1.sort_values(["encoder_seed", "seed"], kind="stable").set_index(["encoder_seed", "seed"])
    groups: Any = ordered.groupby(["task", "language", "encoder", "weights"], sort=False)["value"]
    return {tuple(cell): own for cell, own in groups}


def mean_over_cells(cells: Sequence[pd.Series]) -> np.ndarray:
    """The mean over cells of each distillation and seed that all of them have: [distillations, seeds].

    Seeds are numbered alike in every cell, so what they share stays in the mean. Where a distillation has more seeds
    than another, its first ones count.
    """
    runs = cells[0].index
    for cell in cells[1:]:
        runs = runs if runs.equals(cell.index) else runs.intersection(cell.index).sort_values()
    means = np.mean(
        [cell.to_numpy() if cell.index is runs else cell.reindex(runs).to_numpy() for cell in cells], axis=0
    )
    distillations = runs.get_level_values(0).to_numpy()
    by_distillation = [means[distillations == name] for name in dict.fromkeys(distillations)]
    seeds = min(map(len, by_distillation), default=0)
    return np.array([own[:seeds] for own in by_distillation]).reshape(len(by_distillation), seeds)


@dataclass(frozen=True)
class _Plan:
    """What a claim's planned tests say of it."""

    encoder: str
    baseline: str
    family: str
    seeds: int
    distillations: int
    baseline_distillations: int
    baseline_fixed: bool
    encoder_fixed: bool

    @property
    def one_is_given(self) -> bool:
        """Distillations of one side alone vary, so there is nothing to permute."""
        return self.baseline_fixed or self.encoder_fixed

    @classmethod
    def of(cls, planned: pd.DataFrame) -> "_Plan":
        first = planned.iloc[0]
        return cls(*(first[name] for name in cls.__dataclass_fields__))

    def missing(self, key: CellKey, scores: Mapping[CellKey, pd.Series]) -> tuple[str, str, int, int] | None:
        """What a cell has, if it lacks any: (cell, encoder, distillations, fewest seeds)."""
        distillations = self.distillations if key[2] == self.encoder else self.baseline_distillations
        seeds = Counter(scores[key].index.get_level_values(0)).values() if key in scores else ()
        fewest = min(seeds, default=0)
        if len(seeds) >= distillations and fewest >= self.seeds:
            return None
        return cell_name(key[0], key[1], key[3]), key[2], len(seeds), fewest


def _claim(
    planned: pd.DataFrame,
    scores: Mapping[CellKey, pd.Series],
    texts: Mapping[CellKey, TextInfluence],
    smallest_effect: float | None,
    size: int,
) -> Claim:
    plan = _Plan.of(planned)
    places = list(planned[["task", "language", "weights"]].itertuples(index=False, name=None))
    names = (plan.encoder, plan.baseline)
    keys = [[(task, language, name, weights) for task, language, weights in places] for name in names]
    lacking = [plan.missing(key, scores) for side in keys for key in side]
    missing = tuple(found for found in lacking if found is not None)
    numbers = [_distillations(side, scores) for side in keys]
    several = max(*numbers, plan.distillations, plan.baseline_distillations) > 1
    covers = bool(places) and all(key in texts for side in keys for key in side)
    table = _cell_table(places, keys, scores, texts if covers else {}, plan)
    confidence = 1 - LEVEL / size
    claim = Claim(
        encoder=plan.encoder,
        baseline=plan.baseline,
        family=plan.family,
        outcome=NOT_YET if missing else CANNOT_TELL,
        confidence=confidence,
        unit=DISTILLATION if several else SEED,
        distillations=numbers[0],
        baseline_distillations=numbers[1],
        baseline_fixed=plan.baseline_fixed,
        encoder_fixed=plan.encoder_fixed,
        covers_texts=covers,
        smallest_effect=smallest_effect,
        cells=table,
        missing=missing,
    )
    if missing or (plan.seeds < 2 and (plan.one_is_given or not several)):
        return claim
    own, other = (mean_over_cells([scores[key] for key in side]) for side in keys)
    gain = float(own.mean() - other.mean())
    weights = [1 / len(places), -1 / len(places)]
    influence = [(texts[key], weight) for side, weight in zip(keys, weights, strict=True) for key in side if covers]
    parts = gain_parts(own, other, plan.baseline_fixed, text_part(influence), plan.encoder_fixed)
    low, high, p_value = t_test(gain, parts, LEVEL / size)
    resolution = 0.0
    if several and not plan.one_is_given:
        p_value = float(permutation_test(own.mean(axis=1), other.mean(axis=1)).p_value)
        resolution = min(1.0, smallest_p_value(len(own), len(other)) * size)
    # NaN, where nothing varies, stays NaN: min(1.0, NaN) is 1.
    p_value = min(p_value * size, 1.0)
    outcome = _outcome(low, high, p_value, smallest_effect)
    lowest, highest, without_lowest, without_highest = _extremes(table)
    return replace(
        claim,
        outcome=outcome,
        gain=gain,
        low=low,
        high=high,
        p_value=p_value,
        resolution=resolution,
        stands_below=math.nan if several else _stands_below(claim, outcome, gain, low, high),
        ratio=math.nan if table["below_floor"].any() else float(table["ratio"].mean()),
        lowest=lowest,
        highest=highest,
        without_lowest=without_lowest,
        without_highest=without_highest,
    )


def _stands_below(claim: Claim, outcome: str, gain: float, low: float, high: float) -> float:
    """`Claim.stands_below` of a claim on one distillation each."""
    if outcome not in (BETTER, WORSE, NO_WORSE):
        return math.nan
    margin = claim.smallest_effect or 0.0 if outcome == NO_WORSE else 0.0
    sides = (not claim.baseline_fixed) + (not claim.encoder_fixed)
    return largest_spread(gain + margin, low + margin, high + margin, 1 - claim.confidence, sides)


def _distillations(side: Sequence[CellKey], scores: Mapping[CellKey, pd.Series]) -> int:
    """The distillations that have scores in every cell of a side."""
    own = [set(scores[key].index.get_level_values(0)) if key in scores else set() for key in side]
    return len(set.intersection(*own)) if own else 0


def cell_name(task: str, language: str, weights: str) -> str:
    return f"{task} {language} {weights}"


def text_part(influences: Sequence[tuple[TextInfluence, float]]) -> Part:
    """The part of the test texts in the variance of a weighted sum of scores: (influence, weight) of each.

    Test sets are independent. The variance from the k texts or groups of one is known with k - 1 degrees of freedom,
    and from MANY_UNITS on for good; a part that fewer tell is bounded by itself. Raises ValueError where one test set
    has influences of different numbers of texts that are not named.
    """
    by_set: dict[str, list[tuple[TextInfluence, float]]] = {}
    for influence, weight in influences:
        by_set.setdefault(influence.test_set, []).append((influence, weight))
    found = pooled_part([_set_part(name, own) for name, own in by_set.items()])
    return replace(found, apart=found.freedom < MANY_UNITS)


def _set_part(name: str, influences: Sequence[tuple[TextInfluence, float]]) -> Part:
    numbers = {len(influence.values) for influence, _ in influences if influence.units is None}
    if len(numbers) > 1 or (numbers and any(influence.units is not None for influence, _ in influences)):
        there = " or ".join(map(str, sorted(numbers)))
        raise ValueError(f"test set {name!r}: {there} texts or groups in one cell, others in another")
    places = [np.arange(len(own.values)) if own.units is None else own.units for own, _ in influences]
    values = [weight * own.values for own, weight in influences]
    summed = np.bincount(np.concatenate(places), np.concatenate(values))
    units = len(np.unique(np.concatenate(places)))
    return Part(float((summed**2).sum()), max(1, units - 1) if units < MANY_UNITS else math.inf)


def _outcome(low: float, high: float, p_value: float, smallest_effect: float | None) -> str:
    """From the interval; a difference has to pass the test as well."""
    # Nothing varied: NaN, which is below no level.
    if low > 0 and p_value < LEVEL:
        return BETTER
    if high < 0 and p_value < LEVEL:
        return WORSE
    if smallest_effect is not None and low > -smallest_effect and not math.isnan(p_value):
        return NO_WORSE
    return CANNOT_TELL


def _cell_table(
    places: Sequence[tuple[str, str, str]],
    keys: Sequence[Sequence[CellKey]],
    scores: Mapping[CellKey, pd.Series],
    texts: Mapping[CellKey, TextInfluence],
    plan: _Plan,
) -> pd.DataFrame:
    """A row a cell that both sides have scored, with the columns CELLS."""
    rows = []
    for place, own_key, other_key in zip(places, *keys, strict=True):
        own, other = (scores.get(key) for key in (own_key, other_key))
        if own is None or other is None:
            continue
        complete = all(plan.missing(key, scores) is None for key in (own_key, other_key))
        sides = [mean_over_cells([side]) for side in (own, other)]
        mean, baseline_mean = (float(side.mean()) for side in sides)
        low = high = math.nan
        if complete and plan.seeds > 1:
            influence = [(texts[own_key], 1.0), (texts[other_key], -1.0)] if texts else []
            parts = gain_parts(sides[0], sides[1], plan.baseline_fixed, text_part(influence), plan.encoder_fixed)
            low, high, _ = t_test(mean - baseline_mean, parts, LEVEL / len(places))
        below = baseline_mean < RATIO_FLOOR
        ratio = math.nan if below else mean / baseline_mean - 1
        rows.append((*place, mean, baseline_mean, mean - baseline_mean, low, high, ratio, below, complete))
    return pd.DataFrame(rows, columns=list(CELLS))


def _extremes(table: pd.DataFrame) -> tuple[Extreme, Extreme, Extreme, Extreme]:
    """lowest, highest, without_lowest and without_highest of a claim."""
    gains = table["gain"].to_numpy()
    names = [cell_name(*place) for place in table[["task", "language", "weights"]].itertuples(index=False, name=None)]
    low, high = int(gains.argmin()), int(gains.argmax())
    # With one cell nothing is left when it is left out.
    without = (gains.sum() - gains) / max(1, len(gains) - 1)
    return (
        Extreme(float(gains[low]), names[low]),
        Extreme(float(gains[high]), names[high]),
        Extreme(float(without[high]), names[high]),
        Extreme(float(without[low]), names[low]),
    )
