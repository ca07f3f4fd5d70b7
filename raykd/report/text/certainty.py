"""How much the tests can carry, in sentences computed for the seeds and distillations at hand."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.tables.table import records
from raykd.report.text.first_screen import planned_sentence
from raykd.report.text.numbers import decimal, listed, percent, plural, relation
from raykd.statistics.comparisons import DISTRIBUTION, HIGHER, INCOMPLETE, LOWER, SEED
from raykd.statistics.holm import PRIMARY, SECONDARY
from raykd.statistics.kolmogorov_smirnov import LEVEL, attainable_p_values
from raykd.statistics.power import reach, seeds_needed
from raykd.statistics.verdict import NOT_COVERED

MOST_NAMES = 6  # of cells or labels in a sentence


def certainty(inputs: ReportInputs, results: Results) -> list[str]:
    """What the tests on F1 found, what chance alone would give, and what they cover."""
    tests = results.tests[results.tests["metric"] == "f1"]
    complete = tests[tests["reading"] != INCOMPLETE]
    lines = [sentence for sentence in (planned_sentence(inputs),) if sentence]
    if tests.empty:
        lines.append("No difference was tested: a test needs two seeds of an adapted encoder and two of a baseline.")
        return [*lines, *sample_sentences(inputs, results)]
    if len(complete) < len(tests):
        lines.append(
            f"{len(tests) - len(complete)} of the {len(tests)} tests on F1 wait for planned seeds: no mark and no "
            "corrected p before a cell has all of them."
        )
    if not complete.empty:
        lines.append(mark_sentence(complete))
        lines += [family_sentence(own) for _, own in complete.groupby("family", sort=False)]
    lines += threshold_sentences(results)
    lines += power_sentences(results)
    return [*lines, variation_sentence(results), *sample_sentences(inputs, results), NOT_COVERED]


def mark_sentence(tests: pd.DataFrame) -> str:
    """How many tests give a mark, and how many would without any difference."""
    marked = int(tests["reading"].isin([HIGHER, LOWER]).sum())
    shaped = int((tests["reading"] == DISTRIBUTION).sum())
    by_chance = sum(_false_mark_rate(*own) for own in tests[["unit", "n", "n_baseline", "resolution"]].to_numpy())
    text = (
        f"{marked} of the {plural(len(tests), 'test')} on F1 {'has' if marked == 1 else 'have'} "
        f"{relation('p', '<', LEVEL)} and so a mark. Without any real difference, chance alone would give about "
        f"{by_chance:.1f}: marks are not corrected for the number of tests."
    )
    if shaped:
        text += (
            f" In {shaped} more only the distributions differ: the means point one way and most seeds the other, so "
            "neither encoder is ahead."
        )
    return text


def family_sentence(tests: pd.DataFrame) -> str:
    """How many differences of one family stand after Holm's correction, and what its first step asks for."""
    names = {PRIMARY: "primary", SECONDARY: "secondary"}
    higher, lower = (int((tests["stands"] == way).sum()) for way in (HIGHER, LOWER))
    planned = int(tests["family_size"].iloc[0])
    family = names[tests["family"].iloc[0]]
    which = f"{family} differences (F1 against {listed(list(tests['baseline'].unique()))})"
    of = f"{len(tests)}" if len(tests) == planned else f"{len(tests)} tested (of {planned} planned)"
    stand = "stands" if higher + lower == 1 else "stand"
    return (
        f"Corrected for the {planned} tests of the {family} family (Holm; the other families are corrected apart), "
        f"{higher + lower} of the {of} {which} {stand}: {higher} higher, {lower} lower. {_first_step(tests, planned)}"
    )


def threshold_sentences(results: Results) -> list[str]:
    """One sentence for each pair of numbers of seeds that was tested over seeds."""
    over_seeds = results.tests[results.tests["unit"] == SEED]
    sizes = over_seeds[["n", "n_baseline"]].drop_duplicates().sort_values(["n", "n_baseline"])
    return [threshold_sentence(int(n), int(n_baseline)) for n, n_baseline in sizes.to_numpy()]


def threshold_sentence(n: int, n_baseline: int) -> str:
    """What the exact test can and cannot find with these numbers of seeds."""
    found = attainable_p_values(n, n_baseline)
    opening = f"With {n} seeds against {n_baseline} the Kolmogorov-Smirnov test"
    below = _attained(found.not_significant)
    if found.significant is None:
        return f"{opening} can give no mark: the best that it can reach is {below}."
    needed = relation("D", "≥", found.significant[0])
    return f"{opening} gives {below} and {_attained(found.significant)}, so a mark needs {needed}."


