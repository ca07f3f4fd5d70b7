"""Scores on seen and unseen groups against sklearn on the rows themselves."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from raykd.report.inputs import Predictions
from raykd.report.tables.unseen_groups import unseen_gains, unseen_table
from raykd.statistics.item_bootstrap import Decisions, difference_over_texts, resample


def test_each_part_is_scored_on_its_own_rows(inputs):
    found = unseen_gains(inputs)
    assert len(found) == 2 * 2 * 2 * 2 * 2  # tasks, languages, weights, baselines, parts
    row = found.query("task == 'tags' and language == 'eng' and weights == 'frozen' and baseline == 'mbert'")
    row = row[row["part"] == "unseen"].iloc[0]
    own = inputs.predictions["tags", "eng", "td-distilmbert", "frozen"]
    chosen = [group in ("company-1", "company-2") for group in own.groups]
    truth = own.decisions.truth[chosen]
    scores = [f1_score(truth, seed[chosen], average="macro") for seed in own.decisions.predicted]
    assert row["f1"] == pytest.approx(sum(scores) / len(scores))
    assert (row["texts"], row["groups"]) == (24, 2)
    assert row["low"] <= row["difference"] <= row["high"]


def test_texts_without_a_group_are_in_neither_part(inputs, make_inputs):
    predictions = dict(inputs.predictions)
    for own in predictions.values():
        assert "" not in own.groups
    key = ("tags", "eng", "td-distilmbert", "frozen")
    own = predictions[key]
    groups = own.groups.copy()
    groups[groups == "company-0"] = ""
    predictions[key] = type(own)(own.doc_ids, groups, own.decisions)
    found = unseen_gains(make_inputs(predictions=predictions))
    parts = found.query("task == 'tags' and language == 'eng' and weights == 'frozen' and baseline == 'mbert'")
    assert parts.set_index("part")["texts"].to_dict() == {"seen": 24, "unseen": 24}


def test_encoders_that_saw_everything_have_no_row(make_inputs):
    gains = unseen_gains(make_inputs(unseen={"td-distilmbert": (), "mbert": ("company-1",)}))
    assert gains.empty
    assert "left out" in unseen_table(gains).absent


def test_groups_are_drawn_and_not_their_texts(inputs, make_inputs):
    """Texts of one company are decided alike: company by company one encoder is right on all of them or on none."""
    keys = [("tags", "eng", name, "frozen") for name in ("td-distilmbert", "mbert")]
    own = inputs.predictions[keys[0]]
    texts = len(own.groups)
    groups = np.array([f"company-{place % 12}" for place in range(texts)], dtype=object)
    predictions, widths = {}, []
    for number, key in enumerate(keys):
        truth = inputs.predictions[key].decisions.truth
        right = (np.arange(texts) % 12 + number) % 3 > 0
        predicted = np.tile(np.where(right[:, None], truth, ~truth), (10, 1, 1))
        predictions[key] = Predictions(own.doc_ids, groups, Decisions(truth, predicted))
    names = tuple(f"company-{place}" for place in range(6))
    found = unseen_gains(make_inputs(predictions=predictions, unseen={"td-distilmbert": names}))
    for part, chosen in (("unseen", np.isin(groups, names)), ("seen", ~np.isin(groups, names))):
        row = found[(found["part"] == part) & (found["baseline"] == "mbert")].iloc[0]
        cells = [
            Decisions(predictions[key].decisions.truth[chosen], predictions[key].decisions.predicted[:, chosen])
            for key in keys
        ]
        _, low, high = difference_over_texts(*resample(cells, 1))
        widths.append((row["high"] - row["low"]) / (high - low))
    assert min(widths) > 1.3
