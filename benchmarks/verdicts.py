"""How often the report is wrong: marks, Holm's findings, intervals and verdicts of made-up experiments of known truth.

    python benchmarks/verdicts.py                   800 experiments a row, within ten minutes of one core
    python benchmarks/verdicts.py --experiments 50

Each experiment has two recipes, an adapted one and a baseline, in four cells (two test sets, frozen and fine-tuned),
with ten classifier seeds a distillation. A decision on a text is right when the ability of distillation and seed, the
ease of the text, and what this distillation and this seed make of it add up to more than 0. The standard deviation
over seeds is one point of F1. Recipes are equal where the true gain is 0.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import norm

from raykd.statistics.claims import BETTER, NO_WORSE, WORSE, Claim, claims
from raykd.statistics.comparisons import HIGHER, LOWER, cell_tests
from raykd.statistics.design import Design
from raykd.statistics.item_bootstrap import Decisions, text_influence

CELLS = (("one", "frozen"), ("one", "fine-tuned"), ("two", "frozen"), ("two", "fine-tuned"))
ENCODERS = ("adapted", "baseline")
SEEDS = 10
LEVEL = 0.8  # F1 of a decision that is right with this probability on balanced texts
SEED_SPREAD = 0.01  # of F1 over seeds
# Shares of the variance of a decision: how easy a text is for all, for one distillation, for one seed.
EASE, TEXT_BY_DISTILLATION, TEXT_BY_SEED = 0.6, 0.2, 0.2
SMALLEST_EFFECT = 0.01
COMPANY_SPREAD = 0.35  # of ability over companies, of one recipe in one test set


@dataclass(frozen=True)
class Row:
    """One line of the table; gain: how much better the adapted recipe is, in F1."""

    distillations: int
    spread: float  # between distillations, in standard deviations over seeds
    texts: int
    gain: float = 0.0
    companies: int = 0  # whose texts a test set has, each liking one recipe more than the other; 0: texts are unrelated


@dataclass(frozen=True)
class Outcome:
    """What one experiment's report says, and what is true of it; tests: of its cells, where they were asked for."""

    tests: pd.DataFrame | None
    claim: Claim
    encoders_gain: float  # of the distillations at hand, on all texts that there could be


def simulate(row: Row, generator: np.random.Generator, with_tests: bool) -> Outcome:
    """One experiment through the functions that the report calls."""
    slope = norm.pdf(norm.ppf(LEVEL))  # of F1 by ability
    seed_spread, spread = SEED_SPREAD / slope, row.spread * SEED_SPREAD / slope
    recipe = {"adapted": norm.ppf(LEVEL + row.gain), "baseline": norm.ppf(LEVEL)}
    ability = {name: recipe[name] + spread * generator.standard_normal(row.distillations) for name in ENCODERS}
    rows, influences = [], {}
    sets = {name: (generator.random(row.texts) < 0.5, generator.standard_normal(row.texts)) for name in ("one", "two")}
    companies, suits = None, {}
    if row.companies:
        place = np.arange(row.texts) % row.companies
        companies = np.array([f"company {number}" for number in place], dtype=object)
        for key in ((name, encoder) for name in sets for encoder in ENCODERS):
            # Added to the ease of a text, in whose unit it is.
            suits[key] = COMPANY_SPREAD / np.sqrt(EASE) * generator.standard_normal(row.companies)[place]
    for test_set, weights in CELLS:
        truth, ease = sets[test_set]
        for encoder in ENCODERS:
            shape = (row.distillations, SEEDS)
            own = ability[encoder][:, None] + seed_spread * generator.standard_normal(shape)
            right = _right(own, ease + suits.get((test_set, encoder), 0.0), generator)
            predicted = (right == truth).reshape(-1, row.texts)
            seeds = np.repeat(np.arange(row.distillations), SEEDS)
            cell = Decisions(truth[:, None], predicted[:, :, None], seeds)
            influences["task", test_set, encoder, weights] = text_influence(cell, test_set, companies)
            hits = (predicted & truth).sum(axis=1)
            f1 = 2 * hits / (predicted.sum(axis=1) + truth.sum())
            rows += [("task", test_set, encoder, weights, seeds[i], i % SEEDS, "f1", f1[i]) for i in range(len(f1))]
    columns = ["task", "language", "encoder", "weights", "encoder_seed", "seed", "metric", "value"]
    scores = pd.DataFrame(rows, columns=columns)
    cells = tuple(("task", test_set, encoder, weights) for test_set, weights in CELLS for encoder in ENCODERS)
    numbers = dict.fromkeys(ENCODERS, row.distillations)
    design = Design(("baseline",), "baseline", cells, SEEDS, numbers, smallest_effect=SMALLEST_EFFECT)
    truth_of = {name: float(ndtr(ability[name] / np.sqrt(1 + seed_spread**2)).mean()) for name in ENCODERS}
    return Outcome(
        cell_tests(scores, design) if with_tests else None,
        claims(scores, design, influences)[0],
        truth_of["adapted"] - truth_of["baseline"],
    )


