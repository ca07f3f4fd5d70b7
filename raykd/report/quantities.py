"""What the sweep answers: how much text is enough, how sure that is, and what more of it would give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raykd.report.inputs import ReportInputs, Sweep
from raykd.statistics.claims import text_part
from raykd.statistics.design import CellKey
from raykd.statistics.item_bootstrap import TextInfluence
from raykd.statistics.quantity_curve import Curve, NextGain, Plateau, mean_of_seeds, next_gain, plateau
from raykd.statistics.ranking import enough
from raykd.statistics.variance_and_advice import Part, gain_parts, t_test


@dataclass(frozen=True)
class QuantityTest:
    """One quantity against one baseline: its gain with the 95 % interval and p of Student's t (`t_test`)."""

    size: float
    gain: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Quantities:
    """names: the students that have scores, smallest first; curve: theirs, in bytes; upcoming: what the next planned
    quantity would give, or after the last one a further step of the same ratio; None for a single quantity.

    tests: of every quantity against each baseline that has scores; smallest: the smallest that is better with all
    larger ones, None where not even the largest is.
    """

    names: tuple[str, ...]
    curve: Curve
    plateau: Plateau
    upcoming: NextGain | None
    tests: Mapping[str, tuple[QuantityTest, ...]]
    smallest: Mapping[str, float | None]

    @property
    def once(self) -> bool:
        """Whether every quantity was distilled once: then seeds are all that varies in a test."""
        return bool((self.curve.numbers == 1).all())


def analyse_quantities(
    inputs: ReportInputs, headline: pd.DataFrame, texts: Mapping[CellKey, TextInfluence]
) -> Quantities | None:
    """headline: one row a seed and metric (`summary.headline_scores`); texts: the influence of the test texts on each
    cell where decisions are stored. None without a sweep, or scores of it."""
    sweep = inputs.sweep
    if sweep is None:
        return None
    own = headline[(headline["metric"] == "f1") & (headline["weights"] == sweep.weights)]
    own = own[(own["task"] == sweep.task) & (own["language"] == sweep.language)]
    scores = {name: by_distillation(rows) for name, rows in own.groupby("encoder") if rows["seed"].nunique() > 1}
    points = [(float(size), name) for size, name in sweep.quantities if name in scores]
    if not points:
        return None
    sizes, names = np.array([size for size, _ in points]), tuple(name for _, name in points)
    curve = Curve(sizes, *mean_of_seeds([scores[name] for name in names]))
    baselines = [name for name in sweep.baselines if name in scores]
    parts = {name: [_text_part(sweep, texts, student, name) for student in names] for name in baselines}
    margin = sweep.flat_gain / 100
    size = _next_size(sizes, [float(planned) for planned, _ in (*sweep.quantities, *sweep.left_out)])
    return Quantities(
        names,
        curve,
        plateau(curve, margin),
        next_gain(curve, size, margin) if size else None,
        {
            name: tuple(
                _tests(sizes, [scores[own] for own in names], scores[name], is_fixed(inputs, name), parts[name])
            )
            for name in baselines
        },
        {
            name: enough(
                [(size, scores[own]) for size, own in points],
                scores[name],
                fixed=is_fixed(inputs, name),
                texts=parts[name][-1],  # of the largest
            ).smallest
            for name in baselines
        },
    )


def _text_part(sweep: Sweep, texts: Mapping[CellKey, TextInfluence], student: str, baseline: str) -> Part | None:
    """What the test texts do to the gain of one student; None where decisions of either are not stored."""
    own, other = (texts.get((sweep.task, sweep.language, name, sweep.weights)) for name in (student, baseline))
    return text_part([(own, 1.0), (other, -1.0)]) if own and other else None


def _tests(
    sizes: np.ndarray, scores: list[np.ndarray], baseline: np.ndarray, fixed: bool, texts: Sequence[Part | None]
) -> list[QuantityTest]:
    tests = []
    for size, own, part in zip(sizes, scores, texts, strict=True):
        gain = float(np.mean(own) - np.mean(baseline))
        tests.append(QuantityTest(float(size), gain, *t_test(gain, gain_parts(own, baseline, fixed, part))))
    return tests


def _next_size(sizes: np.ndarray, planned: list[float]) -> float | None:
    later = [size for size in planned if size > sizes[-1]]
    if later:
        return min(later)
    return float(sizes[-1] ** 2 / sizes[-2]) if len(sizes) > 1 else None


def by_distillation(rows: pd.DataFrame) -> np.ndarray:
    """The scores of one cell: [distillations, seeds], the first seeds of each where one has more."""
    parts = [own.sort_values("seed")["value"].to_numpy() for _, own in rows.groupby("encoder_seed")]
    fewest = min(map(len, parts))
    return np.array([own[:fewest] for own in parts])


def is_fixed(inputs: ReportInputs, baseline: str) -> bool:
    """Whether a baseline is a given encoder, which every distillation meets as it is."""
    return inputs.design is not None and baseline in inputs.design.fixed
