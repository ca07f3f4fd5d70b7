"""Two experiments side by side: the cells that both have, with the tests of one report between them."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml

from raykd.report.certainty import NO_BREAK, relation
from raykd.report.comparison_tables import interval
from raykd.report.figure import BLUE, INK, Figure, new_canvas, style, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.page import TEMPLATES, render_page
from raykd.report.render import write_tables_and_figures
from raykd.report.results import CellKey, intervals_over_texts
from raykd.report.table import Cell, Table, absent_table, p_value, percent, records, row, signed, signed_percent
from raykd.statistics.comparisons import NAMES, compare_pairs
from raykd.statistics.holm import EXPLORATORY, PRIMARY
from raykd.statistics.item_bootstrap import Resampled, mean_gain_over_both, resample
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.summary import CELL, METRICS, headline_scores

FIRST, SECOND = " (A)", " (B)"  # put behind an encoder's name, to keep one of A and one of B apart
# Settings that decide how fast an experiment runs and where it lies, never what it finds.
FAMILIES = {"f1": PRIMARY}
NOT_COMPARED = ("resources", "storage", "name")


@dataclass(frozen=True)
class Compared:
    """A is what B is measured against.

    tests: as `compare_pairs` has them, B's encoders against A's of the same name, with their mean scores a and b; gain:
    mean of the ratios of F1 less 1, low, high; other_texts: (task, language) whose test texts differ; only_a, only_b:
    scored cells of one alone; settings: (key, A's value, B's value) where they differ.
    """

    first: ReportInputs
    second: ReportInputs
    tests: pd.DataFrame
    gain: tuple[float, float, float]
    other_texts: tuple[tuple[str, str], ...]
    only_a: int
    only_b: int
    settings: tuple[tuple[str, str, str], ...]

    @property
    def f1(self) -> pd.DataFrame:
        return self.tests[self.tests["metric"] == "f1"]


def compare_experiments(first: ReportInputs, second: ReportInputs) -> Compared:
    """Tests every cell (task, language, encoder, weights) that both have scored with two seeds or more."""
    scores = [headline_scores(own.scores, own.positive) for own in (first, second)]
    keys = [set(own[CELL].itertuples(index=False, name=None)) for own in scores]
    shared = [key for key in dict.fromkeys(scores[0][CELL].itertuples(index=False, name=None)) if key in keys[1]]
    both = pd.concat(
        [own.assign(encoder=own["encoder"] + suffix) for own, suffix in zip(scores, (FIRST, SECOND), strict=True)]
    )
    planned = pd.DataFrame(
        [
            (task, metric, weights, language, encoder + SECOND, encoder + FIRST, FAMILIES.get(metric, EXPLORATORY))
            for metric in METRICS
            for task, language, encoder, weights in shared
        ],
        columns=[*NAMES, "family"],
    )  # fmt: skip
    resampled, other_texts = _resample(first, second, shared)
    tests = intervals_over_texts(compare_pairs(both, planned), resampled)
    means = both.groupby(["task", "metric", "weights", "language", "encoder"])["value"].mean().to_dict()
    for column, side in (("a", "baseline"), ("b", "encoder")):
        cells = tests[["task", "metric", "weights", "language", side]].itertuples(index=False, name=None)
        tests[column] = [means[cell] for cell in cells]
    f1 = tests[tests["metric"] == "f1"]
    ratios = f1["b"] / f1["a"].where(f1["a"] > 0) - 1
    pairs = [[(t.task, t.language, name, t.weights) for name in (t.encoder, t.baseline)] for t in records(f1)]
    whole = bool(pairs) and all(key in resampled for pair in pairs for key in pair)
    bounds = mean_gain_over_both([(resampled[b], resampled[a]) for b, a in pairs]) if whole else (np.nan, np.nan)
    return Compared(
        first,
        second,
        tests,
        (float(ratios.mean()), *bounds),
        other_texts,
        len(keys[0] - keys[1]),
        len(keys[1] - keys[0]),
        setting_differences(first.settings, second.settings),
    )


def write_comparison(compared: Compared, write: Callable[[str, bytes], None]) -> None:
    """Calls write(relative path, content) for tables/*.{csv,md,tex}, figures/*.svg, and index.html last."""
    tables = {table.slug: table for table in (cell_table(compared), setting_table(compared))}
    with style():
        figure = difference_figure(compared)
    figures = {figure.slug: figure} if figure else {}
    write_tables_and_figures(tables, figures, write)
    template = TEMPLATES.get_template("compare.html")
    text = render_page(template, tables, figures, compared=compared, summary=summary(compared))
    write("index.html", text.encode())


def summary(compared: Compared) -> list[str]:
    """What the comparison found, in plain sentences."""
    f1 = compared.f1
    if f1.empty:
        return ["No cell is scored with two seeds or more in both experiments, so there is nothing to compare."]
    gain, low, high = compared.gain
    sure = (
        ""
        if np.isnan(low)
        else f" (95{NO_BREAK}% interval over seeds and test texts: {_percent(low)} to {_percent(high)})"
    )
    kept = f1[f1["holm_p_value"] < LEVEL]["direction"].value_counts().to_dict()
    marked = f1[f1["p_value"] < LEVEL]["direction"].value_counts().to_dict()
    lines = [
        f"B scores {_percent(gain)} in F1 against A, on average over {len(f1)} cells that both have{sure}.",
        f"Higher in {int((f1['direction'] == 'higher').sum())}, lower in {int((f1['direction'] == 'lower').sum())}; "
        f"{relation('p', '<', LEVEL)} in {marked.get('higher', 0)} higher and {marked.get('lower', 0)} lower, and "
        f"after Holm's correction in {kept.get('higher', 0)} and {kept.get('lower', 0)}.",
    ]
    if compared.other_texts:
        where = ", ".join(f"{task} {language}" for task, language in compared.other_texts)
        lines.append(
            f"The stored test texts are not the same in {where}: differences there are between test sets as well as "
            "encoders, and have no interval over texts."
        )
    if compared.only_a or compared.only_b:
        lines.append(f"Scored in one alone, and left out: {compared.only_a} cells of A, {compared.only_b} of B.")
    return lines


def cell_table(compared: Compared) -> Table:
    """F1 of every shared cell in A and B, with how sure the difference is; the CSV has every metric and test."""
    slug, title, f1 = "comparison", "F1 in A and in B, in percent", compared.f1
    if f1.empty:
        return absent_table(slug, title, "No cell is scored with two seeds or more in both.")
    rows = [
        row(
            *(
                test.task,
                test.weights,
                test.baseline.removesuffix(FIRST),
                test.language,
                percent(test.a),
                percent(test.b),
            ),
            Cell(signed_percent(test.difference), bold=test.holm_p_value < LEVEL and test.direction != "same"),
            *(interval(test.difference_low, test.difference_high), interval(test.both_low, test.both_high)),
            *(p_value(test.holm_p_value, 0.001), signed(test.cliffs_delta, 2), p_value(test.p_value, 0.001)),
        )
        for test in records(f1.sort_values(["task", "weights", "baseline"], kind="stable"))
    ]
    header = (
        "task",
        "weights",
        "encoder",
        "language",
        "A",
        "B",
        "points",
        "95 %",
        "texts too",
        "Holm p",
        "delta",
        "KS p",
    )
    return Table(
        slug,
        title,
        header,
        tuple(rows),
        headings=4,
        groups=2,
        raw=compared.tests,
        notes=(
            "Points: B less A; in bold where Holm p < 0.05. 95 %: bootstrap over seeds (BCa); texts too: over seeds "
            "and test texts. KS p: exact two-sided Kolmogorov-Smirnov test, unpaired; Holm p: corrected for all cells "
            "here. Delta (Cliff): from −1, every seed of B below every seed of A, to +1.",
        ),
    )


def setting_table(compared: Compared) -> Table:
    """What the two configurations say differently."""
    slug, title = "settings", "Settings that differ"
    if not compared.settings:
        return absent_table(slug, title, "None, apart from names, places and resources.")
    raw = pd.DataFrame(compared.settings, columns=["setting", "A", "B"])
    return Table(slug, title, ("setting", "A", "B"), tuple(row(*own) for own in compared.settings), headings=3, raw=raw)


def difference_figure(compared: Compared) -> Figure | None:
    """The difference in F1 of every shared cell with its interval. Call inside `figure.style()`."""
    f1 = compared.f1
    if f1.empty:
        return None
    canvas, (axes,) = new_canvas(1, 1, 6.6, 0.7 + 0.2 * len(f1))
    names = [f"{t.task}, {t.language}, {t.weights}, {t.baseline.removesuffix(FIRST)}" for t in records(f1)]
    points, low, high = (100 * f1[name].to_numpy(float) for name in ("difference", "difference_low", "difference_high"))
    bars = np.maximum([points - low, high - points], 0)
    axes.errorbar(points, range(len(f1)), xerr=bars, fmt="o", color=BLUE, markersize=4, linewidth=1.2)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(f1)), names, fontsize=7)
    axes.set_ylim(len(f1) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("B less A, F1 (points)")
    told = "; ".join(f"{name} {point:+.2f}" for name, point in zip(names, points, strict=True))
    alt = f"Points of F1, B less A: {told}."
    return Figure("differences", "Differences in F1", alt, to_svg(canvas), "Lines: 95 % intervals over seeds.")


def setting_differences(first: str, second: str) -> tuple[tuple[str, str, str], ...]:
    """Dotted keys of two configurations (YAML) whose values differ; a dash where one has none."""
    ours, theirs = (
        _flat({k: v for k, v in yaml.safe_load(own).items() if k not in NOT_COMPARED}) for own in (first, second)
    )
    keys = dict.fromkeys([*ours, *theirs])
    return tuple((key, ours.get(key, "–"), theirs.get(key, "–")) for key in keys if ours.get(key) != theirs.get(key))


def _compared(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in NOT_COMPARED}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return flat


def _resample(
    first: ReportInputs, second: ReportInputs, shared: list[CellKey]
) -> tuple[dict[CellKey, Resampled], tuple[tuple[str, str], ...]]:
    """The bootstrap over texts of the cells of both, and the test sets that are not the same."""
    together: dict[tuple[str, str], list[CellKey]] = {}
    for key in shared:
        if key in first.predictions and key in second.predictions:
            together.setdefault((key[0], key[1]), []).append(key)
    resampled: dict[CellKey, Resampled] = {}
    differing = []
    for (task, language), keys in together.items():
        sides = [
            (own.predictions[key], suffix, key) for key in keys for own, suffix in ((first, FIRST), (second, SECOND))
        ]
        texts, truth = sides[0][0].doc_ids, sides[0][0].decisions.truth
        same = all(
            np.array_equal(own.doc_ids, texts) and np.array_equal(own.decisions.truth, truth) for own, _, _ in sides
        )
        if not same:
            differing.append((task, language))
            continue
        found = resample([own.decisions for own, _, _ in sides], zlib.crc32(f"{task} {language}".encode()))
        for (_, suffix, (_, _, encoder, weights)), scores in zip(sides, found, strict=True):
            resampled[task, language, encoder + suffix, weights] = scores
    return resampled, tuple(differing)


def _percent(ratio: float) -> str:
    return f"{signed_percent(ratio)}{NO_BREAK}%"
