"""A report of 540 cells, ten seeds and 1,000 test texts each: how large it is; -s prints how long it took."""

import time

import numpy as np
import pytest

from raykd.report.inputs import Predictions, empty
from raykd.statistics.item_bootstrap import Decisions

LANGUAGES = tuple(f"l{letter}{other}" for letter in "abc" for other in "abcde")  # 15
ENCODERS = ("adapted", "second", "third", "fourth", "fifth", "sixth", "seventh", "student", "teacher")
TASKS = {"first": "binary", "other": "multi-label"}
LABELS = {"first": ("yes", "no"), "other": tuple("abcdefghij")}


@pytest.fixture(scope="module")
def large(make_inputs, frame):
    """2 tasks, 15 languages, 9 encoders, 2 weights."""
    generator = np.random.default_rng(0)
    cells = [(t, x, e, w) for t in TASKS for x in LANGUAGES for e in ENCODERS for w in ("frozen", "fine-tuned")]
    scores, predictions = [], {}
    for task, language, encoder, weights in cells:
        names = LABELS[task] if task == "other" else LABELS[task][:1]
        truth = np.random.default_rng(hash_of(task, language)).uniform(size=(1000, len(names))) < 0.3
        right = generator.uniform(size=(10, 1000, len(names))) < 0.9
        decisions = Decisions(truth, np.where(right, truth, ~truth))
        names_of_texts = np.arange(1000).astype(str).astype(object)
        groups = np.array([f"g{place % 20}" for place in range(1000)], dtype=object)
        predictions[task, language, encoder, weights] = Predictions(names_of_texts, groups, decisions)
        for seed in range(10):
            for label in LABELS[task]:
                found = generator.normal((0.8, 0.7, 0.75, 0.8), 0.004)
                scores.append((task, TASKS[task], language, encoder, weights, 56, seed, label, *found, 300))
    return make_inputs(
        scores=frame("scores", scores),
        expected_cells=frame("expected_cells", [(*cell, 10) for cell in cells]),
        positive={"first": "yes"},
        baselines=("student", "teacher"),
        task_encoders={task: ENCODERS for task in TASKS},
        predictions=predictions,
        unseen={"adapted": ("g1", "g2", "g3")},
        sweep=None,
        training=empty("training"),
        splits=empty("splits"),
        labels=empty("labels"),
        paper=None,
    )


def hash_of(task: str, language: str) -> int:
    return sum(map(ord, task + language))


@pytest.mark.slow
def test_540_cells_make_a_page_of_megabytes(large, render):
    start = time.process_time()
    files = render(large)
    seconds, size = time.process_time() - start, len(files["index.html"])
    print(f"\n540 cells: {seconds:.1f} s of one core, a page of {size / 1e6:.2f} MB")
    assert len(large.expected_cells) == 540
    assert size < 5_500_000
