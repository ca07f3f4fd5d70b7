"""Where the chance in a mean gain comes from: distillations, classifier seeds and test texts, and what to buy more of.

A gain is the mean score of an encoder less that of a baseline. Its variance is a sum of parts, each estimated from the
units that it comes from: a mean over k distillations varies by s^2 / k, s^2 being estimated with k - 1 degrees of
freedom. Satterthwaite's approximation (1946) gives the sum its degrees of freedom, Student's t the interval.

That approximation fails where few units make most of the variance and many the rest: where the variance of the few
comes out small by chance, it takes the sum for well known. Two distillations beside a fixed baseline are called better
or worse wrongly in 10 % of experiments. Such a part is bounded by itself, by its own t (Banerjee 1960, "Approximate
confidence interval for linear functions of means of k populations"): the interval then holds the truth at least as
often as it says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit  # scipy.stats.t checks what it is given for forty times as long

from raykd.statistics.permutation import smallest_p_value
from raykd.statistics.samples import DECIMALS

CONFIDENCE = 0.95
# From so many texts or groups on their part of the variance counts as known: Student's t is within 1 % of the normal.
MANY_UNITS = 200
SMALLEST_P = 1e-100  # what is solved for is not looked for below this
# Beyond these no advice is given: more is not worth planning for.
MOST_DISTILLATIONS, MOST_SEEDS = 64, 50
FEWEST_BESIDE_GIVEN = 3  # distillations beside a given encoder: two have an interval of 12.7 standard errors


@dataclass(frozen=True)
class Part:
    """One part of the variance of an estimate, and the degrees of freedom with which it is known.

    apart: few units, beside parts that many tell: bounded by itself.
    """

    variance: float
    freedom: float = math.inf
    apart: bool = False


def t_test(estimate: float, parts: Sequence[Part], level: float = 1 - CONFIDENCE) -> tuple[float, float, float]:
    """(low, high, p): the interval of an estimate at the two-sided level, and the two-sided p of its being 0.

    Without any variance the interval is the estimate alone and p is NaN: what never varied says nothing of chance.
    """
    variance = sum(part.variance for part in parts)
    if not variance > 10.0 ** (-2 * DECIMALS):
        return estimate, estimate, math.nan
    bounded = [part for part in parts if part.apart and part.variance > 0]
    if rest := [part for part in parts if not part.apart and part.variance > 0]:
        bounded.append(pooled_part(rest))

    def half(at: float) -> float:
        return math.sqrt(sum(float(stdtrit(part.freedom, at / 2)) ** 2 * part.variance for part in bounded))

    width = half(level)
    if len(bounded) == 1:
        p_value = float(2 * stdtr(bounded[0].freedom, -abs(estimate) / math.sqrt(variance)))
        return estimate - width, estimate + width, max(p_value, float(np.finfo(np.float64).tiny))
    # The level at which the interval reaches 0.
    reached = half(SMALLEST_P) > abs(estimate) > 0
    power = brentq(lambda power: half(10**power) - abs(estimate), math.log10(SMALLEST_P), 0) if reached else 0.0
    p_value = 10**power if reached or estimate == 0 else SMALLEST_P
    return estimate - width, estimate + width, p_value


def pooled_part(parts: Sequence[Part], apart: bool = False) -> Part:
    """The sum of parts, with Satterthwaite's degrees of freedom."""
    variance = sum(part.variance for part in parts)
    known = sum(part.variance**2 / part.freedom for part in parts)
    return Part(variance, variance**2 / known if known > 0 else math.inf, apart)


