"""A float graph in int8: weights by column, word embeddings by row, activations by tensor.

An activation's range is found anew for every batch (dynamic), or fixed beforehand from calibration text (static), which
saves a pass over it and loses some accuracy where ranges differ from text to text. Layers that are named stay in float.
onnxruntime fuses what stands here with the product into one kernel.

An x86 processor without VNNI multiplies unsigned by signed bytes in 16 bits, which overflow, and unsigned by unsigned
ones exactly, though slower. An export made on such a machine stores its weights as unsigned (the same steps, moved by
128), which is right everywhere.

One numpy pass over the weights: onnxruntime's own quantize_dynamic gives the same products, takes ten times as
long, and has one scale for all word embeddings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.probe.machine import cpu_features

Range = tuple[float, float]


@dataclass(frozen=True)
class Layer:
    """A product with constant weights [inputs, outputs]. source: the tensor that it takes."""

    name: str
    source: str
    weight: str


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
    model: onnx.ModelProto, in_float: Collection[str] = (), ranges: Mapping[str, Range] | None = None
) -> onnx.ModelProto:
    """A copy of the graph in int8.

    in_float: names of layers that stay as they are; ranges: of each layer's input (`input_ranges`), None for dynamic.
    """
    weights = {one.name: one for one in model.graph.initializer}
    chosen = {layer.name: layer for layer in quantized_layers(model) if layer.name not in in_float}
    builder = _Builder(weights, ranges)
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
    def __init__(self, weights: Mapping[str, onnx.TensorProto], ranges: Mapping[str, Range] | None) -> None:
        self.weights, self.ranges, self.unsigned = weights, ranges, signed_overflows()
        self.nodes: list[onnx.NodeProto] = []
        self.added: list[onnx.TensorProto] = []
        self.sources: set[str] = set()  # whose quantised form is there: layers that take the same share it

    def product(self, node: onnx.NodeProto) -> None:
        source, weight, name = node.input[0], node.input[1], node.name
        values, scales = to_int8(numpy_helper.to_array(self.weights[weight]), axis=0)
        zeros = np.zeros(values.shape[1], np.int8)
        if self.unsigned:
            values, zeros = to_unsigned(values), to_unsigned(zeros)
        self._add(f"{name}.weight_int8", values)
        self._add(f"{name}.weight_scale", scales[0])
        self._add(f"{name}.weight_zero", zeros)
        self._source(source)
        own = [f"{name}.weight_int8", f"{name}.weight_scale", f"{name}.weight_zero"]
        if self.ranges is not None:
            self._node("DequantizeLinear", own, [f"{name}.weight"], axis=1)
            self._node("MatMul", [f"{source}.static", f"{name}.weight"], list(node.output), name)
            return
        inputs = [f"{source}.uint8", own[0], f"{source}.zero", own[2]]
        self._node("MatMulInteger", inputs, [f"{name}.int32"], name)
        self._node("Cast", [f"{name}.int32"], [f"{name}.sums"], to=onnx.TensorProto.FLOAT)
        self._node("Mul", [f"{source}.scale", own[1]], [f"{name}.scale"])
        self._node("Mul", [f"{name}.sums", f"{name}.scale"], list(node.output))

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

    def _source(self, source: str) -> None:
        if source in self.sources:
            return
        self.sources.add(source)
        if self.ranges is None:
            self._node("DynamicQuantizeLinear", [source], [f"{source}.{part}" for part in ("uint8", "scale", "zero")])
            return
        scale, zero = to_uint8_scale(*self.ranges[source])
        self._add(f"{source}.scale", np.float32(scale))
        self._add(f"{source}.zero", np.uint8(zero))
        own = [f"{source}.scale", f"{source}.zero"]
        self._node("QuantizeLinear", [source, *own], [f"{source}.uint8"])
        self._node("DequantizeLinear", [f"{source}.uint8", *own], [f"{source}.static"])

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


def input_ranges(model: onnx.ModelProto, tokens: Ragged) -> dict[str, Range]:
    """The least and the greatest value of every layer's input over calibration texts."""
    ranges: dict[str, Range] = {}
    for found in activations(model, tokens):
        for name, values in found.items():
            low, high = ranges.get(name, (0.0, 0.0))
            ranges[name] = min(low, float(values.min())), max(high, float(values.max()))
    return ranges


def layer_errors(model: onnx.ModelProto, tokens: Ragged, ranges: Mapping[str, Range] | None = None) -> dict[str, float]:
    """Of each layer alone, on the float graph's own activations: |int8 product - product| / |product| (Frobenius).

    The layers with the largest are those whose inputs have outliers, which leave few steps for all other values.
    """
    weights = {one.name: one for one in model.graph.initializer}
    layers = quantized_layers(model)
    matrices = {layer.weight: numpy_helper.to_array(weights[layer.weight]).astype(np.float32) for layer in layers}
    rounded = {name: np.multiply(*to_int8(matrix, axis=0)) for name, matrix in matrices.items()}
    wrong, right = (dict.fromkeys((layer.name for layer in layers), 0.0) for _ in range(2))
    for found in activations(model, tokens):
        for layer in layers:
            values = found[layer.source]
            low, high = ranges[layer.source] if ranges else (float(values.min()), float(values.max()))
            scale, zero = to_uint8_scale(low, high)
            steps = np.clip(np.rint(values / scale) + zero, 0, 255) - zero
            product = values @ matrices[layer.weight]
            wrong[layer.name] += float((((steps * scale) @ rounded[layer.weight] - product) ** 2).sum())
            right[layer.name] += float((product**2).sum())
    return {name: (wrong[name] / right[name]) ** 0.5 if right[name] else 0.0 for name in wrong}
