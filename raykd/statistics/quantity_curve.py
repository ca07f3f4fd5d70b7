"""A curve of scores over quantities of text: where it is flat, and what the next quantity would give.

A score is that of one distillation, its mean over classifier seeds. Two questions, two models:

- Where is the plateau? The fit assumes only that more text is no worse: isotonic regression (Ayer et al. 1955), whose
  top is a mean over all quantities that chance alone sets in order. The best of eleven noisy means is not the top of
  the curve, and lies above it. A bootstrap gives the interval.
- What would a quantity give that was not distilled? That takes a shape. The curve rises, as a straight line, a
  logarithm or a power of the quantity, up to a quantity from which on it is flat, or without end; every such shape
  counts by its probability given the scores (Bayes, with uniform priors on a grid, so that no draw is involved).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raykd.statistics.effects import CONFIDENCE, RANDOM_SEED, RESAMPLES

# Of a rise whose slope falls as size ** -(power + 1): -1 is a straight line, 0 the logarithm.
POWERS = (-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0)
RISES = np.linspace(0.0, 0.4, 801)[1:]  # from the first quantity to the top, in F1; the prior is uniform on them
LEAST_ERROR = 1e-4  # of a score whose seeds do not tell: the fourth digit
TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Curve:
    """sizes: [quantities], rising, in any unit; scores: of each, one value a distillation, [distillations].

    seed_error: the standard error that a score has from its classifier seeds alone, 0 where it is not known: two
    distillations differ by no less.
    """

    sizes: np.ndarray
    scores: tuple[np.ndarray, ...]
    seed_error: float = 0.0

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.scores) or not len(self.scores):
            raise ValueError(f"{len(self.sizes)} sizes and scores of {len(self.scores)}")
        if any(not len(own) for own in self.scores) or (np.diff(self.sizes) <= 0).any():
            raise ValueError("sizes must rise, and each needs a score")

    @property
    def means(self) -> np.ndarray:
        return np.array([own.mean() for own in self.scores])

    @property
    def numbers(self) -> np.ndarray:
        """Distillations of each quantity."""
        return np.array([len(own) for own in self.scores])

    @property
    def within(self) -> float:
        """The sum of squares between distillations of one quantity."""
        return float(sum(((own - own.mean()) ** 2).sum() for own in self.scores))

    def up_to(self, number: int) -> "Curve":
        """Its first quantities."""
        return Curve(self.sizes[:number], self.scores[:number], self.seed_error)


@dataclass(frozen=True)
class Noise:
    """The standard deviation between distillations of one quantity, and the degrees of freedom that it is known with.

    NaN and 0 where nothing tells: one distillation a quantity, and scores that all rise.
    """

    deviation: float
    freedom: int


@dataclass(frozen=True)
class Plateau:
    """The monotone fit. All arrays are [quantities]; low and high are 95 % intervals.

    shortfall: how far the fit lies below its top; flat: the chance that this is at most the margin; start: the smallest
    size within the margin of the top, start_low and start_high its interval. Without a known noise all of the bootstrap
    is NaN.
    """

    margin: float
    fit: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shortfall: np.ndarray
    shortfall_low: np.ndarray
    shortfall_high: np.ndarray
    flat: np.ndarray
    start: float
    start_low: float
    start_high: float
    noise: Noise


@dataclass(frozen=True)
class NextGain:
    """What the curve gains from its last size to `size`: the expected gain, its 95 % interval, and the chance that it
    is more than `margin`."""

    size: float
    gain: float
    low: float
    high: float
    margin: float
    chance: float


def isotonic(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The nondecreasing values nearest to `values` [..., n] by weighted squares (pool adjacent violators).

    By the minimax formula, which is plain and takes n ** 2 sums: max over starts of min over ends of the means between.
    """
    count = values.shape[-1]
    sums = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values * weights, axis=-1)], axis=-1)
    total = np.concatenate([[0.0], np.cumsum(weights)])
    means = np.full((*values.shape[:-1], count, count), np.inf)
    for start in range(count):
        means[..., start, start:] = (sums[..., start + 1 :] - sums[..., start, None]) / (
            total[start + 1 :] - total[start]
        )
    # lowest[..., s, i]: the lowest mean that starts at s and ends at i or later.
    lowest = np.minimum.accumulate(means[..., ::-1], axis=-1)[..., ::-1]
    places = np.arange(count)
    allowed = np.where(places[:, None] <= places[None, :], lowest, -np.inf)
    fit: np.ndarray = allowed.max(axis=-2)
    return fit


def noise(curve: Curve) -> Noise:
    """From distillations of one quantity, and from what the monotone fit leaves of the means."""
    fit = isotonic(curve.means, curve.numbers)
    left = float((curve.numbers * (curve.means - fit) ** 2).sum())
    levels = len(np.unique(np.round(fit, 12)))
    freedom = int(curve.numbers.sum()) - levels
    if freedom < 1:
        return Noise(math.nan, 0)
    return Noise(max(math.sqrt((curve.within + left) / freedom), curve.seed_error), freedom)


