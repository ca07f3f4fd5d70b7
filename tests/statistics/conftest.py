"""Made-up scores of two recipes: what is drawn at random in them, and by how much, is known."""

import numpy as np
import pandas as pd
import pytest

from raykd.statistics.design import Design

COLUMNS = ["task", "language", "encoder", "weights", "encoder_seed", "seed", "metric", "value"]


def make_scores(
    generator, distillations=1, gain=0.0, spread=0.01, cells=8, seeds=10, seed_spread=0.01, metrics=("f1",)
):
    """F1 of an adapted encoder "new" and of a baseline "old"; spread: between distillations, the same in all cells.

    distillations: of both, or a pair.
    """
    numbers = (distillations, distillations) if isinstance(distillations, int) else distillations
    rows = []
    for encoder, level, number in zip(("new", "old"), (0.7 + gain, 0.7), numbers, strict=True):
        for distillation in range(number):
            own = level + spread * generator.standard_normal()
            for metric in metrics:
                values = own + seed_spread * generator.standard_normal((cells, seeds))
                rows += [
                    ("t", f"l{cell}", encoder, "frozen", distillation, seed, metric, values[cell, seed])
                    for cell in range(cells)
                    for seed in range(seeds)
                ]
    return pd.DataFrame(rows, columns=COLUMNS)


def make_design(scores, **changes) -> Design:
    """The design whose cells and numbers are those of the scores."""
    cells = tuple(scores[COLUMNS[:4]].drop_duplicates().itertuples(index=False, name=None))
    numbers = scores.groupby("encoder")["encoder_seed"].nunique().to_dict()
    baselines = tuple(name for name in dict.fromkeys(scores["encoder"]) if not name.startswith("new"))
    values = {
        "baselines": baselines,
        "primary": baselines[0],
        "cells": cells,
        "seeds": int(scores["seed"].nunique()),
        "distillations": numbers,
    }
    return Design(**{**values, **changes})


def make_table(by_cell) -> pd.DataFrame:
    """by_cell: (encoder, language) -> scores by seed, of one distillation and one task."""
    rows = [
        ("t", language, encoder, "frozen", 0, seed, "f1", value)
        for (encoder, language), values in by_cell.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


# Test modules cannot import this file, so its functions reach them as fixtures.
@pytest.fixture(scope="session", name="make_scores")
def _make_scores():
    return make_scores


@pytest.fixture(scope="session", name="make_design")
def _make_design():
    return make_design


@pytest.fixture(scope="session", name="make_table")
def _make_table():
    return make_table


@pytest.fixture
def generator():
    return np.random.default_rng(17)
