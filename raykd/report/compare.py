"""Two experiments side by side: what changed from A to B in the cells that both plan, and what cannot be compared."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml

from raykd.report.figures.figure import BLUE, INK, WIDTH, Figure, new_canvas, style, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.page import TEMPLATES, render_page, write_tables_and_figures
from raykd.report.tables.table import Table, TableCell, absent_table, records, row
from raykd.report.text.first_screen import WHAT_A_CELL_IS, beyond, verdict
from raykd.report.text.numbers import interval, p_value, percent, plural, signed, signed_percent
from raykd.report.text_intervals import text_units
from raykd.statistics.claims import NOT_YET, Claim
from raykd.statistics.comparisons import COLUMNS
from raykd.statistics.design import CellKey, Design
from raykd.statistics.item_bootstrap import TextInfluence, text_influence
from raykd.statistics.runs import COMPARED, FIRST, IDENTICAL, OTHER_TEXTS, UNKNOWN_TEXTS, compare_runs, match_runs
from raykd.statistics.summary import CELL, headline_scores

# Settings that decide how fast an experiment runs and where it lies, never what it finds.
NOT_COMPARED = ("resources", "storage", "name")
REASONS = {
    IDENTICAL: "since nothing in them changed from A to B: they are one and the same result",
    OTHER_TEXTS: "since their test texts are not the same in A and B: a difference would lie between test sets as well",
    UNKNOWN_TEXTS: "since it is not known whether their test texts are the same: predictions of A or of B are missing",
}


@dataclass(frozen=True)
class Compared:
    """A is what B is measured against.

    matched: the cells that both plan and what can be compared of each (`match_runs`); tests, claims: as `compare_runs`
    has them, B's encoders against A's of the same name, tests with their mean scores a and b; only_a, only_b: cells
    that one alone plans; settings: (key, A's value, B's value) where they differ.
    """

    first: ReportInputs
    second: ReportInputs
    matched: pd.DataFrame
    tests: pd.DataFrame
    claims: tuple[Claim, ...]
    only_a: int
    only_b: int
    settings: tuple[tuple[str, str, str], ...]

    @property
    def f1(self) -> pd.DataFrame:
        return self.tests[self.tests["metric"] == "f1"]


def compare_experiments(first: ReportInputs, second: ReportInputs) -> Compared:
    """Tests every cell that both plan, whose result is not the same one, and that has the same test texts in both.

    What is tested, and so what each p-value is corrected for, follows from the two plans and not from what is scored.
    """
    planned = [list(own.expected_cells[CELL].itertuples(index=False, name=None)) for own in (first, second)]
    shared = [cell for cell in dict.fromkeys(planned[0]) if cell in set(planned[1])]
    identical = [cell for cell in shared if cell in first.hashes and first.hashes[cell] == second.hashes.get(cell)]
    scores = [headline_scores(own.scores, own.positive) for own in (first, second)]
    same = {(task, language): same_texts(first, second, task, language) for task, language, _, _ in shared}
    matched = match_runs(scores[0], scores[1], shared, same, identical)
    texts = _influences((first, second), same)
    tests, claims = pd.DataFrame(columns=COLUMNS), list[Claim]()
    if shared:
        tests, claims = compare_runs(scores[0], scores[1], matched, _plan(first, second, shared), identical, texts)
    for name, own in zip("ab", scores, strict=True):
        means = own.groupby(["task", "metric", "weights", "language", "encoder"])["value"].mean().to_dict()
        encoders = [str(encoder).removesuffix(FIRST) for encoder in tests["baseline"]]
        cells = zip(tests["task"], tests["metric"], tests["weights"], tests["language"], encoders, strict=True)
        tests[name] = [means[cell] for cell in cells]
    return Compared(
        first,
        second,
        matched,
        tests,
        tuple(claims),
        len(set(planned[0]) - set(planned[1])),
        len(set(planned[1]) - set(planned[0])),
        setting_differences(first.settings, second.settings),
    )


def same_texts(first: ReportInputs, second: ReportInputs, task: str, language: str) -> bool | None:
    """Whether both scored a task on the same test texts with the same labels; None where that is not known."""
    sides = [
        [own for key, own in inputs.predictions.items() if key[:2] == (task, language)] for inputs in (first, second)
    ]
    if not all(sides):
        return None
    every = [own for side in sides for own in side]
    return all(
        np.array_equal(own.doc_ids, every[0].doc_ids) and np.array_equal(own.decisions.truth, every[0].decisions.truth)
        for own in every
    )


def write_comparison(compared: Compared, write: Callable[[str, bytes], None]) -> None:
    """Calls write(relative path, content) for tables/*.{csv,md,tex}, figures/*.svg, and index.html last."""
    own = (cell_table(compared), unmatched_table(compared), setting_table(compared))
    tables = {table.slug: table for table in own}
    with style():
        figure = difference_figure(compared)
    figures = {figure.slug: figure} if figure else {}
    write_tables_and_figures(tables, figures, write)
    template = TEMPLATES.get_template("compare.html")
    text = render_page(template, tables, figures, compared=compared, summary=summary(compared))
    write("index.html", text.encode())


def summary(compared: Compared) -> list[str]:
    """What the comparison found, in plain sentences."""
    matched = compared.matched
    if matched.empty:
        return ["A and B plan no cell in common, so there is nothing to compare."]
    numbers = Counter(map(str, matched["status"]))
    if numbers.get(IDENTICAL, 0) == len(matched):
        return [f"A and B are the same in each of the {plural(len(matched), 'cell')} that both plan: nothing changed."]
    claims = [f"{verdict(claim)} {beyond(claim)}".strip() for claim in compared.claims]
    lines = [*claims, WHAT_A_CELL_IS] if claims else ["Nothing of A and B can be compared."]
    for status, reason in REASONS.items():
        if number := numbers.get(status, 0):
            lines.append(f"{plural(number, 'cell')} {'is' if number == 1 else 'are'} left out, {reason}.")
    waiting = sum(number for status, number in numbers.items() if status.startswith("not scored"))
    if waiting:
        lines.append(f"{plural(waiting, 'cell')} {'has' if waiting == 1 else 'have'} no scores yet in A or in B.")
    if compared.only_a or compared.only_b:
        lines.append(
            f"Planned in one alone, and left out: {plural(compared.only_a, 'cell')} of A, "
            f"{plural(compared.only_b, 'cell')} of B."
        )
    return lines


def cell_table(compared: Compared) -> Table:
    """F1 of every compared cell in A and B, with how sure the difference is; the CSV has every metric and test."""
    slug, title, f1 = "comparison", "F1 in A and in B, in percent", compared.f1
    if f1.empty:
        return absent_table(slug, title, "No cell can be compared.")
    rows = [
        row(
            *(test.task, test.weights, test.baseline.removesuffix(FIRST), test.language),
            *(percent(test.a), percent(test.b)),
            TableCell(signed_percent(test.difference), bold=test.stands != ""),
            *(interval(test.difference_low, test.difference_high), p_value(test.unit_p_value, 0.001)),
            *(p_value(test.holm_p_value, 0.001), test.reading, signed(test.cliffs_delta, 2)),
        )
        for test in records(f1.sort_values(["task", "weights", "baseline"], kind="stable"))
    ]
    return Table(
        slug,
        title,
        ("task", "weights", "encoder", "language", "A", "B", "points", "95 %", "p", "Holm p", "reading", "delta"),
        tuple(rows),
        headings=4,
        groups=2,
        raw=compared.tests,
        notes=(
            "Points: B less A; in bold where it stands after Holm's correction for all cells that both plan and that "
            "are not one and the same result. 95 % and p: over seeds where the encoder is distilled once, else over "
            "distillations. Delta (Cliff): from −1, every score of B below every score of A, to +1.",
        ),
    )


def unmatched_table(compared: Compared) -> Table:
    """The cells that both plan and that are not compared, with the reason."""
    slug, title = "not-compared", "Cells that both plan and that are not compared"
    left_out = compared.matched[compared.matched["status"] != COMPARED]
    if left_out.empty:
        return absent_table(slug, title, "None.")
    rows = [row(own.task, own.weights, own.encoder, own.language, own.status) for own in records(left_out)]
    header = ("task", "weights", "encoder", "language", "why")
    return Table(slug, title, header, tuple(rows), headings=5, groups=2, raw=left_out.reset_index(drop=True))


def setting_table(compared: Compared) -> Table:
    """What the two configurations say differently."""
    slug, title = "settings", "Settings that differ"
    if not compared.settings:
        return absent_table(slug, title, "None, apart from names, places and resources.")
    raw = pd.DataFrame(compared.settings, columns=["setting", "A", "B"])
    return Table(slug, title, ("setting", "A", "B"), tuple(row(*own) for own in compared.settings), headings=3, raw=raw)


def difference_figure(compared: Compared) -> Figure | None:
    """The difference in F1 of every compared cell with its interval. Call inside `figure.style()`."""
    cells = [
        (f"{cell.task}, {cell.language}, {cell.weights}, {claim.baseline.removesuffix(FIRST)}", cell)
        for claim in compared.claims
        if claim.outcome != NOT_YET
        for cell in records(claim.cells)
    ]
    if not cells:
        return None
    canvas, (axes,) = new_canvas(1, 1, WIDTH, 0.7 + 0.2 * len(cells))
    points, low, high = (np.array([100 * getattr(cell, name) for _, cell in cells]) for name in ("gain", "low", "high"))
    bars = np.nan_to_num(np.maximum([points - low, high - points], 0))
    axes.errorbar(points, range(len(cells)), xerr=bars, fmt="o", color=BLUE, markersize=4, linewidth=1.2)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(cells)), [name for name, _ in cells], fontsize=7)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("B less A, F1 (points)")
    told = "; ".join(f"{name} {point:+.2f}" for (name, _), point in zip(cells, points, strict=True))
    note = "Lines: intervals that hold together with 95 % for the cells of an encoder."
    return Figure("differences", "Differences in F1", f"Points of F1, B less A: {told}.", to_svg(canvas), note)


def setting_differences(first: str, second: str) -> tuple[tuple[str, str, str], ...]:
    """Dotted keys of two configurations (YAML) whose values differ; a dash where one has none."""
    ours, theirs = (
        _flat({k: v for k, v in yaml.safe_load(own).items() if k not in NOT_COMPARED}) for own in (first, second)
    )
    keys = dict.fromkeys([*ours, *theirs])
    return tuple((key, ours.get(key, "–"), theirs.get(key, "–")) for key in keys if ours.get(key) != theirs.get(key))


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return flat


def _influences(
    runs: tuple[ReportInputs, ReportInputs], same: Mapping[tuple[str, str], bool | None]
) -> tuple[dict[CellKey, TextInfluence], dict[CellKey, TextInfluence]]:
    """Of the cells whose test texts both experiments share: what a text does is shared too, in A and B and in parallel
    languages; a group that one of them knows holds for both."""
    pooled = {
        (run, key): own
        for run, inputs in enumerate(runs)
        for key, own in inputs.predictions.items()
        if same.get((key[0], key[1]))
    }
    units = text_units(pooled, lambda key: f"{key[1][0]} {key[1][1]}")
    found: tuple[dict[CellKey, TextInfluence], dict[CellKey, TextInfluence]] = ({}, {})
    for (run, key), own in pooled.items():
        named = units[run, key]
        found[run][key] = text_influence(own.decisions, named.test_set, units=named.units)
    return found


def _plan(first: ReportInputs, second: ReportInputs, shared: list[CellKey]) -> Design:
    """What both ask of the shared cells: of different numbers of seeds or distillations the smaller."""
    encoders = tuple(dict.fromkeys(cell[2] for cell in shared)) or ("none",)
    distillations = {name: min(_distillations(own, name) for own in (first, second)) for name in encoders}
    there = set(shared)
    seeds = [
        int(planned.seeds) // _distillations(own, planned.encoder)
        for own in (first, second)
        for planned in records(own.expected_cells)
        if (planned.task, planned.language, planned.encoder, planned.weights) in there
    ]
    fixed = [set(own.design.fixed) if own.design else set[str]() for own in (first, second)]
    effects = [own.design.smallest_effect for own in (first, second) if own.design and own.design.smallest_effect]
    return Design(
        baselines=encoders,
        primary=encoders[0],
        cells=tuple(shared),
        seeds=max(1, min(seeds, default=1)),
        distillations=distillations,
        fixed=tuple(name for name in encoders if name in fixed[0] & fixed[1] and distillations[name] == 1),
        smallest_effect=min(effects, default=None),
    )


def _distillations(inputs: ReportInputs, encoder: str) -> int:
    """Planned distillations of an encoder; without a design those that are scored."""
    if inputs.design:
        return inputs.design.planned_distillations(encoder)
    own = inputs.scores[inputs.scores["encoder"] == encoder]
    return max(1, int(own["encoder_seed"].nunique()))
