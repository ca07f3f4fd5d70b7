"""The report's input says what is wrong with it."""

import pytest

from raykd.report.inputs import empty


def test_a_missing_column_is_named(make_inputs):
    with pytest.raises(ValueError, match=r"'splits' lacks the columns \['rows'\]"):
        make_inputs(splits=empty("splits").drop(columns="rows"))


def test_more_baselines_than_marks_are_refused(make_inputs):
    with pytest.raises(ValueError, match="7 baselines, but only 6 marks"):
        make_inputs(baselines=tuple("abcdefg"))


def test_languages_and_marks_keep_the_order_of_the_experiment(inputs):
    assert inputs.languages == ("eng", "jpn")
    assert (inputs.mark("distilmbert"), inputs.mark("mbert")) == ("*", "†")
