"""A small made-up experiment: two tasks, two languages, three encoders, two weights, ten seeds, a sweep."""

import zlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine

from raykd.report.inputs import COLUMNS, Predictions, ReportInputs, Sweep
from raykd.report.page import write_report
from raykd.report.paper.published import PaperDifference
from raykd.report.results import Results, analyse
from raykd.statistics.design import Design
from raykd.statistics.item_bootstrap import Decisions

LANGUAGES = ("eng", "jpn")
KINDS = {"intent": "binary", "tags": "multi-label"}
LABELS = {"intent": ("intentional", "not intentional"), "tags": ("c#", "java", "python_3")}
# Mean F1 that the seeds scatter around with a standard deviation of .004.
LEVELS = {
    "mbert": 0.700,
    "distilmbert": 0.685,
    "td-distilmbert": 0.722,
    "td-1.0": 0.661,
    "td-2.0": 0.706,
    "td-3.0": 0.721,
}
SWEEP = Sweep(
    encoder="td-distilmbert",
    language="eng",
    task="tags",
    quantities=((1_000_000_000, "td-1.0"), (2_000_000_000, "td-2.0"), (3_000_000_000, "td-3.0")),
    baselines=("mbert", "distilmbert"),
)
TRAIN_SIZES = (1000, 2000, 3000)  # of 8,000 rows in English and 4,000 in Japanese
TABLE_ENCODERS = ("td-distilmbert", "distilmbert", "mbert")


def cell_scores(task: str, language: str, encoder: str, weights: str, seeds: int = 10) -> list[tuple]:
    """Score rows of one cell; the same arguments give the same rows."""
    generator = np.random.default_rng(zlib.crc32(f"{task}{language}{encoder}{weights}".encode()))
    centre = LEVELS[encoder] + (0.01 if weights == "fine-tuned" else 0.0) + (0.12 if task == "intent" else 0.0)
    if language == "jpn" and encoder == "td-distilmbert":
        centre = LEVELS["mbert"] + (0.12 if task == "intent" else 0.0) - 0.012
    return [
        (task, KINDS[task], language, encoder, weights, 1, seed, label, f1 + 0.08, f1 - 0.05, f1, f1 + 0.1, 100 + place)
        for seed in range(seeds)
        for place, label in enumerate(LABELS[task])
        for f1 in [centre + generator.normal(0, 0.004) - 0.02 * place]
    ]


def sized_scores(train_rows: int, *cell) -> list[tuple]:
    """cell_scores(*cell) after fewer training rows: lower by .04 for every halving of 4,000, and wider spread."""
    lost = 0.04 * np.log2(4000 / train_rows)
    return [
        (*row[:8], *(value - lost * (1 + 0.1 * row[6] / 9) for value in row[8:12]), row[12], train_rows)
        for row in cell_scores(*cell)
    ]


def make_predictions(task: str, language: str, encoder: str, weights: str, texts: int = 60) -> Predictions:
    """Decisions that are right as often as LEVELS has it; the same texts for every encoder."""
    own = zlib.crc32(f"{task}{language}{encoder}{weights}".encode())
    names = LABELS[task][:1] if KINDS[task] == "binary" else LABELS[task]
    truth = np.random.default_rng(zlib.crc32(f"{task}{language}".encode())).uniform(size=(texts, len(names))) < 0.5
    right = np.random.default_rng(own).uniform(size=(10, texts, len(names))) < LEVELS[encoder]
    groups = np.array([f"company-{place % 5}" for place in range(texts)], dtype=object)
    doc_ids = np.array([f"{task}-{language}-{place}" for place in range(texts)], dtype=object)
    return Predictions(doc_ids, groups, Decisions(truth, np.where(right, truth, ~truth)))


