"""Every test of an experiment: each encoder against each baseline, in every cell and on every metric."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

import pandas as pd

from raykd.statistics.kolmogorov_smirnov import Comparison, compare
from raykd.statistics.summary import METRICS, WEIGHTS

COLUMNS = [
    "task",
    "metric",
    "weights",
    "language",
    "encoder",
    "baseline",
    *(f.name for f in fields(Comparison)),
]


def compare_encoders(
    headline: pd.DataFrame, task_encoders: Mapping[str, Sequence[str]], baselines: Sequence[str]
) -> pd.DataFrame:
    """Tests the encoders of each task that are no baselines against each baseline (section 8, Table 8).

    headline: columns task, language, encoder, weights, metric, value; one row per seed, no NaN.
    Returns one row per test with the columns COLUMNS. A pair with fewer than two scores on either side
    cannot be tested and is left out. The tests are unpaired and not corrected for their number.
    """
    samples = {
        cell: values.to_numpy()
        for cell, values in headline.groupby(["task", "metric", "weights", "language", "encoder"], sort=False)["value"]
    }
    rows = []
    for task, encoders in task_encoders.items():
        languages = headline.loc[headline["task"] == task, "language"].unique()
        for metric, weights, language in ((m, w, x) for m in METRICS for w in WEIGHTS for x in languages):
            for encoder in (name for name in encoders if name not in baselines):
                for baseline in (name for name in baselines if name in encoders):
                    scores = samples.get((task, metric, weights, language, encoder), ())
                    baseline_scores = samples.get((task, metric, weights, language, baseline), ())
                    if min(len(scores), len(baseline_scores)) >= 2:
                        found = compare(scores, baseline_scores)
                        rows.append([task, metric, weights, language, encoder, baseline, *asdict(found).values()])
    return pd.DataFrame(rows, columns=COLUMNS)