def power_sentences(results: Results) -> list[str]:
    """Which difference gets a mark four times in five and which one stands after Holm, in spreads and in points."""
    tests = results.tests[(results.tests["metric"] == "f1") & (results.tests["unit"] == SEED)]
    if tests.empty:
        return []
    n, n_baseline = _usual_sizes(tests)
    f1 = results.table_cells[results.table_cells["metric"] == "f1"]
    spread = f1["standard_deviation"].median()
    planned = int(tests.loc[tests["family"] == tests["family"].iloc[0], "family_size"].iloc[0])
    sentences = []
    for what, level in (("get a mark", LEVEL), (f"stand as one of {plural(planned, 'test')} (Holm)", LEVEL / planned)):
        shift, seeds = reach(n, n_baseline, level).detectable_shift, seeds_needed(1.0, level)
        if shift is None:
            sentences.append(f"No difference can {what} with {n} seeds against {n_baseline}.")
            continue
        needed = "more than 128" if seeds is None else f"{seeds}"
        sentences.append(
            f"To {what} four times in five a difference has to be {decimal(shift, 1)} standard deviations over seeds, "
            f"at the median spread here {decimal(100 * shift * spread, 2)} points of F1; one standard deviation takes "
            f"{needed} seeds on each side."
        )
    return sentences


def variation_sentence(results: Results) -> str:
    """Which source of chance the tests cover, and which they do not."""
    units = set(results.tests["unit"])
    sentences = []
    if SEED in units or not units:
        sentences.append(
            "Where each encoder is distilled once, tests and intervals cover the variation between classifier seeds "
            "(initialisation and order of the training rows): they compare these encoders and say nothing of another "
            "distillation."
        )
    if units - {SEED}:
        least = results.tests.loc[results.tests["unit"] != SEED, "resolution"].max()
        attained = f", and cannot give less than {relation('p', '=', least)} everywhere" if least > 0 else ""
        sentences.append(
            "Where there are several distillations the distillation is the unit: each one's mean over its classifier "
            f"seeds is one value, the tests compare these values{attained}."
        )
    return " ".join(sentences)


def sample_sentences(inputs: ReportInputs, results: Results) -> list[str]:
    """Seeds that are far off, labels with few test texts, and companies that are drawn whole."""
    lines = []
    for side, own in results.outliers.groupby("side", sort=False):
        names = [
            f"{found.task} {found.language} {found.encoder} {found.weights} seed {found.seed} at {percent(found.value)}"
            for found in records(own)
        ]
        lines.append(f"{plural(len(own), 'seed')} {side}, far off the others of the cell: {_some(names)}.")
    few = results.rare[results.rare["support"] > 0]
    none = results.rare[results.rare["support"] == 0]
    if len(few):
        names = [f"{own.label} ({own.task} {own.language}, {own.support:g})" for own in records(few)]
        lines.append(
            f"Labels with fewer than 10 test texts, whose F1 hangs on a few of them: {_some(names)}. Their cells have "
            "no bootstrap interval over texts."
        )
    if len(none):
        names = [f"{own.label} ({own.task} {own.language})" for own in records(none)]
        lines.append(
            f"Labels without any test text: {_some(names)}. Their F1 counts as 0 in the macro average of every encoder."
        )
    groups = {
        key[:2]: len(set(own.groups) - {""}) for key, own in inputs.predictions.items() if own.clusters is not None
    }
    if groups:
        fewest = min(groups.values())
        word = inputs.group_word
        lines.append(
            f"Intervals over texts draw whole groups of them (column {word!r}), at least {fewest} in a test set"
            + ("; with so few they are rough." if fewest < 20 else ".")
        )
    return lines


def _first_step(tests: pd.DataFrame, planned: int) -> str:
    """What the smallest p of a family needs to stand."""
    over_seeds = tests[tests["unit"] == SEED]
    if over_seeds.empty:
        least = float(tests["resolution"].min())
        if least * planned < LEVEL:
            return ""
        return f"None could: the smallest p that these distillations allow, {least:.2g}, times {planned} is above .05."
    first = attainable_p_values(*_usual_sizes(over_seeds), LEVEL / planned).significant
    if first is None:
        return "No D is enough for its first step."
    return f"Its first step needs {relation('D', '≥', first[0])}."


def _false_mark_rate(unit: str, n: float, n_baseline: float, resolution: float) -> float:
    if unit == SEED:
        return reach(int(n), int(n_baseline)).false_mark_rate
    return 0.0 if resolution >= LEVEL else LEVEL


def _usual_sizes(tests: pd.DataFrame) -> tuple[int, int]:
    """The numbers of values on each side that most tests have."""
    n, n_baseline = tests[["n", "n_baseline"]].value_counts().index[0]
    return int(n), int(n_baseline)


def _attained(pair: tuple[float, float]) -> str:
    statistic, p_value = pair
    return f"{relation('p', '=', p_value)} at {relation('D', '=', statistic)}"


def _some(names: list[str]) -> str:
    shown = names[:MOST_NAMES]
    return listed([*shown, *([f"{len(names) - len(shown)} more"] if len(names) > len(shown) else [])])