def gain_parts(
    scores: np.ndarray,
    baseline: np.ndarray,
    fixed: bool = False,
    texts: Part | None = None,
    scores_fixed: bool = False,
) -> tuple[Part, ...]:
    """The parts of the variance of mean(scores) - mean(baseline), each [distillations, seeds].

    With several distillations on a side, that side's part is the variance between them, which holds that of the seeds.
    A single distillation beside several is taken to vary as they do, unless it is a given encoder (fixed: the baseline
    is, scores_fixed: the other side), whose seeds alone vary. One distillation on either side: the seeds of both, so
    the gain is one between these two encoders. texts: the part of the test texts, which all distillations share.
    """
    own, other = (_means(side) for side in (scores, baseline))
    shared = (texts,) if texts is not None and texts.variance > 0 else ()
    if len(own) > 1 and len(other) > 1:
        return _between(own), _between(other), *shared
    if len(own) == len(other) == 1:
        return _seeds(scores), _seeds(baseline), *shared
    several, single, given = (own, baseline, fixed) if len(own) > 1 else (other, scores, scores_fixed)
    if given:
        return replace(_between(several), apart=True), _seeds(single), *shared
    return Part(float(np.var(several, ddof=1)) * (1 + 1 / len(several)), len(several) - 1, apart=True), *shared


def largest_spread(gain: float, low: float, high: float, level: float, sides: int = 2) -> float:
    """The standard deviation between distillations up to which a gain known at `level` stays on its side of 0.

    low and high: the interval over seeds and texts; sides: on how many sides a distillation was drawn (1 beside a given
    encoder). NaN where the interval holds 0, so that there is nothing that could stand, and where both are given.
    """
    if low <= 0 <= high or not sides:
        return math.nan
    quantile = float(stdtrit(math.inf, 1 - level / 2))
    own = (high - low) / 2 / quantile
    return math.sqrt(max(0.0, (gain / quantile) ** 2 - own**2) / sides)


def _means(side: np.ndarray) -> np.ndarray:
    return np.asarray(side, dtype=np.float64).mean(axis=-1)


def _between(means: np.ndarray) -> Part:
    return Part(float(np.var(means, ddof=1)) / len(means), len(means) - 1)


def _seeds(side: np.ndarray) -> Part:
    """Of the one distillation of a side; a single seed tells no variance, and its part is not known."""
    values = np.asarray(side, dtype=np.float64)[0]
    if len(values) < 2:
        raise ValueError("one seed of one distillation: nothing tells how much it varies")
    return Part(float(np.var(values, ddof=1)) / len(values), len(values) - 1)


@dataclass(frozen=True)
class Components:
    """Standard deviations behind a mean gain, in the unit of the scores; NaN where the data cannot tell one.

    seed: of a score over classifier seeds; distillation: between distillations of one recipe; text: of the gain over
    test texts; others: of each further factor of a table of one's own (training rows, split). All but text are of one
    side, the mean square of both.
    """

    distillation: float
    seed: float
    text: float
    others: dict[str, float]


@dataclass(frozen=True)
class Advice:
    """What brings the half width of the interval of a gain to `target`.

    buy: "nothing", "distillations", "seeds", "distillations and seeds", or "texts" where no number of the others is
    enough. distillations and seeds: how many a side, seeds in each distillation; half_width: with these, and
    half_width_now.
    """

    buy: str
    distillations: int
    seeds: int
    half_width: float
    half_width_now: float
    target: float


def components(
    sides: Sequence[pd.DataFrame], factors: Sequence[str] = ("encoder_seed",), text_variance: float = math.nan
) -> Components:
    """Of the scores of one metric: sides, one frame an encoder, of columns task, language, weights, `factors`, seed,
    value.

    Scores are averaged over cells first. Each factor's main effect is estimated by the method of moments: the variance
    of its levels' means, less what the seeds within them explain. Only the runs that all cells have count, and every
    combination of levels needs the same number of them. An effect that comes out negative is 0.
    """
    moments = [_moments(side, factors) for side in sides]

    def pooled(values: Sequence[float]) -> float:
        known = [value for value in values if not math.isnan(value)]
        return math.sqrt(max(0.0, float(np.mean(known)))) if known else math.nan

    effects = {name: pooled([own[name] for own in moments]) for name in (*factors, "seed")}
    others = {name: value for name, value in effects.items() if name not in ("encoder_seed", "seed")}
    text = math.sqrt(text_variance) if text_variance >= 0 else math.nan
    return Components(effects.get("encoder_seed", math.nan), effects["seed"], text, others)


