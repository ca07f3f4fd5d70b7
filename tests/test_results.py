"""docs/results: the tables are those of the scores beside them."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/results"


@pytest.fixture(scope="module")
def real_text():
    found = importlib.util.spec_from_file_location("real_text", ROOT / "benchmarks/real_text.py")
    module = importlib.util.module_from_spec(found)
    sys.modules["real_text"] = module  # where dataclasses look for it
    found.loader.exec_module(module)
    return module


def test_tables_are_those_of_the_scores(real_text, tmp_path):
    real_text.write(RESULTS, tmp_path)
    assert (tmp_path / "tables.md").read_text() == (RESULTS / "tables.md").read_text()
    assert (tmp_path / "scores.svg").read_bytes().startswith(b"<?xml")


def scores(**f1):
    """encoder=[F1 of a distillation, ...], by two classifiers each."""
    return pd.DataFrame(
        [
            {"task": "tags", "encoder": name, "encoder_seed": place, "seed": seed, "f1": value + (0.001, -0.001)[seed]}
            for name, values in f1.items()
            for place, value in enumerate(values)
            for seed in (0, 1)
        ]
    ).assign(language="eng", weights="frozen", precision=0.5, recall=0.5)


def test_a_question_holds_where_it_is_sure_and_large_enough(real_text):
    general = [0.60, 0.601, 0.602, 0.603, 0.604]
    far = scores(**{"technical-student": [0.65, 0.651, 0.652, 0.653, 0.654], "general-student": general})
    told = real_text.answers({"tags": far})
    assert "+5.00 points" in told and "+8.3%" in told and "p = 0.008, by Holm 0.016: **holds**" in told
    near = scores(**{"technical-student": [value + 0.01 for value in general], "general-student": general})
    assert "**does not hold**" in real_text.answers({"tags": near})
    single = scores(**{"technical-student": [0.7, 0.701], "general-student": [0.6, 0.601]})
    assert "**does not hold**" in real_text.answers({"tags": single})
    rows = real_text.table(far, "general-student").splitlines()
    assert rows[2] == "| technical-student | 5 | 0.6520 | 0.6500, 0.6540 | +5.00 points, +8.3% |"
