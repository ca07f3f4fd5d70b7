"""A student of a BERT teacher: some of its layers, all of its embeddings, its vocabulary head if it has one.

Follows Sanh et al. 2019 as in scripts/extract_distilbert.py of the reference, with two differences: the head's
transform is always copied, and the token-type row is folded into the positions instead of dropped (`token_types`), so
that a student with all of the teacher's layers computes what the teacher computes.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from transformers import BertForMaskedLM, BertModel, DistilBertConfig, DistilBertForMaskedLM, DistilBertModel

from raykd.config import Distill
from raykd.distill.models.student_shape import check_shape, chosen_layers
from raykd.errors import InputError


def build_student(
    teacher: BertForMaskedLM | BertModel, spec: Distill, seed: int = 0
) -> DistilBertForMaskedLM | DistilBertModel:
    """A DistilBERT with the teacher's weights, or with random ones that follow from the seed; without a vocabulary
    head where the teacher has none.

    Raises InputError for a teacher whose shape it cannot take over.
    """
    old = teacher.config
    # Some saved epsilons went through single precision: 9.99999996e-13.
    if old.hidden_act != "gelu" or not math.isclose(old.layer_norm_eps, 1e-12, rel_tol=1e-6):
        raise InputError(
            f"teacher: activation {old.hidden_act!r} with LayerNorm epsilon {old.layer_norm_eps}; DistilBERT computes "
            "with gelu and 1e-12 only"
        )
    check_shape(spec, old.num_hidden_layers, old.hidden_size, old.num_attention_heads)
    layers, width = chosen_layers(spec.layers, old.num_hidden_layers), spec.width or old.hidden_size
    config = DistilBertConfig(
        vocab_size=old.vocab_size,
        max_position_embeddings=old.max_position_embeddings,
        dim=width,
        hidden_dim=old.intermediate_size * width // old.hidden_size,
        n_layers=len(layers),
        n_heads=old.num_attention_heads * width // old.hidden_size,
        dropout=spec.dropout,
        attention_dropout=spec.dropout,
        pad_token_id=old.pad_token_id,
        tie_word_embeddings=old.tie_word_embeddings,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        student = DistilBertForMaskedLM(config)
    encoder = student.distilbert
    if spec.initialisation == "teacher":
        bert: Any = teacher.base_model
        with torch.no_grad():
            _copy_embeddings(bert.embeddings, encoder.embeddings, fold=spec.token_types == "fold")
            for index, layer in enumerate(layers):
                _copy_layer(bert.encoder.layer[layer], encoder.transformer.layer[index])
            if isinstance(teacher, BertForMaskedLM):
                _copy_head(teacher, student)
    encoder.embeddings.position_embeddings.weight.requires_grad_(spec.positions == "trained")
    return student if isinstance(teacher, BertForMaskedLM) else encoder


def _copy(source: nn.Module, target: nn.Module) -> None:
    target.load_state_dict(source.state_dict())


def _copy_embeddings(old: Any, new: Any, fold: bool) -> None:
    new.word_embeddings.weight.copy_(old.word_embeddings.weight)
    new.position_embeddings.weight.copy_(old.position_embeddings.weight)
    if fold:
        new.position_embeddings.weight.add_(old.token_type_embeddings.weight[0])
    _copy(old.LayerNorm, new.LayerNorm)


def _copy_layer(old: Any, new: Any) -> None:
    """old: BertLayer; new: DistilBERT's TransformerBlock."""
    _copy(old.attention.self.query, new.attention.q_lin)
    _copy(old.attention.self.key, new.attention.k_lin)
    _copy(old.attention.self.value, new.attention.v_lin)
    _copy(old.attention.output.dense, new.attention.out_lin)
    _copy(old.attention.output.LayerNorm, new.sa_layer_norm)
    _copy(old.intermediate.dense, new.ffn.lin1)
    _copy(old.output.dense, new.ffn.lin2)
    _copy(old.output.LayerNorm, new.output_layer_norm)


def _copy_head(teacher: BertForMaskedLM, student: DistilBertForMaskedLM) -> None:
    old = teacher.cls.predictions
    _copy(old.transform.dense, student.vocab_transform)
    _copy(old.transform.LayerNorm, student.vocab_layer_norm)
    student.vocab_projector.weight.copy_(old.decoder.weight)
    student.vocab_projector.bias.copy_(old.decoder.bias)
