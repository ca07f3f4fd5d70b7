"""int8: the values by hand, what stays in float, and that the worst layer is found."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.export.quantize import (
    Inputs,
    calibrate,
    divisor_of,
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
    small = quantize(graph, calibrate(graph, tokens), static=static)
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
    tokens = texts["sport-eng"].tokens
    names, inputs = [layer.name for layer in quantized_layers(graph)], calibrate(graph, tokens)
    chosen = next(name for name in names if name.endswith("layer.1.ffn.lin2"))
    assert [layer.name for layer in quantized_layers(quantize(graph, inputs, [chosen]))] == [chosen]
    # With all of them in float only the word embeddings are int8.
    almost = quantize(graph, inputs, names)
    assert [one.name for one in almost.graph.initializer if one.data_type == onnx.TensorProto.INT8] == [
        "encoder.embeddings.word_embeddings.weight_int8"
    ]
    (float_one,), (other,) = (
        OnnxModel(one.SerializeToString()).probabilities(tokens, ["sport-eng"]) for one in (graph, almost)
    )
    np.testing.assert_allclose(float_one, other, atol=0.01)


def test_the_layer_with_an_outlier_has_the_largest_error(graph, parts, with_outlier):
    _, _, texts = parts
    attention = "encoder.transformer.layer.1.attention"
    tokens = texts["topics-eng"].tokens
    bad = with_outlier(graph, attention, 300)
    before, after = (layer_errors(one, tokens, calibrate(one, tokens)) for one in (graph, bad))
    assert max(before.values()) < 0.02
    assert max(after, key=after.get) == f"{attention}.out_lin" and after[f"{attention}.out_lin"] > 0.1
    lin1 = "encoder.transformer.layer.0.ffn.lin1"
    assert after[lin1] == before[lin1]


def product_of(inputs: np.ndarray, weights: np.ndarray) -> tuple[onnx.ModelProto, Inputs]:
    """A graph of one product, and what calibration on these very inputs says of them."""
    node = onnx.helper.make_node("MatMul", ["inputs", "weights"], ["product"], name="layer")
    shapes = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, None]) for name in ("inputs", "product")
    ]
    constant = onnx.numpy_helper.from_array(weights, "weights")
    graph = onnx.helper.make_graph([node], "one", shapes[:1], shapes[1:], [constant])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10)
    return model, Inputs(np.minimum(inputs.min(0), 0), np.maximum(inputs.max(0), 0))


def int8_error(inputs: np.ndarray, weights: np.ndarray, smooth: bool = False) -> float:
    """|int8 product - product| / |product|, as onnxruntime computes it."""
    model, found = product_of(inputs, weights)
    found = replace(found, divisor=divisor_of(found, np.abs(weights).max(axis=1))) if smooth else found
    session = onnxruntime.InferenceSession(quantize(model, {"inputs": found}).SerializeToString())
    (product,) = session.run(None, {"inputs": inputs})
    right = inputs @ weights
    return float(np.linalg.norm(product - right) / np.linalg.norm(right))


def test_a_channel_that_is_far_larger_takes_no_steps_from_the_others():
    generator = np.random.default_rng(0)
    inputs, weights = (generator.standard_normal(shape).astype(np.float32) for shape in ((50, 64), (64, 32)))
    usual = int8_error(inputs, weights)
    inputs[:, 3] *= 100
    weights[3] /= 100
    assert usual < 0.02 and int8_error(inputs, weights) > 10 * usual
    assert int8_error(inputs, weights, smooth=True) < 1.5 * usual


def test_a_token_that_is_far_larger_takes_no_steps_from_the_others_behind_gelu():
    generator = np.random.default_rng(0)
    weights = generator.standard_normal((64, 32)).astype(np.float32)
    inputs = torch.nn.functional.gelu(torch.from_numpy(generator.standard_normal((50, 64)))).float().numpy()
    inputs[7] *= 100
    inputs = np.maximum(inputs, -0.17)
    _, found = product_of(inputs, weights)
    assert found.one_sided
    others = np.delete(inputs, 7, axis=0)
    model = product_of(inputs, weights)[0]
    session = onnxruntime.InferenceSession(quantize(model, {"inputs": found}).SerializeToString())
    (product,) = session.run(None, {"inputs": inputs})
    off = np.delete(product, 7, axis=0) - others @ weights
    assert np.linalg.norm(off) < 0.02 * np.linalg.norm(others @ weights)
    two_sided = replace(found, low=-found.high)
    session = onnxruntime.InferenceSession(quantize(model, {"inputs": two_sided}).SerializeToString())
    (product,) = session.run(None, {"inputs": inputs})
    assert np.linalg.norm(np.delete(product, 7, axis=0) - others @ weights) > 10 * np.linalg.norm(off)


def test_a_large_channel_does_not_make_inputs_one_sided():
    low, high = np.full(8, -1, np.float32), np.ones(8, np.float32)
    high[2] = 300
    assert not Inputs(low, high).one_sided and Inputs(low / 10, high).one_sided
    assert Inputs(low, high, np.where(high > 1, 300, 1)).range == (-1, 1)
