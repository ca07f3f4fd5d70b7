"""The models that a job starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers import BertForMaskedLM, PreTrainedTokenizerFast

from raykd.config import Adapt, Pretrain
from raykd.distill.models import MaskedModel, load_masked_model, load_with_or_without_head, new_bert, set_dropout
from raykd.distill.student import build_student
from raykd.errors import InputError

if TYPE_CHECKING:
    from raykd.distill.training import TrainingJob


def starting_models(
    job: TrainingJob, tokenizer: PreTrainedTokenizerFast
) -> tuple[MaskedModel, MaskedModel | None, bool]:
    """The model to train, with dropout as its spec says; the teacher of a student; whether the first has a head.

    Raises InputError where the parent cannot be trained on, or taught by, as the job asks.
    """
    spec = job.spec
    if isinstance(spec, Pretrain):
        return new_bert(spec, tokenizer, job.seed), None, True
    assert job.parent is not None
    with job.parent.local(job.store.storage) as directory:
        if isinstance(spec, Adapt):
            parent, has_head = load_with_or_without_head(directory, job.parent.revision)
        else:
            parent, has_head = load_masked_model(directory, job.parent.revision), True
    if parent.config.max_position_embeddings < spec.max_length:
        raise InputError(
            f"encoders.{job.name}.max_length: {spec.max_length}, but {job.parent.name} has positions for "
            f"{parent.config.max_position_embeddings}"
        )
    if isinstance(spec, Adapt):
        set_dropout(parent, spec.dropout)
        return parent, None, has_head
    if not isinstance(parent, BertForMaskedLM):
        raise InputError(f"encoders.{job.name}.teacher: {job.parent.name} is no BERT")
    return build_student(parent, spec, job.seed), parent, True