def advise(
    found: Components,
    distillations: int,
    seeds: int,
    target: float,
    distillation_cost: float = 100.0,
    level: float = 1 - CONFIDENCE,
    given: bool = False,
) -> Advice:
    """The cheapest numbers of distillations and seeds a side whose interval is `target` wide on either side of the
    gain, and whose test can find a difference at all.

    distillation_cost: what one distillation costs, in classifier seeds over all cells; level: of the claim, .05 by the
    number of claims in its family; given: one of the two is a given encoder, and the distillations are the other's.
    With one distillation a side their spread is not known: NaN widths, and the advice is the fewest that can show
    anything (`fewest_distillations`). Raises ValueError unless the target is positive.
    """
    if not target > 0:
        raise ValueError(f"a target of {target}: a half width has to be above 0")
    fewest = fewest_distillations(level, given)
    if math.isnan(found.distillation) or distillations < 2:
        return Advice("distillations", max(fewest, distillations), seeds, math.nan, math.nan, target)
    now = half_width(found, distillations, seeds, level, given)
    best: tuple[float, int, int] | None = None
    for number in range(max(fewest, distillations), MOST_DISTILLATIONS + 1):
        for each in (seeds, *range(seeds + 1, MOST_SEEDS + 1)):
            cost = (number - distillations) * (distillation_cost + each) + distillations * (each - seeds)
            if best is not None and cost >= best[0]:
                break
            if half_width(found, number, each, level, given) <= target:
                best = (cost, number, each)
                break
    if best is None:
        least = half_width(found, MOST_DISTILLATIONS, MOST_SEEDS, level, given)
        return Advice("texts", distillations, seeds, least, now, target)
    _, number, each = best
    more = [name for name, grows in (("distillations", number > distillations), ("seeds", each > seeds)) if grows]
    width = half_width(found, number, each, level, given)
    return Advice(" and ".join(more) or "nothing", number, each, width, now, target)


def fewest_distillations(level: float, given: bool = False) -> int:
    """So many a side can show a difference at this level: 4 for a single claim, 5 where two to six are made at once."""
    if given:
        return FEWEST_BESIDE_GIVEN
    return next(number for number in range(2, MOST_DISTILLATIONS) if smallest_p_value(number, number) < level)


def half_width(
    found: Components, distillations: int, seeds: int, level: float = 1 - CONFIDENCE, given: bool = False
) -> float:
    """Of the interval of a gain at this level with so many distillations on either side, and seeds in each; beside a
    given encoder on the one side alone."""
    text = 0.0 if math.isnan(found.text) else found.text**2
    side = (found.distillation**2 + found.seed**2 / seeds) / distillations
    own = Part(side, distillations - 1, apart=given)
    other = Part(found.seed**2 / seeds, max(1, seeds - 1)) if given else own
    _, high, _ = t_test(0.0, [own, other, Part(text)], level)
    return high


def _moments(side: pd.DataFrame, factors: Sequence[str]) -> dict[str, float]:
    """The variance of each factor's effect on the scores of one encoder, and "seed": what is left within all levels."""
    runs = [*factors, "seed"]
    cells = side.groupby(["task", "language", "weights"], sort=False).ngroups
    means = side.groupby(runs)["value"].agg(["mean", "size"])
    shared = means.loc[means["size"] == cells, "mean"].reset_index()
    sizes = shared.groupby(list(factors)).size()
    if sizes.nunique() > 1:
        raise ValueError(f"levels of {list(factors)} have {sorted(set(sizes))} seeds: they need the same number")
    # Main effects add up; what they do not explain is the seeds'.
    overall = shared["mean"].mean()
    level_means = {name: shared.groupby(name)["mean"].transform("mean") - overall for name in factors}
    left = shared["mean"] - overall - sum(level_means.values())
    levels = {name: shared[name].nunique() for name in factors}
    freedom = len(shared) - 1 - sum(number - 1 for number in levels.values())
    residual = float((left**2).sum()) / freedom if freedom > 0 else math.nan
    found = {"seed": residual}
    for name in factors:
        if levels[name] < 2:
            found[name] = math.nan
        else:
            between = float(shared.groupby(name)["mean"].mean().var())
            found[name] = between - residual * levels[name] / len(shared)
    return found
