"""The models that a training starts with: of BERT's and DistilBERT's kind, with a vocabulary head or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

import torch
from torch import nn
from transformers import (
    AutoModelForMaskedLM,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    DistilBertForMaskedLM,
    DistilBertModel,
    PreTrainedTokenizerFast,
)

from raykd.artifacts import SavedEncoder, Storage
from raykd.config import Adapt, Distill, Pretrain
from raykd.distill.models.checked import POOLER, check_vocabulary, load_whole
from raykd.distill.models.student import build_student
from raykd.errors import InputError

MaskedModel = BertForMaskedLM | DistilBertForMaskedLM
TrainedModel = MaskedModel | BertModel | DistilBertModel  # with a vocabulary head, or without
HEAD = ("cls.predictions.", "vocab_transform.", "vocab_layer_norm.", "vocab_projector.")  # names of its weights
NO_HEAD = (
    "no masked-language head in it, which loss.distillation and loss.mlm need; train one with `adapt` and name that "
    "encoder instead, or set both to 0"
)


def has_head(model: TrainedModel) -> TypeGuard[MaskedModel]:
    """Whether a model has a vocabulary head."""
    return isinstance(model, MaskedModel)


@dataclass(frozen=True)
class StartingModels:
    """model: the one to train, with dropout as its spec says; teacher: of a student; needs_new_head: whether the
    vocabulary head of `model` is random, because its parent came without one."""

    model: TrainedModel
    teacher: BertForMaskedLM | BertModel | None = None
    needs_new_head: bool = False


def starting_models(
    spec: Distill | Pretrain | Adapt,
    parent: SavedEncoder | None,
    storage: Storage,
    tokenizer: PreTrainedTokenizerFast,
    seed: int,
    where: str,
    start: SavedEncoder | None = None,
) -> StartingModels:
    """parent: the teacher, or the encoder to adapt; where: the encoder's key, for messages; start: the student whose
    weights a student starts with, if not with its teacher's.

    A teacher without a trained head comes without one, and so does its student. Raises InputError where the parent
    cannot be trained on, or taught by, as the spec asks.
    """
    if isinstance(spec, Pretrain):
        return StartingModels(new_bert(spec, tokenizer, seed))
    assert parent is not None
    with parent.local(storage) as directory:
        if isinstance(spec, Distill) and spec.loss.needs_head:
            model, head_is_trained = load_masked_model(directory, parent.revision), True
        else:
            model, head_is_trained = load_with_or_without_head(directory, parent.revision)
        check_vocabulary(tokenizer, model, parent.name)
    if model.config.max_position_embeddings < spec.max_length:
        raise InputError(
            f"{where}.max_length: {spec.max_length}, but {parent.name} has positions for "
            f"{model.config.max_position_embeddings}"
        )
    if isinstance(spec, Adapt):
        set_dropout(model, spec.dropout)
        return StartingModels(model, needs_new_head=not head_is_trained)
    if not isinstance(model, BertForMaskedLM):
        raise InputError(f"{where}.teacher: {parent.name} is no BERT")
    teacher = model if head_is_trained else model.bert
    if spec.validation and not head_is_trained:
        raise InputError(f"{where}.validation: its teacher has no vocabulary head, so neither has the student")
    student = build_student(teacher, spec, seed)
    if start:
        _copy_student(start, student, storage, where)
    return StartingModels(student, teacher)


def _copy_student(start: SavedEncoder, student: TrainedModel, storage: Storage, where: str) -> None:
    with start.local(storage) as directory:
        earlier, head_is_trained = load_with_or_without_head(directory, start.revision)
    if has_head(student) and not head_is_trained:
        raise InputError(f"{where}.start: {start.name} has no masked-language head, and its teacher's student has one")
    try:
        student.load_state_dict((earlier if has_head(student) else earlier.base_model).state_dict())
    except RuntimeError as error:  # torch names every weight that is missing, too many or of another shape
        raise InputError(f"{where}.start: {start.name} is of another shape than its student of {where}") from error


def load_masked_model(directory: str, revision: str | None = None) -> MaskedModel:
    """A model with a vocabulary head that was trained.

    Raises InputError where nothing can be loaded, for other architectures and for an encoder without that head.
    """
    model, head_is_trained = load_with_or_without_head(directory, revision)
    if not head_is_trained:
        raise InputError(f"{directory}: {NO_HEAD}")
    return model


def load_with_or_without_head(directory: str, revision: str | None = None) -> tuple[MaskedModel, bool]:
    """(model, whether its vocabulary head was in the file; where not, it is random). Raises InputError as above."""
    # Weights kept in half precision are trained, and teach, in single.
    model, missing = load_whole(AutoModelForMaskedLM, directory, revision, may_lack=(*HEAD, *POOLER))
    if not isinstance(model, BertForMaskedLM | DistilBertForMaskedLM):
        raise InputError(f"{directory}: a {type(model).__name__}; raykd trains and distils BERT and DistilBERT")
    head = [name for name, _ in model.named_parameters() if name.startswith(HEAD)]
    if lacking := sorted(missing.intersection(head)):
        if len(lacking) < len(head):
            raise InputError(f"{directory}: its masked-language head is not whole: {', '.join(lacking)} missing")
        return model, False
    return model, True


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