def plateau(curve: Curve, margin: float) -> Plateau:
    """Where more text gives no more than `margin`, in the unit of the scores.

    The bootstrap draws each mean anew around the fit, with a noise that is itself drawn as uncertain as it is.
    """
    fit, found = isotonic(curve.means, curve.numbers), noise(curve)
    shortfall = fit[-1] - fit
    start = float(curve.sizes[np.argmax(shortfall <= margin)])
    unknown = np.full(len(fit), math.nan)
    if not found.freedom:
        nothing = (unknown, unknown)
        return Plateau(margin, fit, *nothing, shortfall, *nothing, unknown, start, math.nan, math.nan, found)
    generator = np.random.default_rng(RANDOM_SEED)
    spread = found.deviation * np.sqrt(found.freedom / generator.chisquare(found.freedom, RESAMPLES))
    drawn = fit + spread[:, None] * generator.standard_normal((RESAMPLES, len(fit))) / np.sqrt(curve.numbers)
    fits = isotonic(drawn, curve.numbers)
    short = fits[:, -1:] - fits
    starts = curve.sizes[np.argmax(short <= margin, axis=1)]
    low, high = np.quantile(fits, [TAIL, 1 - TAIL], axis=0)
    short_low, short_high = np.quantile(short, [TAIL, 1 - TAIL], axis=0)
    # Of sizes that were measured, none is between them.
    start_low, start_high = np.quantile(starts, [TAIL, 1 - TAIL], method="inverted_cdf")
    flat = (short <= margin).mean(axis=0)
    return Plateau(
        *(margin, fit, low, high, shortfall, short_low, short_high, flat),
        *(start, float(start_low), float(start_high), found),
    )


def next_gain(curve: Curve, size: float, margin: float) -> NextGain:
    """Of a size beyond the curve's last; margin: a gain that is worth having, in the unit of the scores.

    Raises ValueError for a size that is not beyond.
    """
    if size <= curve.sizes[-1]:
        raise ValueError(f"size {size} is not beyond {curve.sizes[-1]}")
    numbers, shares = curve.numbers, _shapes(curve.sizes, size)
    means = curve.means - np.average(curve.means, weights=numbers)
    seen = shares[:, :-1] - np.average(shares[:, :-1], axis=1, weights=numbers)[:, None]
    # Squares that a rise leaves, [shapes, rises], the level of the curve being the one that leaves least.
    products, own = (seen * means) @ numbers, (seen**2) @ numbers
    left = (means**2) @ numbers - 2 * products[:, None] * RISES + own[:, None] * RISES**2
    # The noise is integrated out (prior 1 / noise), with one degree of freedom for what the seeds alone explain.
    squares = curve.within + np.maximum(left, 0) + max(curve.seed_error, LEAST_ERROR) ** 2
    logs = (-np.log(squares) * numbers.sum() / 2).ravel()
    all_gains = ((shares[:, -1] - shares[:, -2])[:, None] * RISES).ravel()
    probability = np.exp(logs - logs.max())
    probability /= probability.sum()
    order = np.argsort(all_gains, kind="stable")
    reached = np.cumsum(probability[order])
    low, high = (float(all_gains[order][np.searchsorted(reached, part)]) for part in (TAIL, 1 - TAIL))
    chance = float(probability[all_gains > margin].sum())
    return NextGain(size, float(probability @ all_gains), low, high, margin, chance)


def _shapes(sizes: np.ndarray, size: float) -> np.ndarray:
    """The share of the whole rise that each of `sizes`, and then `size`, has: [shapes, sizes + 1], all alike probable.

    Flat from each size on but the first, or from `size` on, which stands for what rises beyond it too; within each,
    every power. The whole rise is from the first size to where it ends.
    """
    every = np.append(sizes, size) / sizes[0]
    ends = [np.minimum(every, knot) for knot in every[1:]]
    rises = np.array([_risen(end, power) for end in ends for power in POWERS])
    found: np.ndarray = rises / rises.max(axis=1, keepdims=True)
    return found


def _risen(sizes: np.ndarray, power: float) -> np.ndarray:
    """From 1, where it is 0, with the slope size ** -(power + 1)."""
    return np.log(sizes) if not power else (1 - sizes**-power) / power


def is_flat(found: NextGain, chance: float) -> bool:
    """Whether the chance that the next quantity gains more than the margin is below `chance`."""
    return found.chance < chance


def stops_at(curve: Curve, margin: float, chance: float, least: int = 3) -> int:
    """How many quantities of a curve are distilled where each is followed by the question whether to stop."""
    for number in range(least, len(curve.sizes)):
        if is_flat(next_gain(curve.up_to(number), float(curve.sizes[number]), margin), chance):
            return number
    return len(curve.sizes)


def mean_of_seeds(scores: Sequence[np.ndarray]) -> tuple[tuple[np.ndarray, ...], float]:
    """(one value a distillation, the standard error that the seeds give it) of scores [distillations, seeds] each."""
    means = tuple(np.asarray(own, dtype=np.float64).mean(axis=-1) for own in scores)
    parts = [own.var(axis=-1, ddof=1) / own.shape[-1] for own in scores if own.shape[-1] > 1]
    return means, math.sqrt(float(np.mean(np.concatenate(parts)))) if parts else 0.0
