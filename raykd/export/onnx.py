"""One encoder and its heads as one ONNX graph (paper, Figure 1): texts are encoded once for all of them.

    input_ids, attention_mask: int64 [batch, sequence]
    -> last_hidden_state: float32 [batch, sequence, width]
       <head>.probabilities: float32 [batch, labels], <head>.labels: bool [batch, labels], for each head

The thresholds are inside: `.labels` is what the grid decides. The graph's metadata has, as JSON, "heads" (labels,
thresholds, kind by name), "max_length" and "pad_token_id". Nodes are called by their module, as in
`encoder.transformer.layer.0.ffn.lin1`.
"""

from __future__ import annotations

import ast
import json
import logging
import warnings
from collections.abc import Mapping
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import TextEncoder
from raykd.evaluate.classifier.head import ClassifierHead, StructuredSelfAttention, to_probabilities
from raykd.evaluate.predict.heads import SavedHead

OPSET = 20
SCOPES = "pkg.torch.onnx.name_scopes"
LARGEST = 2**31 - 2**20  # bytes of one protobuf message

Heads = Mapping[str, tuple[SavedHead, ClassifierHead]]


class EncoderWithHeads(nn.Module):
    """What is exported: padded texts in, hidden states and each head's answers out."""

    def __init__(self, encoder: TextEncoder, heads: Heads) -> None:
        super().__init__()
        self.encoder = encoder.model
        self.saved = [saved for saved, _ in heads.values()]
        self.heads: Any = nn.ModuleList(head for _, head in heads.values())

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        outputs, mask = [hidden], attention_mask.bool()
        for saved, head in zip(self.saved, self.heads, strict=True):
            probabilities = to_probabilities(padded_logits(head, hidden, mask), saved.kind)
            outputs += [probabilities, decisions(saved, probabilities)]
        return tuple(outputs)


def padded_logits(head: ClassifierHead, hidden: Tensor, mask: Tensor) -> Tensor:
    """What a head computes without padding, from states [texts, longest, width] and mask bool [texts, longest]."""
    real = mask.unsqueeze(-1)
    if isinstance(head, StructuredSelfAttention):
        scores = head.second(torch.tanh(head.first(hidden)))
        weights = scores.masked_fill(~real, -torch.inf).softmax(dim=1)
    else:
        weights = real / real.sum(dim=1, keepdim=True)
    logits: Tensor = head.output((weights.transpose(1, 2) @ hidden).flatten(1))
    return logits


def decisions(saved: SavedHead, probabilities: Tensor) -> Tensor:
    """`metrics.decide` in torch: bool [texts, labels]."""
    columns = torch.arange(len(saved.labels))
    if saved.kind == "multi-label":
        return probabilities.double() > torch.tensor(saved.thresholds, dtype=torch.float64)
    if saved.kind == "binary":
        positive = saved.labels.index(saved.positive or "")
        above = probabilities[:, positive : positive + 1].double() > saved.thresholds[positive]
        return above == (columns == positive)
    return probabilities.argmax(dim=1, keepdim=True) == columns


def export_graph(encoder: TextEncoder, heads: Heads, max_length: int) -> onnx.ModelProto:
    """The graph in float32; encoder and heads are on the CPU.

    Raises InputError for an encoder of more than the 2 GB that one ONNX file can hold.
    """
    size = sum(one.numel() * one.element_size() for one in encoder.parameters())
    if size > LARGEST:
        raise InputError(f"export: an encoder of {size / 1e9:.1f} GB does not fit an ONNX file, which holds 2 GB")
    ids = torch.ones(2, 7, dtype=torch.long)
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    batch, sequence = torch.export.Dim("batch"), torch.export.Dim("sequence")
    names = ["last_hidden_state", *(f"{head}.{what}" for head in heads for what in ("probabilities", "labels"))]
    attention = encoder.model.config._attn_implementation
    # Plain products and a softmax: what onnxruntime computes fastest, and a third fewer nodes.
    encoder.model.set_attn_implementation("eager")
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                EncoderWithHeads(encoder, heads).eval(),
                (ids, mask),
                dynamo=True,
                dynamic_shapes=({0: batch, 1: sequence},) * 2,
                input_names=["input_ids", "attention_mask"],
                output_names=names,
                opset_version=OPSET,
                verbose=False,
            )
    finally:
        encoder.model.set_attn_implementation(attention)
    assert program
    model: onnx.ModelProto = program.model_proto
    _name_nodes(model)
    facts = {"heads": {name: _facts(saved) for name, (saved, _) in heads.items()}, "max_length": max_length}
    facts["pad_token_id"] = encoder.model.config.pad_token_id or 0
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in facts.items()})
    return model


def _facts(saved: SavedHead) -> dict[str, Any]:
    facts = {"task": saved.task, "kind": saved.kind, "labels": list(saved.labels), "positive": saved.positive}
    return facts | {"thresholds": list(saved.thresholds)}


def _name_nodes(model: onnx.ModelProto) -> None:
    """Call each product and look-up by its module, for those who read of it in an error or exclude it."""
    for node in model.graph.node:
        scopes = next((prop.value for prop in node.metadata_props if prop.key == SCOPES), "[]")
        modules = [scope for scope in ast.literal_eval(scopes)[:-1] if scope]
        constant = {one.name for one in model.graph.initializer}.intersection(node.input)
        if node.op_type in ("MatMul", "Gather") and modules and constant:
            node.name = modules[-1]
        del node.metadata_props[:]  # stack traces of this machine


class _quiet(warnings.catch_warnings):
    """The exporter tells of its steps and of what it leaves to onnxruntime; errors are raised."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)

    def __exit__(self, *error: Any) -> None:
        logging.disable(logging.NOTSET)
        super().__exit__(*error)
