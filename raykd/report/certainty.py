"""How much the tests can carry, in sentences computed for the seeds at hand."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.table import decimal
from raykd.statistics.holm import PRIMARY, SECONDARY
from raykd.statistics.kolmogorov_smirnov import LEVEL, attainable_p_values
from raykd.statistics.permutation import smallest_p_value
from raykd.statistics.power import reach, seeds_needed

# Keeps a number with its unit or sign on one line.
NO_BREAK = "\u00a0"


def certainty(inputs: ReportInputs, results: Results) -> list[str]:
    """What the tests on F1 found, what chance alone would give, and what the seeds cover."""
    tests = results.tests[results.tests["metric"] == "f1"]
    if tests.empty:
        return ["No difference was tested: a test needs two seeds of an adapted encoder and two of a baseline."]
    found = int(((tests["p_value"] < LEVEL) & (tests["direction"] != "same")).sum())
    by_chance = sum(reach(int(n), int(other)).false_mark_rate for n, other in tests[["n", "n_baseline"]].to_numpy())
    return [
        f"{found} of the {len(tests)} tests on F1 {'has' if found == 1 else 'have'} {relation('p', '<', LEVEL)}. "
        f"Without any real difference, chance alone would give about {by_chance:.1f}: the p-values behind the marks "
        "are not corrected for the number of tests.",
        *false_mark_sentences(tests),
        *(family_sentence(own) for _, own in tests.groupby("family", sort=False)),
        *threshold_sentences(results),
        *power_sentences(results),
        variation_sentence(inputs, results),
    ]


def false_mark_sentences(tests: pd.DataFrame) -> list[str]:
    """How often a mark is given to encoders that score alike, at the sizes that most tests have."""
    n, n_baseline = _usual_sizes(tests)
    rate = reach(n, n_baseline).false_mark_rate
    if not rate:
        return []
    return [
        f"At {n} seeds against {n_baseline} a mark is stricter than its level says: encoders that score alike get one "
        f"in {100 * rate:.1f}{NO_BREAK}% of tests, not in {100 * LEVEL:g}{NO_BREAK}%: D has few values."
    ]


def family_sentence(tests: pd.DataFrame) -> str:
    """How many differences of one family stand after Holm's correction, and what its first step asks for."""
    names = {PRIMARY: "primary", SECONDARY: "secondary"}
    survived = tests.loc[tests["holm_p_value"] < LEVEL, "direction"].value_counts().to_dict()
    higher, lower = survived.get("higher", 0), survived.get("lower", 0)
    n, n_baseline = _usual_sizes(tests)
    planned = int(tests["family_size"].iloc[0])
    first_step = attainable_p_values(n, n_baseline, LEVEL / planned).significant
    needed = (
        "No D is enough for its first step."
        if first_step is None
        else f"Its first step needs {relation('D', '≥', first_step[0])}."
    )
    which = f"{names[tests['family'].iloc[0]]} differences (F1 against {' or '.join(tests['baseline'].unique())})"
    of = f"{len(tests)}" if len(tests) == planned else f"{len(tests)} tested (of {planned} planned)"
    stand = "stands" if higher + lower == 1 else "stand"
    return (
        f"Corrected for their number (Holm), {higher + lower} of the {of} {which} {stand}: "
        f"{higher} higher, {lower} lower. {needed}"
    )


def threshold_sentences(results: Results) -> list[str]:
    """One sentence for each pair of sample sizes that was tested."""
    sizes = results.tests[["n", "n_baseline"]].drop_duplicates().sort_values(["n", "n_baseline"])
    return [threshold_sentence(int(n), int(n_baseline)) for n, n_baseline in sizes.to_numpy()]


def threshold_sentence(n: int, n_baseline: int) -> str:
    """What the exact test can and cannot find with these numbers of seeds."""
    found = attainable_p_values(n, n_baseline)
    opening = f"With {n} seeds against {n_baseline} the test"
    below = _attained(found.not_significant)
    if found.significant is None:
        return f"{opening} can give no mark: the best that it can reach is {below}."
    needed = relation("D", "≥", found.significant[0])
    return f"{opening} gives {below} and {_attained(found.significant)}, so a mark needs {needed}."


def power_sentences(results: Results) -> list[str]:
    """Which difference is found four times in five, in the usual spread over seeds and in points."""
    f1 = results.table_cells[results.table_cells["metric"] == "f1"]
    n, n_baseline = _usual_sizes(results.tests)
    shift, spread = reach(n, n_baseline).detectable_shift, f1["standard_deviation"].median()
    if shift is None:
        return []
    return [
        f"It finds a difference of {decimal(shift, 1)} standard deviations over seeds four times in five; at the "
        f"median spread here that is {decimal(100 * shift * spread, 2)} points of F1. To find one standard deviation "
        f"as often takes {seeds_needed(1.0)} seeds on each side."
    ]


def variation_sentence(inputs: ReportInputs, results: Results) -> str:
    """Which source of chance each test covers, and which none does."""
    cells = inputs.scores.groupby(["task", "language", "encoder", "weights"])
    distillations = cells["encoder_seed"].nunique().max()
    opening = (
        "The tests and intervals cover the variation between classifier seeds (initialisation and order of the "
        "training rows), the paired permutation what is left of it within each seed"
    )
    if not distillations > 1:
        return f"{opening}; each encoder is one training run, so none covers how much two distillations differ."
    sizes = results.tests.loc[results.tests["encoder_permutation_p_value"].notna(), ["encoders", "baseline_encoders"]]
    least = min((smallest_p_value(int(own), int(other)) for own, other in sizes.to_numpy()), default=None)
    attained = "" if least is None else f", and cannot give less than {relation('p', '=', least)} here"
    return (
        f"{opening}; up to {distillations} distillations of one encoder are pooled in them as if their scores were "
        "independent, so p-values are too small and intervals too narrow; only the permutation over encoders covers "
        f"the variation between distillations{attained}."
    )


def relation(name: str, sign: str, value: float) -> str:
    """Such as "p = 0.0123", never broken over two lines."""
    return NO_BREAK.join((name, sign, f"{value:.3g}"))


def _usual_sizes(tests: pd.DataFrame) -> tuple[int, int]:
    """The numbers of scores on each side that most tests have."""
    n, n_baseline = tests[["n", "n_baseline"]].value_counts().index[0]
    return int(n), int(n_baseline)


def _attained(pair: tuple[float, float]) -> str:
    statistic, p_value = pair
    return f"{relation('p', '=', p_value)} at {relation('D', '=', statistic)}"
