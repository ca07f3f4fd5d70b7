"""Encoders and classifiers as objects: the same vectors and labels as models and the grid give."""

import numpy as np
import pandas as pd
import pytest
import torch

import raykd
from raykd.api import texts as module
from raykd.artifacts import Result
from raykd.config import Cleaning, Privacy
from raykd.errors import InputError
from raykd.evaluate.predict.heads import chosen_seed
from raykd.evaluate.run_cell import WorkerSpec, run_cells


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_an_encoding_is_the_mean_of_the_hidden_states(kind, encoder_directories, texts):
    encoder = raykd.Encoder.load(encoder_directories[kind])
    found = encoder.encode(texts, batch=7)
    assert found.shape == (len(texts), encoder.width) == (40, 32) and found.dtype == np.float32
    for text, row in zip(texts[:9], found, strict=False):
        inputs = encoder.tokenizer(text, return_tensors="pt", truncation=True, max_length=encoder.max_length)
        with torch.inference_mode():
            hidden = encoder.encoder.model(inputs["input_ids"], attention_mask=inputs["attention_mask"])
        np.testing.assert_allclose(row, hidden.last_hidden_state[0].mean(dim=0), atol=1e-5)


def test_no_text_an_empty_one_and_a_series_are_encoded(encoder_directories, texts):
    encoder = raykd.Encoder.load(encoder_directories["bert"])
    assert encoder.encode([]).shape == (0, 32)
    assert np.isfinite(encoder.encode([""])).all()
    np.testing.assert_array_equal(encoder.encode(pd.Series(texts)), encoder.encode(texts))


def test_long_texts_are_cut_and_more_than_its_positions_are_refused(encoder_directories):
    encoder = raykd.Encoder.load(encoder_directories["bert"], max_length=8)
    np.testing.assert_allclose(encoder.encode(["ball " * 100]), encoder.encode(["ball " * 6]), atol=1e-6)
    with pytest.raises(InputError, match="max_length is 99, but the encoder has 64 positions"):
        raykd.Encoder.load(encoder_directories["bert"], max_length=99)


def test_what_is_masked_in_an_experiment_is_masked_here(encoder_directories):
    masked = raykd.Encoder.load(encoder_directories["bert"], cleaning=Cleaning(privacy=Privacy()))
    one, other = masked.encode(["write to ann@x.com", "write to bob@y.org"], language="eng")
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("texts", "said"), [("one", "one string"), (["a", None], "text 1 is no string but NoneType")])
def test_what_is_no_list_of_strings_is_refused(texts, said, encoder_directories):
    with pytest.raises(InputError, match=said):
        raykd.Encoder.load(encoder_directories["bert"]).encode(texts)


def test_an_encoder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="none"):
        raykd.Encoder.load(tmp_path / "none")


@pytest.fixture
def cells(store, make_cell):
    """Two tasks of one encoder, scored."""
    first = make_cell()
    second = make_cell(task="food", labels=("food", "sport"), result=Result("scores", "food", 1, {}))
    for cell in (first, second):
        run_cells(store, [cell], WorkerSpec(10**9))
    return first, second


def test_a_classifier_gives_the_labels_of_the_grid(store, cells):
    classifier = raykd.Classifier.of_cells(store, cells)
    assert classifier.heads["task"].tolist() == ["topics", "food"]
    texts = store.storage.read_table(f"{cells[0].task_result.directory}/language=eng/test.parquet")["text"].to_pylist()
    for cell in cells:
        seed = chosen_seed(store, cell)
        rows = store.storage.read_table(cell.file("predictions.parquet")).to_pandas()
        rows = rows[(rows["encoder_seed"] == seed[0]) & (rows["seed"] == seed[1])]
        assert classifier.predict(texts, task=cell.task, batch=5) == rows["predicted"].map(list).tolist()
        probabilities = classifier.probabilities(texts, task=cell.task)
        assert list(probabilities.columns) == list(cell.labels)
        np.testing.assert_allclose(probabilities, np.stack(rows["probabilities"]), atol=1e-5)


def test_a_head_must_be_named_where_there_are_several(store, cells):
    classifier = raykd.Classifier.of_cells(store, cells)
    with pytest.raises(InputError, match=r"2 heads fit .*; there are: topics-eng, food-eng"):
        classifier.predict(["a"])
    with pytest.raises(InputError, match="no head fits task 'topics' and language 'jpn'"):
        classifier.predict(["a"], task="topics", language="jpn")
    assert len(raykd.Classifier.of_cells(store, cells[:1]).predict(["a", "b"])) == 2


def test_a_bar_comes_for_what_takes_long_and_goes(monkeypatch, capsys):
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    found = list(module.batches(list("abcde"), 2, "encoding", progress=True))
    assert found == [(0, ["a", "b"]), (2, ["c", "d"]), (4, ["e"])]
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    capsys.readouterr()
    assert len(list(module.batches(list("abcde"), 2, "encoding", progress=True))) == 3
    assert capsys.readouterr().out == ""
