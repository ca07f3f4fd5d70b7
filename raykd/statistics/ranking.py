"""Which of several encoders is best, and the smallest of several sizes that is enough, with a test behind the words.

The highest of several means is chosen after looking, and so is the first point of a curve that passes a line: of equal
encoders one is always "best", and of ten sizes that are no better than a baseline one passes it by chance nine times in
ten. Scores are arrays [distillations, seeds]; intervals are `t_test`'s on `gain_parts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.variance_and_advice import Part, gain_parts, t_test


@dataclass(frozen=True)
class Best:
    """The encoder with the highest mean, and those that cannot be told from it, in falling order of their means."""

    name: str
    rivals: tuple[str, ...]


@dataclass(frozen=True)
class Enough:
    """A fixed sequence of tests from the largest size down.

    smallest: the smallest size that passes with all larger ones, None where the largest does not; smallest_by_mean: the
    smallest size whose mean passes, tested or not; tests: (size, gain, low) of each size, largest first, low being the
    lower bound of the gain over the baseline (of the two-sided interval at the level).
    """

    smallest: float | None
    smallest_by_mean: float | None
    tests: tuple[tuple[float, float, float], ...]


def best(scores: Mapping[str, np.ndarray]) -> Best:
    """Of encoders in one cell; all pairs count, since any of them might have been the highest (Bonferroni).

    Raises ValueError without an encoder.
    """
    if not scores:
        raise ValueError("no encoder to choose the best of")
    falling = sorted(scores, key=lambda name: -float(np.mean(scores[name])))
    first, pairs = falling[0], len(scores) * (len(scores) - 1) / 2
    rivals = []
    for name in falling[1:]:
        gain = float(np.mean(scores[first]) - np.mean(scores[name]))
        low, _, _ = t_test(gain, gain_parts(scores[first], scores[name]), LEVEL / pairs)
        if low <= 0:
            rivals.append(name)
    return Best(first, tuple(rivals))


def enough(
    curve: Sequence[tuple[float, np.ndarray]],
    baseline: np.ndarray,
    margin: float = 0.0,
    fixed: bool = False,
    texts: Part | None = None,
    level: float = LEVEL,
) -> Enough:
    """The smallest size of a curve (size, scores) that is better than a baseline, or no worse by more than `margin`.

    Sizes are tested from the largest down until one fails, so that the chance of one too small is at most level / 2
    without any correction (a fixed sequence; Maurer, Hothorn and Lehmacher 1995). fixed: the baseline is a given
    encoder; texts: the part of the test texts in the variance of a gain, without which all of it is of these texts.
    """
    falling = sorted(curve, key=lambda point: -point[0])
    tests = []
    for size, scores in falling:
        gain = float(np.mean(scores) - np.mean(baseline))
        tests.append((size, gain, t_test(gain, gain_parts(scores, baseline, fixed, texts), level)[0]))
    smallest = None
    for size, _, low in tests:
        if low <= -margin:
            break
        smallest = size
    reached = [size for size, gain, _ in tests if gain >= -margin]
    return Enough(smallest, min(reached, default=None), tuple(tests))
