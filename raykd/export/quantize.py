"""A float graph in int8: weights by column, word embeddings by row, activations by tensor.

An activation's range is found anew for every batch (dynamic), or fixed beforehand from calibration text (static), which
saves a pass over it and loses some accuracy where ranges differ from text to text. Layers that are named stay in float.
onnxruntime fuses what stands here with the product into one kernel.

One range leaves few of its 255 steps to most values where some are far larger. In a transformer's hidden states these
are a few channels: inputs are divided channel by channel by what calibration text says of them, and the weights' rows
multiplied by the same (SmoothQuant, Xiao et al. 2023, section 4). Behind GELU they are single tokens: such inputs,
which reach hardly below 0, have a range for each token, from their least value to the token's greatest.

An x86 processor without VNNI multiplies unsigned by signed bytes in 16 bits, which overflow, and unsigned by unsigned
ones exactly, though slower. An export made on such a machine stores its weights as unsigned (the same steps, moved by
128), which is right everywhere.

One numpy pass over the weights: onnxruntime's own quantize_dynamic gives the same products, takes ten times as
long, and has one scale for all word embeddings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.probe.machine import cpu_features

SMOOTHING = 0.6  # how much of the difference between channels goes from inputs to weights
ONE_SIDED = 1 / 3  # how far below 0 half of the channels reach at most, of how far above, where tokens have ranges


@dataclass(frozen=True)
class Layer:
    """A product with constant weights [inputs, outputs]. source: the tensor that it takes."""

    name: str
    source: str
    weight: str


@dataclass(frozen=True)
class Inputs:
    """What a layer takes, by calibration text. low, high: float32 [channels], the least and the greatest value of each,
    and at most and at least 0; divisor: of each; none: as they are."""

    low: np.ndarray
    high: np.ndarray
    divisor: np.ndarray | None = None

    @property
    def one_sided(self) -> bool:
        return bool(np.median(-self.low - ONE_SIDED * self.high) < 0)

    @property
    def range(self) -> tuple[float, float]:
        """Of all channels once they are divided."""
        divisor = 1.0 if self.divisor is None else self.divisor
        return float((self.low / divisor).min()), float((self.high / divisor).max())

    def weights(self, matrix: np.ndarray) -> np.ndarray:
        """[inputs, outputs] for inputs that are divided."""
        return matrix if self.divisor is None else matrix * self.divisor[:, None]


def signed_overflows() -> bool:
    """Whether products with signed weights do, on this machine."""
    features = set(cpu_features())
    return "avx2" in features and not features & {"avx_vnni", "avx512_vnni"}


def quantized_layers(model: onnx.ModelProto) -> list[Layer]:
    """Every layer that can be int8, in the graph's order."""
    matrices = {one.name for one in model.graph.initializer if len(one.dims) == 2}
    return [
        Layer(node.name, node.input[0], node.input[1])
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1] in matrices
    ]


def quantize(
    model: onnx.ModelProto, inputs: Mapping[str, Inputs], in_float: Collection[str] = (), static: bool = False
) -> onnx.ModelProto:
    """A copy of the graph in int8.

    inputs: of every layer, by tensor name (`calibrate`); in_float: names of layers that stay as they are; static:
    whether ranges are those of calibration, where they are not each token's.
    """
    weights = {one.name: one for one in model.graph.initializer}
    chosen = {layer.name: layer for layer in quantized_layers(model) if layer.name not in in_float}
    builder = _Builder(weights, inputs, static)
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.name in chosen:
            builder.product(node)
        elif node.op_type == "Gather" and list(node.input)[1:] == ["input_ids"]:
            builder.embedding(node)
        else:
            builder.nodes.append(node)
    used = {name for node in builder.nodes for name in node.input}
    kept = [one for one in weights.values() if one.name in used]
    graph = helper.make_graph(
        builder.nodes, model.graph.name, model.graph.input, model.graph.output, [*kept, *builder.added]
    )
    quantized = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    quantized.metadata_props.extend(model.metadata_props)
    return quantized


