"""A design fixes families before any score, survives its record, and tells what was changed."""

import json

import pytest

from raykd.statistics.design import Change, Design, design_changes

CELLS = tuple(
    ("td", language, encoder, weights)
    for language in ("eng", "spa")
    for encoder in ("new", "student", "teacher")
    for weights in ("frozen", "fine-tuned")
)


def design(**changes) -> Design:
    values = {
        "baselines": ("student", "teacher"),
        "primary": "student",
        "cells": CELLS,
        "seeds": 10,
        "distillations": {"new": 4},
        "fixed": ("teacher",),
        "smallest_effect": 0.01,
    }
    return Design(**{**values, **changes})


def test_every_planned_pair_is_in_one_family():
    planned = design().planned_tests()
    assert planned["family"].value_counts().to_dict() == {"primary": 4, "secondary": 4, "exploratory": 16}
    assert not planned.duplicated(["metric", "weights", "language", "encoder", "baseline"]).any()
    assert set(planned["distillations"]) == {4}
    assert set(planned.loc[planned["baseline"] == "teacher", "baseline_fixed"]) == {True}
    assert set(planned["encoder_fixed"]) == {False}
    given = design(fixed=("new", "teacher"), distillations={}).planned_tests()
    assert set(given["encoder_fixed"]) == {True}
    assert design().adapted == ("new",)


def test_the_order_of_baselines_changes_nothing():
    """The first baseline used to be the primary one, and to decide the size of its family."""
    own, other = (design(baselines=names).planned_tests() for names in (("student", "teacher"), ("teacher", "student")))
    assert own["family"].value_counts().to_dict() == other["family"].value_counts().to_dict()
    assert set(other.loc[other["family"] == "primary", "baseline"]) == {"student"}


def test_the_record_is_the_design():
    record = json.loads(json.dumps(design().record()))
    assert Design.from_record(record) == design()
    assert design_changes(Design.from_record(record), design()) == []
    with pytest.raises(ValueError, match=r"lacks \['primary'\]"):
        Design.from_record({name: value for name, value in record.items() if name != "primary"})


def test_what_was_changed_is_named():
    cells = tuple(cell for cell in CELLS if cell[1] == "eng")
    later = design(primary="teacher", seeds=5, cells=cells, distillations={"new": 3}, smallest_effect=0.02)
    changes = design_changes(design(), later)
    assert Change("primary baseline", "student", "teacher") in changes
    assert Change("classifier seeds", "10", "5") in changes
    assert Change("distillations of new", "4", "3") in changes
    assert Change("smallest effect of interest", "0.01", "0.02") in changes
    assert Change("td, spa, new, frozen", "planned", "not planned") in changes
    assert len(changes) == 4 + 6
    assert design_changes(design(), design(baselines=("teacher", "student"), cells=CELLS[::-1])) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"primary": "mbert"}, "'mbert' is none of the baselines"),
        ({"seeds": 0}, "at least one seed"),
        ({"smallest_effect": -0.01}, "is not above 0"),
        ({"fixed": ("new",)}, r"several are planned of \['new'\]"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        design(**changes)