def _right(ability: np.ndarray, ease: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Whether each distillation and seed decides each text right: bool [distillations, seeds, texts].

    What is drawn for a seed alone is drawn as a probability: the chance of a right decision given the rest.
    """
    own = np.sqrt(TEXT_BY_DISTILLATION) * generator.standard_normal((len(ability), 1, len(ease)), dtype=np.float32)
    sure = (ability[..., None] + np.sqrt(EASE) * ease + own).astype(np.float32) / np.float32(np.sqrt(TEXT_BY_SEED))
    return generator.standard_normal(sure.shape, dtype=np.float32) < sure


def false_claim(claim: Claim, truth: float) -> bool:
    """Whether the verdict says what is not so, the true gain being `truth`."""
    return (
        (claim.outcome == BETTER and truth <= 0)
        or (claim.outcome == WORSE and truth >= 0)
        or (claim.outcome == NO_WORSE and truth < -SMALLEST_EFFECT)
    )


def summarise(row: Row, outcomes: list[Outcome]) -> list[str]:
    """One line of the table."""
    claimed = [outcome.claim for outcome in outcomes]
    tests = [outcome.tests for outcome in outcomes if outcome.tests is not None]

    def share(hits: Sequence[bool | np.bool]) -> str:
        return f"{100 * np.mean(hits):.1f}"

    # What the verdict speaks of: the recipes where distillations vary, else the two encoders at hand.
    several = row.distillations > 1
    truths = [row.gain if several else outcome.encoders_gain for outcome in outcomes]
    return [
        str(row.distillations),
        f"{row.spread:g}",
        f"{row.texts:,}" + (f" of {row.companies} companies" if row.companies else ""),
        f"{100 * row.gain:g}",
        share([reading in (HIGHER, LOWER) for own in tests for reading in own["reading"]]),
        share([(own["stands"] != "").any() for own in tests]),
        share([claim.low <= row.gain <= claim.high for claim in claimed]),
        share([claim.low <= truth <= claim.high for claim, truth in zip(claimed, truths, strict=True)]),
        share([claim.outcome == BETTER for claim in claimed]),
        share([false_claim(claim, truth) for claim, truth in zip(claimed, truths, strict=True)]),
        "recipes" if several else "two encoders",
        f"{50 * np.mean([claim.high - claim.low for claim in claimed]):.2f}",
    ]


HEADER = (
    *("distillations", "their spread", "texts", "true gain", "marks %", "families with a Holm finding %"),
    *("interval holds the recipes' gain %", "interval holds what it is of %", 'verdict "better" %'),
    *("verdict false %", "verdict is of", "half width"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--experiments", type=int, default=800, help="in each row; marks are counted in a fifth of them"
    )
    parser.add_argument("--rows", type=int, nargs="*", help="the places of rows in the table, from 0; all if absent")
    arguments = parser.parse_args()
    rows = [Row(k, spread, texts) for k in (1, 5) for texts in (300, 1500) for spread in (0.0, 0.5, 1.0, 2.0)]
    # Worse by just the smallest effect of interest: "no worse" is false as often as it can be.
    rows += [Row(5, 1.0, 1500, 0.02), Row(5, 1.0, 1500, -0.0101), Row(1, 0.0, 1500, -0.0101)]
    rows += [Row(5, 0.5, 300, companies=companies) for companies in (3, 5)]
    print("| " + " | ".join(HEADER) + " |")
    print("|" + "---|" * len(HEADER))
    begin, processor = time.perf_counter(), time.process_time()
    for place, row in enumerate(rows):
        if arguments.rows and place not in arguments.rows:
            continue
        generator = np.random.default_rng(place)
        number = arguments.experiments
        outcomes = [simulate(row, generator, with_tests=turn < number / 5) for turn in range(number)]
        print("| " + " | ".join(summarise(row, outcomes)) + " |", flush=True)
    error = 100 * (0.05 * 0.95 / arguments.experiments) ** 0.5
    print(
        f"\n{arguments.experiments} experiments a row: a share of 5 % is known to {error:.1f} (one standard error), of "
        f"marks and Holm's findings, which a fifth of them count, to {5**0.5 * error:.1f}"
    )
    print(f"{time.perf_counter() - begin:.0f} s, {time.process_time() - processor:.0f} s of one core")


if __name__ == "__main__":
    main()
