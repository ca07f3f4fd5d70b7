"""Which pairs are compared, and that each column is what its function gives for the right scores."""

import numpy as np
import pandas as pd
import pytest

from raykd.statistics.comparisons import COLUMNS, compare_encoders
from raykd.statistics.effects import mean_difference
from raykd.statistics.holm import holm
from raykd.statistics.kolmogorov_smirnov import compare
from raykd.statistics.permutation import paired_permutation_test, permutation_test


def headline(samples, metrics=("f1",)):
    """samples: encoder -> scores by seed, or a list of such lists, one per encoder seed."""
    rows = [
        ("td", "eng", encoder, "frozen", encoder_seed, seed, metric, value)
        for metric in metrics
        for encoder, values in samples.items()
        for encoder_seed, own in enumerate(values if isinstance(values[0], list) else [values])
        for seed, value in enumerate(own)
    ]
    columns = ["task", "language", "encoder", "weights", "encoder_seed", "seed", "metric", "value"]
    return pd.DataFrame(rows, columns=columns)


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
    assert not found.loc[1, "mann_whitney_exact"]


def test_one_seed_is_not_tested():
    found = compare_encoders(headline({"td": [0.7], "old": [0.6, 0.61]}), {"td": ("td", "old")}, ("old",))
    assert found.empty
    assert list(found) == COLUMNS


def test_each_family_is_corrected_on_its_own():
    samples = {"td": [0.7, 0.71, 0.72, 0.73], "old": [0.6, 0.61, 0.62, 0.725], "teacher": [0.5, 0.51, 0.52, 0.53]}
    names = {"td": ("td", "old", "teacher")}
    found = compare_encoders(headline(samples, ("f1", "precision", "recall")), names, ("old", "teacher"))
    families = found.groupby("family", sort=False)
    assert families.size().to_dict() == {"primary": 1, "secondary": 1, "exploratory": 4}
    for _, own in families:
        assert list(own["holm_p_value"]) == list(holm(own["p_value"]))


def test_a_family_holds_what_is_planned_and_not_only_what_is_there():
    samples = {"td": [0.7, 0.71, 0.72, 0.73], "old": [0.6, 0.61, 0.62, 0.725]}
    names = {"td": ("td", "old")}
    cells = [("td", language, encoder, weights) for language in ("eng", "spa") for encoder in samples
             for weights in ("frozen", "fine-tuned")]  # fmt: skip
    alone = compare_encoders(headline(samples), names, ("old",))
    partial = compare_encoders(headline(samples), names, ("old",), expected=cells)
    assert len(alone) == len(partial) == 1
    assert (alone.loc[0, "family_size"], partial.loc[0, "family_size"]) == (1, 4)
    assert partial.loc[0, "holm_p_value"] == pytest.approx(4 * alone.loc[0, "holm_p_value"])


def test_pairs_are_formed_by_seed_and_not_by_place():
    rows = headline({"td": [0.70, 0.75, 0.81, 0.9], "old": [0.69, 0.73, 0.78]})
    shuffled = rows.sample(frac=1, random_state=1)
    names = {"td": ("td", "old")}
    found = compare_encoders(shuffled, names, ("old",)).iloc[0]
    direct = paired_permutation_test([0.70, 0.75, 0.81], [0.69, 0.73, 0.78])
    assert (found["pairs"], found["paired_permutation_p_value"]) == (3, direct.p_value)
    assert found["permutation_p_value"] == permutation_test([0.70, 0.75, 0.81, 0.9], [0.69, 0.73, 0.78]).p_value


def test_encoders_are_the_unit_where_there_are_several():
    samples = {"td": [[0.70, 0.72], [0.74, 0.76], [0.80, 0.82]], "old": [[0.60, 0.62], [0.64, 0.66]]}
    found = compare_encoders(headline(samples), {"td": ("td", "old")}, ("old",)).iloc[0]
    assert (found["n"], found["n_baseline"], found["encoders"], found["baseline_encoders"]) == (6, 4, 3, 2)
    assert found["encoder_permutation_p_value"] == pytest.approx(1 / 10)
    # Paired by classifier seed, over the mean of the encoders: two seeds, both above.
    assert (found["pairs"], found["paired_permutation_p_value"]) == (2, 0.5)
    alone = compare_encoders(headline({"td": [0.7, 0.8], "old": [0.5, 0.6]}), {"td": ("td", "old")}, ("old",)).iloc[0]
    assert np.isnan(alone["encoder_permutation_p_value"])


def test_what_cannot_be_tested_is_missing_and_the_rest_is_there():
    many = np.random.default_rng(0).normal(0.7, 0.01, (2, 17)).tolist()
    found = compare_encoders(headline({"td": many[0], "old": many[1]}), {"td": ("td", "old")}, ("old",)).iloc[0]
    assert np.isnan(found["permutation_p_value"])  # 34 values
    assert found["paired_permutation_p_value"] == paired_permutation_test(*many).p_value
    rows = headline({"td": [0.7, 0.8], "old": [0.5, 0.6]})
    rows.loc[rows["encoder"] == "old", "seed"] += 10
    apart = compare_encoders(rows, {"td": ("td", "old")}, ("old",)).iloc[0]
    assert np.isnan(apart["paired_permutation_p_value"])
    assert (apart["pairs"], apart["permutation_p_value"]) == (0, pytest.approx(1 / 3))


def test_a_comparison_does_not_depend_on_the_others():
    generator = np.random.default_rng(3)
    samples = {name: generator.normal(0.7, 0.01, 5).tolist() for name in ("td", "old", "teacher")}
    both = compare_encoders(headline(samples), {"td": tuple(samples)}, ("old", "teacher"))
    direct = mean_difference(samples["td"], samples["teacher"])
    assert (both.loc[1, "difference_low"], both.loc[1, "difference_high"]) == (float(direct.low), float(direct.high))
    assert both.loc[1, "difference"] == pytest.approx(float(direct.estimate))
