"""How much a score depends on which texts are in the test set: the texts are drawn again, the classifiers stay.

The other intervals and tests vary the seeds and hold the test set. Here n of the n test texts are drawn with
replacement, the same ones for every encoder, since all are scored on the same texts; F1 is counted anew from the stored
decisions. `both` draws the seeds of each cell as well, independently, and so covers both variations at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from raykd.statistics.effects import CONFIDENCE

RESAMPLES = 1_000
# Bounds memory: resamples * texts of 4 bytes at once, 10 MB at 10,000 texts.
RESAMPLES_AT_ONCE = 250


@dataclass(frozen=True)
class Decisions:
    """truth: bool [texts, labels]; predicted: bool [seeds, texts, labels]. Labels are those whose F1 is averaged."""

    truth: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True)
class Resampled:
    """Mean F1 over labels and seeds: on the test set (estimate), on each resample of its texts (texts
    [RESAMPLES]), of its texts and the seeds (both [RESAMPLES]), and without each text (left_out [texts])."""

    estimate: float
    texts: np.ndarray
    both: np.ndarray
    left_out: np.ndarray


def resample(cells: Sequence[Decisions], random_seed: int) -> list[Resampled]:
    """Scores of cells on the same texts, drawn alike for all of them; equal random seeds draw alike.

    Raises ValueError when the cells have different truths, or no text at all.
    """
    if not cells:
        return []
    truth = cells[0].truth
    if not len(truth) or any(not np.array_equal(cell.truth, truth) for cell in cells):
        raise ValueError("cells can be resampled together only on the same texts, of which there is at least one")
    contributions = [_contributions(cell) for cell in cells]
    generator = np.random.default_rng(random_seed)
    scores = [np.empty((RESAMPLES, len(cell.predicted))) for cell in cells]
    for start in range(0, RESAMPLES, RESAMPLES_AT_ONCE):
        weights = _draws(generator, len(truth), RESAMPLES_AT_ONCE)
        support = weights @ truth.astype(np.float32)
        for cell, own, found in zip(cells, contributions, scores, strict=True):
            counts = (weights @ own).reshape(RESAMPLES_AT_ONCE, 2, *cell.predicted.shape[::2])
            found[start : start + RESAMPLES_AT_ONCE] = _f1(counts[:, 0], counts[:, 1], support[:, None]).mean(axis=-1)
    results = []
    for cell, own, found in zip(cells, contributions, scores, strict=True):
        seeds = found.shape[1]
        drawn = _draws(generator, seeds, RESAMPLES) / seeds
        whole = own.sum(axis=0, dtype=np.float64)
        parts = (whole - own).reshape(len(truth), 2, *cell.predicted.shape[::2])
        support = truth.sum(axis=0) - truth.astype(np.float64)
        left_out = _f1(parts[:, 0], parts[:, 1], support[:, None]).mean(axis=(-2, -1))
        whole = whole.reshape(2, *cell.predicted.shape[::2])
        estimate = float(_f1(whole[0], whole[1], truth.sum(axis=0)).mean())
        results.append(Resampled(estimate, found.mean(axis=1), (found * drawn).sum(axis=1), left_out))
    return results


def difference_over_texts(own: Resampled, other: Resampled) -> tuple[float, float, float]:
    """own - other with its 95 % interval over the texts: (estimate, low, high), BCa (Efron 1987).

    Both were resampled together. Percentiles stand in where BCa has no value (no text changes the difference).
    """
    estimate, replicates = own.estimate - other.estimate, own.texts - other.texts
    level = np.array([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    below = ((replicates < estimate).mean() + (replicates <= estimate).mean()) / 2
    influence = own.left_out - other.left_out
    influence = influence.mean() - influence
    spread = (influence**2).sum()
    if 0 < below < 1 and spread > 0:
        bias, acceleration = ndtri(below), (influence**3).sum() / (6 * spread**1.5)
        normal = bias + ndtri(level)
        level = ndtr(bias + normal / (1 - acceleration * normal))
    low, high = np.quantile(replicates, level)
    return estimate, float(low), float(high)


def difference_over_both(own: Resampled, other: Resampled) -> tuple[float, float]:
    """The 95 % percentile interval of own - other over texts and seeds: (low, high)."""
    return _percentiles(own.both - other.both)


def mean_gain_over_both(pairs: Sequence[tuple[Resampled, Resampled]]) -> tuple[float, float]:
    """The 95 % percentile interval, over texts and seeds, of the mean of own / other - 1 over cells: (low, high).

    Cells on one test set were resampled together, cells on different ones with different random seeds. NaN where a
    baseline scores 0 in some resample: its ratio has no value there.
    """
    if any((other.both <= 0).any() for _, other in pairs) or not pairs:
        return np.nan, np.nan
    return _percentiles(np.mean([own.both / other.both - 1 for own, other in pairs], axis=0))


def _percentiles(replicates: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(replicates, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _draws(generator: np.random.Generator, values: int, resamples: int) -> np.ndarray:
    """How often each value is drawn, float32 [resamples, values]; exact in sums up to 2 ** 24."""
    drawn = generator.integers(values, size=(resamples, values)) + values * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * values).reshape(resamples, values).astype(np.float32)


def _contributions(cell: Decisions) -> np.ndarray:
    """Each text's true positives, then its predicted ones: float32 [texts, 2 * seeds * labels]."""
    predicted = cell.predicted.transpose(1, 0, 2)
    both = np.stack([predicted & cell.truth[:, None], predicted], axis=1)
    return both.reshape(len(cell.truth), -1).astype(np.float32)


def _f1(true_positives: np.ndarray, predicted: np.ndarray, support: np.ndarray) -> np.ndarray:
    """2 TP / (predicted + support), and 0 where there is neither, as the scores have it."""
    total = predicted + support
    return 2 * true_positives / np.where(total > 0, total, 1)
