"""The tables and the figure of docs/results.md, from the scores beside it: `make results`.

docs/results/TASK.csv has a row a classifier. `--config CONFIG [key=value ...]` first writes those of an experiment's
storage there.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import raykd
from raykd.report.figures.figure import BLUE, GREEN, INK, panel_grid, style, to_svg
from raykd.statistics.claims import Claim
from raykd.statistics.holm import holm

RESULTS = Path(__file__).parents[1] / "docs/results"
COLUMNS = ["task", "language", "weights", "encoder", "encoder_seed", "seed", "f1", "precision", "recall"]


@dataclass(frozen=True)
class Question:
    """Planned beforehand: is `encoder` better than `baseline`, by at least a share of its F1?"""

    task: str
    encoder: str
    baseline: str
    share: float


QUESTIONS = (
    Question("tags", "technical-student", "general-student", 0.05),
    Question("intent", "messages-student", "general-student", 0.023),
)


def store_scores(config: str, overrides: list[str], directory: Path) -> None:
    scores = raykd.load(config, overrides).scores()
    wide = scores.pivot(index=COLUMNS[:6], columns="metric", values="value").reset_index()
    for task, own in wide.groupby("task"):
        own.sort_values(COLUMNS[:6])[COLUMNS].to_csv(directory / f"{task}.csv", index=False, float_format="%.6f")


def distillations(scores: pd.DataFrame) -> pd.DataFrame:
    """encoder, encoder_seed, f1: the mean over its classifiers. The best encoder first."""
    means = scores.groupby(["encoder", "encoder_seed"], as_index=False)["f1"].mean()
    order = means.groupby("encoder")["f1"].mean().sort_values(ascending=False).index
    return means.set_index("encoder").loc[order].reset_index()


def table(scores: pd.DataFrame, baseline: str) -> str:
    """Markdown: a row an encoder, beside the baseline's mean."""
    means = distillations(scores)
    per = int(scores.groupby(["encoder", "encoder_seed"])["seed"].nunique().min())
    lines = [
        f"| encoder (frozen) | distillations | F1, mean of {per} classifiers each | from, to | against {baseline} |",
        "|---|---|---|---|---|",
    ]
    base = means.loc[means["encoder"] == baseline, "f1"].mean()
    for name in dict.fromkeys(means["encoder"]):
        own = means.loc[means["encoder"] == name, "f1"]
        span = f"{own.min():.4f}, {own.max():.4f}" if len(own) > 1 else ""
        gain = "" if name == baseline else f"{100 * (own.mean() - base):+.2f} points, {own.mean() / base - 1:+.1%}"
        lines.append(f"| {name} | {len(own)} | {own.mean():.4f} | {span} | {gain} |")
    return "\n".join(lines)


def answers(tables: dict[str, pd.DataFrame]) -> str:
    """A sentence a question: the exact test over distillations, and Holm over all that were planned."""
    asked = [one for one in QUESTIONS if one.task in tables]
    claims = [_claim(tables[one.task], one) for one in asked]
    adjusted = holm([claim.p_value for claim in claims], planned=len(QUESTIONS))
    lines = []
    for one, claim, p_value in zip(asked, claims, adjusted, strict=True):
        means = distillations(tables[one.task])
        share = claim.gain / means.loc[means["encoder"] == one.baseline, "f1"].mean()
        holds = p_value <= 0.05 and share >= one.share
        lines.append(
            f"- {one.task}: {one.encoder} over {one.baseline} {100 * claim.gain:+.2f} points (95 % interval over "
            f"distillations {100 * claim.low:+.2f} to {100 * claim.high:+.2f}), {share:+.1%} of {one.share:.1%} asked "
            f"for, p = {claim.p_value:.3f}, by Holm {p_value:.3f}: **{'holds' if holds else 'does not hold'}**."
        )
    return "\n".join(lines)


def _claim(scores: pd.DataFrame, question: Question) -> Claim:
    pair = scores[scores["encoder"].isin([question.encoder, question.baseline])]
    return raykd.compare(pair, question.baseline).claims[0]


def figure(tables: dict[str, pd.DataFrame]) -> bytes:
    """A panel a task, a line an encoder, a dot a distillation."""
    most = max(own["encoder"].nunique() for own in tables.values())
    with style():
        canvas, panels = panel_grid(len(tables), 2, 0.6 + 0.28 * most)
        for axes, (task, scores) in zip(panels, tables.items(), strict=True):
            means = distillations(scores)
            names = list(dict.fromkeys(means["encoder"]))[::-1]
            for height, name in enumerate(names):
                own = means.loc[means["encoder"] == name, "f1"]
                domain = name.startswith(("technical", "messages"))
                colour = GREEN if domain else INK if name == "teacher" else BLUE
                axes.plot(100 * own, [height] * len(own), "o", color=colour, markersize=5, alpha=0.7)
            axes.set_yticks(range(len(names)), names)
            axes.set_ylim(-0.6, len(names) - 0.4)
            axes.set_title(task)
            axes.set_xlabel("F1, frozen")
        return to_svg(canvas)


def read_scores(directory: Path) -> dict[str, pd.DataFrame]:
    paths = [directory / f"{one.task}.csv" for one in QUESTIONS]
    return {path.stem: pd.read_csv(path) for path in paths if path.exists()}


def write(source: Path, directory: Path) -> None:
    tables = read_scores(source)
    baselines = {one.task: one.baseline for one in QUESTIONS}
    parts = [f"## {task}\n\n{table(own, baselines[task])}" for task, own in tables.items()]
    text = "\n\n".join(["# Scores on real text", answers(tables), *parts])
    (directory / "tables.md").write_text(f"{text}\n", encoding="utf-8")
    (directory / "scores.svg").write_bytes(figure(tables))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", help="of the experiment whose scores are written there first")
    parser.add_argument("overrides", nargs="*", metavar="key.path=value")
    arguments = parser.parse_args()
    if arguments.config:
        store_scores(arguments.config, arguments.overrides, RESULTS)
    write(RESULTS, RESULTS)
    print((RESULTS / "tables.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
