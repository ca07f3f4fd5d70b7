"""A classifier out of an export decides as the one out of the experiment."""

import numpy as np
import pytest

import raykd
from raykd.errors import InputError
from raykd.evaluate.labelled_splits import load_splits


def test_an_export_is_loaded_and_decides_as_torch_does(trained, exported):
    store, cells = trained
    shipped, own = raykd.Classifier.load(exported), raykd.Classifier.of_cells(store, cells)
    assert shipped.heads.to_dict() == own.heads.to_dict()
    for cell in cells:
        texts = load_splits(store, cell)["test"].texts
        there, here = (one.probabilities(texts, task=cell.task) for one in (shipped, own))
        np.testing.assert_allclose(there, here, atol=0.1)  # in int8
        labels = [one.predict(texts, task=cell.task) for one in (shipped, own)]
        assert np.mean([mine == theirs for mine, theirs in zip(*labels, strict=True)]) > 0.9


def test_what_is_no_export_is_refused(tmp_path):
    with pytest.raises(InputError, match="no export of raykd"):
        raykd.Classifier.load(tmp_path)
