"""Encoders of BERT's and DistilBERT's kind over packed sequences: the modules of transformers, their attention ours."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from transformers import DistilBertForMaskedLM, DistilBertModel

from raykd.distill.data.packing import PackedBatch, Runs
from raykd.distill.losses.chunked import Vocabulary
from raykd.distill.losses.relations import Projections
from raykd.distill.models.load import MaskedModel, TrainedModel, has_head
from raykd.distill.models.packed_attention import Layout, layout_of


class Encoded(NamedTuple):
    """hidden: last hidden states [tokens, width]; features: the vocabulary head but for its last product, at the places
    to predict [n, width], none without a head; projections: of one layer, where they were asked for."""

    hidden: torch.Tensor
    features: torch.Tensor | None
    projections: Projections | None


class PackedEncoder(nn.Module):
    """Wraps a model, with a vocabulary head or without, whose weights it shares. Computes in the precision of its first
    LayerNorm.

    sparse: the gradient of the word embeddings names the words of the batch only. It is added to a dense one where the
    vocabulary's is tied to it, which saves two passes over a matrix of 92 million numbers at mBERT's size.
    """

    def __init__(self, model: TrainedModel, sparse: bool = False) -> None:
        super().__init__()
        self.model, self.sparse = model, sparse

    def forward(self, batch: PackedBatch, predicted: torch.Tensor, layer: int | None = None) -> Encoded:
        """predicted: the places that the vocabulary head is asked at; layer: whose projections are wanted."""
        model = self.model
        hidden, projections = _encode(
            model.base_model, batch.input_ids, batch.position_ids, batch.runs, self.sparse, layer
        )
        features = head_features(model, hidden[predicted]) if has_head(model) else None
        return Encoded(hidden, features, projections)


def encode_packed(encoder: Any, input_ids: torch.Tensor, position_ids: torch.Tensor, runs: Runs) -> torch.Tensor:
    """Last hidden states [tokens, width] that a BertModel or DistilBertModel gives packed sequences (`PackedBatch`)."""
    return _encode(encoder, input_ids, position_ids, runs)[0]


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


def head_parameters(model: TrainedModel) -> list[nn.Parameter]:
    """The head's own weights: those that the encoder has none of, so not a weight tied to the word embeddings."""
    encoder = {id(parameter) for parameter in model.base_model.parameters()}
    return [parameter for parameter in model.parameters() if id(parameter) not in encoder]


def vocabulary_of(model: MaskedModel) -> Vocabulary:
    """The head's last product in the model's own precision."""
    decoder = decoder_of(model)
    return Vocabulary(decoder.weight.detach(), decoder.bias.detach(), (decoder.weight, decoder.bias))


def _encode(
    encoder: Any,
    input_ids: torch.Tensor,
    position_ids: torch.Tensor,
    runs: Runs,
    sparse: bool = False,
    wanted: int | None = None,
) -> tuple[torch.Tensor, Projections | None]:
    """Last hidden states, and the projections of the layer that is wanted."""
    distilled = isinstance(encoder, DistilBertModel)
    hidden = _embed(encoder.embeddings, input_ids, position_ids, sparse)
    layout = layout_of(runs, hidden.shape[-1], hidden)
    kept = None
    for number, layer in enumerate(encoder.transformer.layer if distilled else encoder.encoder.layer):
        inner = layer.attention if distilled else layer.attention.self
        names = ("q_lin", "k_lin", "v_lin") if distilled else ("query", "key", "value")
        projections = Projections(*(getattr(inner, name)(hidden) for name in names))
        heads = inner.n_heads if distilled else inner.num_attention_heads
        context = _attend(projections, heads, inner.dropout, layout)
        if distilled:
            hidden = layer.sa_layer_norm(inner.out_lin(context) + hidden)
            hidden = layer.output_layer_norm(layer.ffn(hidden) + hidden)
        else:
            hidden = layer.attention.output(context, hidden)
            hidden = layer.output(layer.intermediate(hidden), hidden)
        if number == wanted:
            kept = projections
    return hidden, kept


def _embed(embeddings: Any, input_ids: torch.Tensor, position_ids: torch.Tensor, sparse: bool) -> torch.Tensor:
    """Word vectors may be kept in float32 whatever the rest computes in: their gradient needs no copy then."""
    words = F.embedding(input_ids, embeddings.word_embeddings.weight, sparse=sparse)
    hidden = words.to(embeddings.LayerNorm.weight.dtype)
    hidden = hidden + embeddings.position_embeddings(position_ids)
    if hasattr(embeddings, "token_type_embeddings"):  # BERT's, of which every token has the first
        hidden = hidden + embeddings.token_type_embeddings.weight[0]
    dropped: torch.Tensor = embeddings.dropout(embeddings.LayerNorm(hidden))
    return dropped


def _attend(projections: Projections, heads: int, dropout: nn.Dropout, layout: Layout) -> torch.Tensor:
    query, key, value = (values.unflatten(-1, (heads, -1)) for values in projections)
    return layout.attend(query, key, value, dropout.p if dropout.training else 0.0).flatten(1)
