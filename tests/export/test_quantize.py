"""int8: the values by hand, what stays in float, and that the worst layer is found."""

import numpy as np
import onnx
import pytest

from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.export.quantize import (
    input_ranges,
    layer_errors,
    quantize,
    quantized_layers,
    signed_overflows,
    to_int8,
    to_uint8_scale,
)


def test_each_line_has_its_own_scale():
    weights = np.array([[1.0, 100.0], [-0.5, 50.0], [0.0, 0.0]], np.float32)
    values, scales = to_int8(weights, axis=0)
    assert values.tolist() == [[127, 127], [-64, 64], [0, 0]]
    np.testing.assert_allclose(scales, [[1 / 127, 100 / 127]], rtol=1e-6)
    values, scales = to_int8(weights, axis=1)
    assert values.tolist() == [[1, 127], [-1, 127], [0, 0]] and scales.shape == (3, 1)


@pytest.mark.parametrize(
    ("low", "high", "scale", "zero"), [(-1, 1.55, 0.01, 100), (1, 2.55, 0.01, 0), (-5.1, -1, 0.02, 255), (0, 0, 1, 0)]
)
def test_a_range_holds_zero(low, high, scale, zero):
    found = to_uint8_scale(low, high)
    assert found[0] == pytest.approx(scale) and found[1] == zero


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("static", [False, True])
def test_int8_is_near_and_a_quarter(graph, parts, static, unsigned, monkeypatch):
    if signed_overflows() and not unsigned:
        pytest.skip("this processor has no VNNI, so products with signed weights overflow")
    monkeypatch.setattr("raykd.export.quantize.signed_overflows", lambda: unsigned)
    _, _, texts = parts
    tokens = texts["topics-eng"].tokens
    small = quantize(graph, ranges=input_ranges(graph, tokens) if static else None)
    onnx.checker.check_model(small)
    kinds = {one.name: one.data_type for one in small.graph.initializer}
    layers = quantized_layers(graph)
    assert len(layers) == 2 * 6 + 2 * 2  # of each layer of the encoder, and two of each head
    kind = onnx.TensorProto.UINT8 if unsigned else onnx.TensorProto.INT8
    assert all(kinds[f"{layer.name}.weight_int8"] == kind for layer in layers)
    assert not {layer.weight for layer in layers} & kinds.keys()
    before, after = (
        np.concatenate(OnnxModel(one.SerializeToString()).probabilities(tokens, ["topics-eng"]))
        for one in (graph, small)
    )
    assert 0 < np.abs(before - after).max() < 0.05


def test_what_is_named_stays_in_float(graph, parts):
    _, _, texts = parts
    names = [layer.name for layer in quantized_layers(graph)]
    chosen = next(name for name in names if name.endswith("layer.1.ffn.lin2"))
    assert [layer.name for layer in quantized_layers(quantize(graph, [chosen]))] == [chosen]
    # With all of them in float only the word embeddings are int8.
    almost = quantize(graph, names)
    assert [one.name for one in almost.graph.initializer if one.data_type == onnx.TensorProto.INT8] == [
        "encoder.embeddings.word_embeddings.weight_int8"
    ]
    tokens = texts["sport-eng"].tokens
    (float_one,), (other,) = (
        OnnxModel(one.SerializeToString()).probabilities(tokens, ["sport-eng"]) for one in (graph, almost)
    )
    np.testing.assert_allclose(float_one, other, atol=0.01)


def test_the_layer_with_an_outlier_has_the_largest_error(graph, parts, with_outlier):
    _, _, texts = parts
    attention = "encoder.transformer.layer.1.attention"
    tokens = texts["topics-eng"].tokens
    before, after = layer_errors(graph, tokens), layer_errors(with_outlier(graph, attention, 300), tokens)
    assert max(before.values()) < 0.02
    assert max(after, key=after.get) == f"{attention}.out_lin" and after[f"{attention}.out_lin"] > 0.1
    assert after["encoder.transformer.layer.0.ffn.lin1"] == before["encoder.transformer.layer.0.ffn.lin1"]