class _Builder:
    def __init__(self, weights: Mapping[str, onnx.TensorProto], inputs: Mapping[str, Inputs], static: bool) -> None:
        self.weights, self.inputs, self.static, self.unsigned = weights, inputs, static, signed_overflows()
        self.nodes: list[onnx.NodeProto] = []
        self.added: list[onnx.TensorProto] = []
        self.sources: set[str] = set()  # whose quantised form is there: layers that take the same share it

    def product(self, node: onnx.NodeProto) -> None:
        source, weight, name = node.input[0], node.input[1], node.name
        inputs = self.inputs[source]
        values, scales = to_int8(inputs.weights(numpy_helper.to_array(self.weights[weight])), axis=0)
        of_floor = inputs.low.min() * (values * scales).sum(axis=0)  # what a floor that was taken away comes to
        zeros = np.zeros(values.shape[1], np.int8)
        if self.unsigned:
            values, zeros = to_unsigned(values), to_unsigned(zeros)
        own = [f"{name}.weight_int8", f"{name}.weight_scale", f"{name}.weight_zero"]
        for constant, value in zip(own, (values, scales[0], zeros), strict=True):
            self._add(constant, value)
        if source not in self.sources:
            self.sources.add(source)
            self._quantize_input(source, inputs)
        if self.static and not inputs.one_sided:
            self._node("DequantizeLinear", own, [f"{name}.weight"], axis=1)
            self._node("MatMul", [f"{source}.static", f"{name}.weight"], list(node.output), name)
            return
        self._node("MatMulInteger", [f"{source}.uint8", own[0], f"{source}.zero", own[2]], [f"{name}.int32"], name)
        self._node("Cast", [f"{name}.int32"], [f"{name}.sums"], to=onnx.TensorProto.FLOAT)
        if not inputs.one_sided:
            self._node("Mul", [f"{source}.scale", own[1]], [f"{name}.scale"])
            self._node("Mul", [f"{name}.sums", f"{name}.scale"], list(node.output))
            return
        self._add(f"{name}.of_floor", of_floor.astype(np.float32))
        # In this order: of a product of scales onnxruntime's fused kernel would take the first token's for all.
        self._node("Mul", [f"{name}.sums", own[1]], [f"{name}.columns"])
        self._node("Mul", [f"{name}.columns", f"{source}.scale"], [f"{name}.above"])
        self._node("Add", [f"{name}.above", f"{name}.of_floor"], list(node.output))

    def embedding(self, node: onnx.NodeProto) -> None:
        """A scale a row: of all rows the largest value would be the others' coarsest step."""
        values, scales = to_int8(numpy_helper.to_array(self.weights[node.input[0]]), axis=1)
        name, ids = node.name, node.input[1]
        self._add(f"{name}.weight_int8", values)
        self._add(f"{name}.weight_scale", scales)
        self._node("Gather", [f"{name}.weight_int8", ids], [f"{name}.int8"], name)
        self._node("Cast", [f"{name}.int8"], [f"{name}.steps"], to=onnx.TensorProto.FLOAT)
        self._node("Gather", [f"{name}.weight_scale", ids], [f"{name}.scale"])
        self._node("Mul", [f"{name}.steps", f"{name}.scale"], list(node.output))

    def _quantize_input(self, source: str, inputs: Inputs) -> None:
        if inputs.one_sided:
            self._quantize_tokens(source, inputs)
            return
        divided = source
        if inputs.divisor is not None:
            divided = f"{source}.divided"
            self._add(f"{source}.factor", (1 / inputs.divisor).astype(np.float32))
            self._node("Mul", [source, f"{source}.factor"], [divided])
        if not self.static:
            self._node("DynamicQuantizeLinear", [divided], [f"{source}.{part}" for part in ("uint8", "scale", "zero")])
            return
        scale, zero = to_uint8_scale(*inputs.range)
        self._add(f"{source}.scale", np.float32(scale))
        self._add(f"{source}.zero", np.uint8(zero))
        own = [f"{source}.scale", f"{source}.zero"]
        self._node("QuantizeLinear", [divided, *own], [f"{source}.uint8"])
        self._node("DequantizeLinear", [f"{source}.uint8", *own], [f"{source}.static"])

    def _quantize_tokens(self, source: str, inputs: Inputs) -> None:
        """From the floor of all to the greatest value of each, whose scale is [..., tokens, 1]."""
        constants: dict[str, np.ndarray | np.generic] = {
            "floor": np.float32(inputs.low.min()),
            "step": np.float32(1 / 255),
            "zero": np.uint8(0),
        }
        constants |= {"least": np.float32(1e-12), "axes": np.array([-1])}
        for name, value in constants.items():
            self._add(f"{source}.{name}", value)
        self._node("Sub", [source, f"{source}.floor"], [f"{source}.above"])
        self._node("Relu", [f"{source}.above"], [f"{source}.values"])  # calibration has not seen every value
        self._node("ReduceMax", [f"{source}.values", f"{source}.axes"], [f"{source}.greatest"], keepdims=1)
        self._node("Mul", [f"{source}.greatest", f"{source}.step"], [f"{source}.some"])
        self._node("Max", [f"{source}.some", f"{source}.least"], [f"{source}.scale"])
        self._node("Div", [f"{source}.values", f"{source}.scale"], [f"{source}.steps"])
        self._node("Round", [f"{source}.steps"], [f"{source}.whole"])
        self._node("Cast", [f"{source}.whole"], [f"{source}.uint8"], to=onnx.TensorProto.UINT8)

    def _add(self, name: str, values: np.ndarray | np.generic) -> None:
        self.added.append(numpy_helper.from_array(np.asarray(values), name))

    def _node(self, kind: str, inputs: Sequence[str], outputs: Sequence[str], name: str = "", **settings: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=name, **settings))


