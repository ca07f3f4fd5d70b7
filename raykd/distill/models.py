"""Masked language models of BERT's and DistilBERT's kind, seen alike: an encoder, then a vocabulary head."""

from __future__ import annotations

import torch
from torch import nn
from transformers import (
    AutoModelForMaskedLM,
    BertConfig,
    BertForMaskedLM,
    DistilBertForMaskedLM,
    PreTrainedTokenizerFast,
)

from raykd.config import Pretrain
from raykd.errors import InputError

MaskedModel = BertForMaskedLM | DistilBertForMaskedLM
HEAD = ("cls.predictions.", "vocab_transform.", "vocab_layer_norm.", "vocab_projector.")  # names of its weights
NO_HEAD = "no masked-language head in it, so it cannot teach; train one with `adapt` and name that encoder instead"


def load_masked_model(directory: str, revision: str | None = None) -> MaskedModel:
    """A model with a vocabulary head that was trained.

    Raises InputError where nothing can be loaded, for other architectures and for an encoder without that head.
    """
    model, has_head = load_with_or_without_head(directory, revision)
    if not has_head:
        raise InputError(f"{directory}: {NO_HEAD}")
    return model


def load_with_or_without_head(directory: str, revision: str | None = None) -> tuple[MaskedModel, bool]:
    """(model, whether its vocabulary head was in the file; where not, it is random). Raises InputError as above."""
    try:
        # Weights kept in half precision are trained, and teach, in single.
        model, report = AutoModelForMaskedLM.from_pretrained(
            directory, revision=revision, dtype=torch.float32, output_loading_info=True, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{directory}: no encoder can be loaded from there ({str(error).splitlines()[0]})") from error
    if not isinstance(model, BertForMaskedLM | DistilBertForMaskedLM):
        raise InputError(f"{directory}: a {type(model).__name__}; raykd trains and distils BERT and DistilBERT")
    missing = sorted(report["missing_keys"])
    for name in missing:
        if not name.startswith(HEAD):
            raise InputError(f"{directory}: weights of the encoder are missing ({name})")
    return model, not missing


def new_bert(spec: Pretrain, tokenizer: PreTrainedTokenizerFast, seed: int) -> BertForMaskedLM:
    """An untrained BERT of the shape asked for; the seed fixes its weights."""
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=spec.width,
        num_hidden_layers=spec.layers,
        num_attention_heads=spec.heads,
        intermediate_size=spec.intermediate,
        max_position_embeddings=spec.max_length,
        hidden_dropout_prob=spec.dropout,
        attention_probs_dropout_prob=spec.dropout,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BertForMaskedLM(config)


def set_dropout(model: nn.Module, rate: float) -> None:
    """Every dropout of a model, attention's included, wherever the rate is kept."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = rate


def encode(model: MaskedModel, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Last hidden states [batch, length, width] of input_ids, attention_mask [batch, length]."""
    hidden: torch.Tensor = model.base_model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    return hidden


def vocabulary_logits(model: MaskedModel, hidden: torch.Tensor) -> torch.Tensor:
    """Logits [positions, vocabulary] of hidden states [positions, width]."""
    if isinstance(model, DistilBertForMaskedLM):
        transformed = model.vocab_layer_norm(model.activation(model.vocab_transform(hidden)))
        logits: torch.Tensor = model.vocab_projector(transformed)
    else:
        logits = model.cls(hidden)
    return logits