def make_inputs(**changes) -> ReportInputs:
    """The whole experiment; `changes` replace fields."""
    cells = [(t, x, e, w) for t in KINDS for x in LANGUAGES for e in TABLE_ENCODERS for w in ("frozen", "fine-tuned")]
    sweep_cells = [("tags", "eng", encoder, "frozen") for _, encoder in SWEEP.quantities]
    sizes = [(size, cell) for size in TRAIN_SIZES for cell in cells if cell[0] == "tags"]
    scores = [row for cell in cells + sweep_cells for row in cell_scores(*cell)]
    amounts = {"train": 8000, "validation": 1000, "test": 1000}
    splits = [
        (task, KINDS[task], language, split, origin, rows // (2 if language == "jpn" else 1))
        for task in KINDS
        for language in LANGUAGES
        for split, rows in amounts.items()
        for origin in (
            ("natural", "translated") if (task, language) == ("intent", "jpn") and split != "test" else ("natural",)
        )
    ]
    labels = [
        (task, KINDS[task], language, split, label, 100 + 7 * place)
        for task in KINDS
        for language in LANGUAGES
        for split in amounts
        for place, label in enumerate(LABELS[task])
    ]
    texts = [
        ("td", "eng", "stackoverflow", 2_100_000, 2_000_000, 3_100_000_000),
        ("td", "eng", "serverfault", 60_000, 50_000, 60_000_000),
        ("td", "jpn", "ja.stackoverflow", 40_500, 40_000, 55_000_000),
        ("cc", "eng", "messages", 1_000, 1_000, 45_000),
    ]
    drops = [
        ("td", "eng", "stackoverflow", "empty", 1_000),
        ("td", "eng", "stackoverflow", "duplicate", 99_000),
        ("td", "eng", "serverfault", "duplicate", 10_000),
        ("td", "jpn", "ja.stackoverflow", "task row", 500),
    ]
    tokens = [
        ("td", "mbert", 512, "eng", 1_600_000_000, 900_000, 400_000_000, 123, 0),
        ("td", "mbert", 512, "jpn", 55_000_000, 45_000, 21_000_000, 4_567, 89),
    ]
    corpora = [
        ("td-distilmbert", "td", "eng", 1_500_000, 1_580_000_000, 390_000_000),
        ("td-distilmbert", "td", "jpn", 40_000, 55_000_000, 21_000_000),
    ]
    corpora += [(name, "td", "eng", size // 1000, size, size // 4) for size, name in SWEEP.quantities]
    steps = np.arange(1, 501)
    curves = {
        "kd": 6 / steps**0.4,
        "mlm": 9 / steps**0.25,
        "cosine": 0.6 / steps**0.3,
        "hidden_mse": np.nan,
        "relations": np.nan,
    }
    training = pd.concat(
        [
            pd.DataFrame({"encoder": encoder, "seed": 56, "step": steps, "tokens": steps * 4096, **curves})
            for encoder in ("td-distilmbert", "td-1.0", "td-2.0")
        ]
    )
    training["loss"] = 5 * training["kd"] + 2 * training["mlm"] + training["cosine"]
    encoders = [
        ("mbert", 177_853_440, 12, 768, 119_547, 714_000_000),
        ("distilmbert", 134_734_080, 6, 768, 119_547, 542_000_000),
        ("td-distilmbert", 134_734_080, 6, 768, 119_547, 542_000_000),
    ]
    stages = [
        ("prepare", "td", "texts/td-1a2b3c4d", "1a2b3c4d" * 8, 812.4),
        ("distill", "td-distilmbert", "encoders/td-distilmbert-56-9f8e7d6c", "9f8e7d6c" * 8, 9123.0),
        ("evaluate", "tags", "scores/tags-eng-mbert-frozen-00aa11bb", "00aa11bb" * 8, 12.3),
    ]
    values = {
        "name": "td-small",
        "texts": frame("texts", texts),
        "drops": frame("drops", drops),
        "tokens": frame("tokens", tokens),
        "corpora": frame("corpora", corpora),
        "splits": frame("splits", splits),
        "labels": frame("labels", labels),
        "scores": frame("scores", scores),
        "positive": {"intent": "intentional"},
        "baselines": ("distilmbert", "mbert"),
        "task_encoders": {task: TABLE_ENCODERS for task in KINDS},
        "sweep": SWEEP,
        "training": training[list(COLUMNS["training"])],
        "encoders": frame("encoders", encoders),
        "stages": frame("stages", stages),
        "expected_cells": frame("expected_cells", [(*cell, 10) for cell in cells]),
        "sized_scores": frame("sized_scores", [row for size, cell in sizes for row in sized_scores(size, *cell)]),
        "sized_cells": frame("sized_cells", [(*cell, 10, size) for size, cell in sizes]),
        "settings": "name: td-small\nlanguages: [eng, jpn]\nevaluate:\n  seeds: 10\n",
        "versions": {"python": "3.11.9", "ray": "2.49.0", "torch": "2.8.0"},
        "commit": "0123456789abcdef",
        "predictions": {cell: make_predictions(*cell) for cell in cells},
        "unseen": {"td-distilmbert": ("company-1", "company-2")},
        "teachers": {"td-distilmbert": "mbert"},
        "paper": (PaperDifference("teacher", "mBERT", "<another & smaller>"),),
    }
    values |= changes
    return ReportInputs(**{"design": design_of(values), **values})


def design_of(values: dict) -> Design | None:
    """What the expected cells of these inputs are there to test, the distillations being those of the scores."""
    expected, scores = values["expected_cells"], values["scores"]
    names = ["task", "language", "encoder", "weights"]
    planned = [*expected[names].itertuples(index=False, name=None), *scores[names].itertuples(index=False, name=None)]
    cells = [cell for cell in dict.fromkeys(planned) if cell[2] in values["task_encoders"].get(cell[0], ())]
    if not cells or not values["baselines"]:
        return None
    order = [name for encoders in values["task_encoders"].values() for name in encoders]
    return Design(
        baselines=values["baselines"],
        primary=values["baselines"][0],
        cells=tuple(sorted(cells, key=lambda cell: order.index(cell[2]))),
        seeds=10,
        distillations=scores.groupby("encoder")["encoder_seed"].nunique().to_dict(),
    )


def frame(name: str, rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS[name]))


def render(inputs: ReportInputs) -> dict[str, bytes]:
    """Every file of the report by its path."""
    files: dict[str, bytes] = {}
    write_report(inputs, files.__setitem__)
    return files


# Test modules cannot import this file, so its functions reach them as fixtures.
@pytest.fixture(scope="session", name="make_inputs")
def _make_inputs():
    return make_inputs


@pytest.fixture(scope="session", name="cell_scores")
def _cell_scores():
    return cell_scores


@pytest.fixture(scope="session", name="frame")
def _frame():
    return frame


@pytest.fixture(scope="session", name="render")
def _render():
    return render


@pytest.fixture(scope="session")
def inputs() -> ReportInputs:
    return make_inputs()


@pytest.fixture(scope="session")
def results(inputs) -> Results:
    return analyse(inputs)


@pytest.fixture(scope="session")
def files(inputs) -> dict[str, bytes]:
    return render(inputs)


@pytest.fixture(scope="session")
def small() -> dict[str, Any]:
    """What makes of the whole experiment that in one language with frozen weights: quick to analyse and to draw."""

    inputs = make_inputs()

    def part(frame):
        return frame[frame["language"].eq("eng") & frame["weights"].eq("frozen")]

    return {
        **{name: part(getattr(inputs, name)) for name in ("scores", "sized_scores", "expected_cells", "sized_cells")},
        "predictions": {key: own for key, own in inputs.predictions.items() if key[1::2] == ("eng", "frozen")},
        "training": inputs.training[inputs.training["encoder"] == "td-1.0"],
    }


@pytest.fixture
def places_untouched(monkeypatch) -> None:
    """Figures are drawn without looking for room, half of what one takes: for what does not look at places."""
    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", lambda self, figure: None)
