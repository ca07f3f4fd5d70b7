"""The graph gives what torch gives: states, probabilities, decisions; whatever the padding."""

import numpy as np
import pytest
import torch

from raykd.config import Head
from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.classifier.train import make_head
from raykd.evaluate.metrics import decide
from raykd.evaluate.predict.heads import SavedHead, TextClassifier
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.export.onnx import decisions, padded_logits


def test_one_graph_answers_for_all_heads_as_torch_does(graph, parts):
    encoder, heads, texts = parts
    model = OnnxModel(graph.SerializeToString())
    assert list(model.heads) == ["topics-eng", "sport-eng"] and model.max_length == 32
    plain = TextClassifier(None, encoder, {name: [pair] for name, pair in heads.items()}, 32, "cpu", torch.float32)
    tokens = texts["topics-eng"].tokens
    found = model.probabilities(tokens, list(heads))
    for name, one in zip(heads, found, strict=True):
        (expected,) = plain.probabilities(tokens, name)
        np.testing.assert_allclose(one, expected, atol=1e-5)


def test_labels_are_decided_inside(graph, parts):
    _, heads, texts = parts
    model = OnnxModel(graph.SerializeToString())
    for name, (saved, _) in heads.items():
        given = 0
        for _, found in model.run(texts[name].tokens, [f"{name}.probabilities", f"{name}.labels"]):
            probabilities, labels = found.values()
            expected = decide(saved.kind, saved.labels, saved.positive, probabilities, saved.thresholds)
            np.testing.assert_array_equal(labels, expected)
            given += labels.sum()
        assert given


def test_padding_changes_nothing(graph, parts):
    _, _, texts = parts
    model, tokens = OnnxModel(graph.SerializeToString()), texts["topics-eng"].tokens
    shortest = int(tokens.lengths.argmin())
    alone = model.inputs(tokens.take(torch.tensor([shortest])))
    together = model.inputs(tokens.take(torch.tensor([int(tokens.lengths.argmax()), shortest])))
    for output in ("last_hidden_state", "topics-eng.probabilities", "sport-eng.labels"):
        (one,), (both,) = (model.session.run([output], inputs) for inputs in (alone, together))
        np.testing.assert_allclose(both[1][: len(one[0])] if one.ndim == 3 else both[1], one[0], atol=1e-5)


@pytest.mark.parametrize("settings", [Head(hidden=8, hops=3), Head(pooling="mean")])
def test_padded_heads_are_the_ragged_ones(settings):
    torch.manual_seed(0)
    head = make_head(settings, 6, 4).eval()
    lengths = torch.tensor([5, 3, 1])
    states = torch.randn(9, 6)
    ragged = Ragged(states, torch.nn.functional.pad(lengths.cumsum(0), (1, 0)))
    padded = torch.nn.utils.rnn.pad_sequence(list(states.split(lengths.tolist())), True, padding_value=7.0)
    mask = torch.arange(5) < lengths.unsqueeze(1)
    with torch.no_grad():
        torch.testing.assert_close(padded_logits(head, padded, mask), head(ragged)[0])


@pytest.mark.parametrize(
    ("kind", "labels", "positive"),
    [("multi-label", ("a", "b", "c"), None), ("binary", ("a", "b"), "b"), ("multi-class", ("a", "b", "c"), None)],
)
def test_decisions_are_the_grids(kind, labels, positive):
    generator = np.random.default_rng(0)
    probabilities = generator.random((200, len(labels))).astype(np.float32)
    thresholds = tuple(float(probabilities[number, number]) for number in range(len(labels)))  # equal is not above
    saved = SavedHead("task", kind, labels, positive, thresholds, Head(), 4, "")
    expected = decide(kind, labels, positive, probabilities, thresholds)
    np.testing.assert_array_equal(decisions(saved, torch.from_numpy(probabilities)).numpy(), expected)