def to_int8(weights: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """(int8 values, float32 scales with the axis kept at 1): one a line along the axis, symmetric about 0."""
    largest = np.abs(weights).max(axis=axis, keepdims=True)
    scales = (np.where(largest > 0, largest, 1) / 127).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales


def to_unsigned(values: np.ndarray) -> np.ndarray:
    """int8 as uint8, 0 as 128."""
    return (values.astype(np.int16) + 128).astype(np.uint8)


def to_uint8_scale(low: float, high: float) -> tuple[float, int]:
    """(scale, zero point) of a range, which is widened to hold 0, as DynamicQuantizeLinear does."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    return scale, int(np.clip(np.rint(-low / scale), 0, 255))


def activations(model: onnx.ModelProto, tokens: Ragged) -> Iterator[dict[str, np.ndarray]]:
    """What each layer takes, without padding [tokens, inputs], by tensor name, a batch at a time."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    sources = list(dict.fromkeys(layer.source for layer in quantized_layers(model)))
    given = {one.name for one in watched.graph.output}
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sources if name not in given)
    runner = OnnxModel(watched.SerializeToString())
    for rows, found in runner.run(tokens, sources):
        lengths = tokens.lengths[rows].numpy()
        real = np.arange(lengths.max()) < lengths[:, None]
        yield {name: values[real] for name, values in found.items()}


def calibrate(model: onnx.ModelProto, tokens: Ragged) -> dict[str, Inputs]:
    """What every layer takes over calibration texts, by tensor name.

    Channels are divided by max |input| ** SMOOTHING / max |weight| ** (1 - SMOOTHING), over all layers that share the
    input: both are then about as hard to round.
    """
    matrices = {one.name: one for one in model.graph.initializer}
    weights: dict[str, np.ndarray] = {}
    for layer in quantized_layers(model):
        largest = np.abs(numpy_helper.to_array(matrices[layer.weight])).max(axis=1)
        weights[layer.source] = np.maximum(weights.get(layer.source, 0), largest)
    lows, highs = ({name: np.zeros(len(one), np.float32) for name, one in weights.items()} for _ in range(2))
    for found in activations(model, tokens):
        for name, values in found.items():
            lows[name] = np.minimum(lows[name], values.min(axis=0))
            highs[name] = np.maximum(highs[name], values.max(axis=0))
    inputs = {name: Inputs(lows[name], highs[name]) for name in weights}
    return {
        name: one if one.one_sided else replace(one, divisor=divisor_of(one, weights[name]))
        for name, one in inputs.items()
    }


def divisor_of(inputs: Inputs, weights: np.ndarray) -> np.ndarray:
    """Of each channel. weights: the largest by which it is multiplied, without sign."""
    largest = np.maximum(inputs.high, -inputs.low)
    used = (largest > 0) & (weights > 0)  # others are not divided: whatever they hold, there is nothing to lose
    divisor = np.where(used, largest, 1) ** SMOOTHING / np.where(used, weights, 1) ** (1 - SMOOTHING)
    return divisor.astype(np.float32)


def layer_errors(
    model: onnx.ModelProto, tokens: Ragged, inputs: Mapping[str, Inputs], static: bool = False
) -> dict[str, float]:
    """Of each layer alone, on the float graph's own activations: |int8 product - product| over |product - its mean|
    (Frobenius), as the mean of each output says nothing of a text.

    The layers with the largest are those whose inputs have outliers, which leave few steps for all other values.
    """
    weights = {one.name: one for one in model.graph.initializer}
    layers = quantized_layers(model)
    matrices = {layer.name: numpy_helper.to_array(weights[layer.weight]).astype(np.float32) for layer in layers}
    rounded = {
        layer.name: np.multiply(*to_int8(inputs[layer.source].weights(matrices[layer.name]), axis=0))
        for layer in layers
    }
    wrong, right = (dict.fromkeys((layer.name for layer in layers), 0.0) for _ in range(2))
    for found in activations(model, tokens):
        for layer in layers:
            product = found[layer.source] @ matrices[layer.name]
            off = _rounded(found[layer.source], inputs[layer.source], static) @ rounded[layer.name] - product
            wrong[layer.name] += float((off**2).sum())
            right[layer.name] += float(((product - product.mean(axis=0)) ** 2).sum())
    return {name: (wrong[name] / right[name]) ** 0.5 if right[name] else 0.0 for name in wrong}


def _rounded(values: np.ndarray, inputs: Inputs, static: bool) -> np.ndarray:
    """Inputs [tokens, channels], divided and rounded, as the int8 graph has them."""
    if inputs.one_sided:
        floor = inputs.low.min()
        above = np.maximum(values - floor, 0)
        scales = np.maximum(above.max(axis=1, keepdims=True) / 255, 1e-12)
        return np.rint(above / scales) * scales + floor
    divided = values if inputs.divisor is None else values / inputs.divisor
    scale, zero = to_uint8_scale(*(inputs.range if static else (float(divided.min()), float(divided.max()))))
    return (np.clip(np.rint(divided / scale) + zero, 0, 255) - zero) * scale
