"""Scores on seen and unseen groups against sklearn on the rows themselves."""

import pytest
from sklearn.metrics import f1_score

from raykd.report.unseen import unseen_gains, unseen_table


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
    assert row["low"] < row["difference"] < row["high"]


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
