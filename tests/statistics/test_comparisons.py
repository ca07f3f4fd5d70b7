"""Which pairs are tested, and that each row is the test of its two samples."""

import pandas as pd

from raykd.statistics.comparisons import COLUMNS, compare_encoders
from raykd.statistics.kolmogorov_smirnov import compare


def headline(samples):
    rows = [
        ("td", "eng", encoder, "frozen", seed, "f1", value)
        for encoder, values in samples.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["task", "language", "encoder", "weights", "seed", "metric", "value"])


def test_each_adapted_encoder_meets_each_baseline_of_its_task():
    samples = {
        "td": [0.7, 0.71, 0.72],
        "old": [0.6, 0.61, 0.62],
        "teacher": [0.65, 0.71, 0.73],
        "other": [0.1, 0.2],
    }
    found = compare_encoders(headline(samples), {"td": ("td", "old", "teacher")}, ("old", "teacher", "absent"))
    assert list(found) == COLUMNS
    assert list(zip(found["encoder"], found["baseline"], strict=True)) == [("td", "old"), ("td", "teacher")]
    direct = compare(samples["td"], samples["teacher"])
    assert (found.loc[1, "statistic"], found.loc[1, "p_value"]) == (direct.statistic, direct.p_value)
    assert found.loc[1, "ties"]


def test_one_seed_is_not_tested():
    found = compare_encoders(headline({"td": [0.7], "old": [0.6, 0.61]}), {"td": ("td", "old")}, ("old",))
    assert found.empty
    assert list(found) == COLUMNS
