"""How much the tests can carry, in sentences computed for the seeds at hand."""

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.statistics.kolmogorov_smirnov import LEVEL, attainable_p_values

# Keeps a number with its unit or sign on one line.
NO_BREAK = "\u00a0"


def certainty(inputs: ReportInputs, results: Results) -> list[str]:
    """What the tests on F1 found, what chance alone would give, and what the seeds cover."""
    tests = results.tests[results.tests["metric"] == "f1"]
    if tests.empty:
        return ["No difference was tested: a test needs two seeds of an adapted encoder and two of a baseline."]
    found = int(((tests["p_value"] < LEVEL) & (tests["direction"] != "same")).sum())
    by_chance = LEVEL * len(tests)
    return [
        f"{found} of the {len(tests)} tests on F1 {'has' if found == 1 else 'have'} {relation('p', '<', LEVEL)}. "
        f"Without any real difference, chance alone would give up to {by_chance:.1f}: the p-values are not "
        "corrected for the number of tests.",
        *threshold_sentences(results),
        variation_sentence(inputs),
    ]


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


def variation_sentence(inputs: ReportInputs) -> str:
    """Which source of chance the seeds cover, and which they do not."""
    cells = inputs.scores.groupby(["task", "language", "encoder", "weights"])
    distillations = cells["encoder_seed"].nunique().max()
    opening = "Seeds vary the classifier's initialisation and the order of its training rows"
    if not distillations > 1:
        return (
            f"{opening}. Each encoder is one training run: how much two distillations on the same text differ is "
            "not covered."
        )
    return (
        f"{opening}; up to {distillations} distillations of one encoder are pooled. Scores from one distillation "
        "are not independent of each other, so pooled p-values are too small."
    )


def relation(name: str, sign: str, value: float) -> str:
    """Such as "p = 0.0123", never broken over two lines."""
    return NO_BREAK.join((name, sign, f"{value:.3g}"))


def _attained(pair: tuple[float, float]) -> str:
    statistic, p_value = pair
    return f"{relation('p', '=', p_value)} at {relation('D', '=', statistic)}"
