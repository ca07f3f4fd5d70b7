"""Encoders of BERT's and DistilBERT's kind over packed sequences: the modules of transformers, their attention ours."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import DistilBertForMaskedLM, DistilBertModel

from raykd.distill.attention import Layout, Runs, layout_of
from raykd.distill.models import MaskedModel
from raykd.distill.packing import PackedBatch
from raykd.distill.vocabulary_loss import Vocabulary


class PackedEncoder(nn.Module):
    """Wraps a model, whose weights it shares. Computes in the precision of its first LayerNorm.

    sparse: the gradient of the word embeddings names the words of the batch only. It is added to a dense one where the
    vocabulary's is tied to it, which saves two passes over a matrix of 92 million numbers at mBERT's size.
    """

    def __init__(self, model: MaskedModel, sparse: bool = False) -> None:
        super().__init__()
        self.model, self.sparse = model, sparse

    def forward(self, batch: PackedBatch, guessed: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(last hidden states [tokens, width], the vocabulary head's features at the places `guessed` [n, width])."""
        hidden = encode_packed(self.model.base_model, batch.input_ids, batch.positions, batch.runs, self.sparse)
        return hidden, head_features(self.model, hidden[guessed])


def encode_packed(
    encoder: Any, input_ids: torch.Tensor, positions: torch.Tensor, runs: Runs, sparse: bool = False
) -> torch.Tensor:
    """Last hidden states [tokens, width] that a BertModel or DistilBertModel gives packed sequences (`PackedBatch`)."""
    encode = _encode_distilbert if isinstance(encoder, DistilBertModel) else _encode_bert
    return encode(encoder, input_ids, positions, runs, sparse)


def head_features(model: MaskedModel, hidden: torch.Tensor) -> torch.Tensor:
    """The vocabulary head but for its last product: [positions, width] -> [positions, width]."""
    if isinstance(model, DistilBertForMaskedLM):
        features: torch.Tensor = model.vocab_layer_norm(model.activation(model.vocab_transform(hidden)))
    else:
        features = model.cls.predictions.transform(hidden)
    return features


def decoder_of(model: MaskedModel) -> nn.Linear:
    """The head's last product."""
    decoder: Any = model.vocab_projector if isinstance(model, DistilBertForMaskedLM) else model.cls.predictions.decoder
    return decoder


def head_parameters(model: MaskedModel) -> list[nn.Parameter]:
    """The head's own weights: those that the encoder has none of, so not a weight tied to the word embeddings."""
    encoder = {id(parameter) for parameter in model.base_model.parameters()}
    return [parameter for parameter in model.parameters() if id(parameter) not in encoder]


def vocabulary_of(model: MaskedModel) -> Vocabulary:
    """The head's last product in the model's own precision."""
    decoder = decoder_of(model)
    return Vocabulary(decoder.weight.detach(), decoder.bias.detach(), (decoder.weight, decoder.bias))


def _encode_bert(
    model: Any, input_ids: torch.Tensor, positions: torch.Tensor, runs: Runs, sparse: bool
) -> torch.Tensor:
    types = model.embeddings.token_type_embeddings.weight[0]
    hidden = _embed(model.embeddings, input_ids, positions, sparse, types)
    layout = layout_of(runs, hidden.shape[-1], hidden)
    for layer in model.encoder.layer:
        inner = layer.attention.self
        context = _attention(
            hidden, inner.query, inner.key, inner.value, inner.num_attention_heads, inner.dropout, layout
        )
        hidden = layer.attention.output(context, hidden)
        hidden = layer.output(layer.intermediate(hidden), hidden)
    return hidden


def _encode_distilbert(
    model: Any, input_ids: torch.Tensor, positions: torch.Tensor, runs: Runs, sparse: bool
) -> torch.Tensor:
    hidden = _embed(model.embeddings, input_ids, positions, sparse)
    layout = layout_of(runs, hidden.shape[-1], hidden)
    for block in model.transformer.layer:
        inner = block.attention
        context = _attention(hidden, inner.q_lin, inner.k_lin, inner.v_lin, inner.n_heads, inner.dropout, layout)
        hidden = block.sa_layer_norm(inner.out_lin(context) + hidden)
        hidden = block.output_layer_norm(block.ffn(hidden) + hidden)
    return hidden


def _embed(
    embeddings: Any, input_ids: torch.Tensor, positions: torch.Tensor, sparse: bool, types: torch.Tensor | None = None
) -> torch.Tensor:
    """Word vectors may be kept in float32 whatever the rest computes in: their gradient needs no copy then."""
    words = F.embedding(input_ids, embeddings.word_embeddings.weight, sparse=sparse)
    hidden = words.to(embeddings.LayerNorm.weight.dtype)
    hidden = hidden + embeddings.position_embeddings(positions)
    if types is not None:
        hidden = hidden + types
    dropped: torch.Tensor = embeddings.dropout(embeddings.LayerNorm(hidden))
    return dropped


def _attention(
    hidden: torch.Tensor, query: Any, key: Any, value: Any, heads: int, dropout: nn.Dropout, layout: Layout
) -> torch.Tensor:
    q, k, v = (project(hidden).unflatten(-1, (heads, -1)) for project in (query, key, value))
    return layout.attend(q, k, v, dropout.p if dropout.training else 0.0).flatten(1)
