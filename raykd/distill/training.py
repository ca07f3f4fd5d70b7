"""One encoder's training from storage to storage, as each worker runs it. No Ray: the caller brings the sequences,
the sum over workers and the place for checkpoints.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import BertForMaskedLM, PreTrainedTokenizerFast

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.config import Adapt, Distill, Pretrain, TrainResources
from raykd.corpus.tokenizer import load_tokenizer
from raykd.corpus.tokens import token_counts
from raykd.distill import checkpoint, order, random_numbers
from raykd.distill.engine import Engine, Reduce, StepRow
from raykd.distill.head_first import HeadFirstEngine
from raykd.distill.masking import Masker, mask_probabilities
from raykd.distill.models import (
    MaskedModel,
    load_masked_model,
    load_with_or_without_head,
    new_bert,
    set_dropout,
)
from raykd.distill.new_head import head_steps, start_head
from raykd.distill.packing import micro_batches
from raykd.distill.precision import compute_dtype
from raykd.distill.sequences import Sequences, SpecialIds
from raykd.distill.student import build_student
from raykd.distill.timing import TimingRow, timing_row, write_timing
from raykd.errors import InputError


@dataclass(frozen=True)
class TrainingJob:
    """What is trained: an encoder of the experiment with one seed.

    directory: where it goes on storage; parent: teacher, or the encoder trained on; cutoffs: language -> highest rank.
    """

    store: ResultStore
    directory: str
    name: str
    spec: Distill | Pretrain | Adapt
    seed: int
    parent: SavedEncoder | None
    tokenizer: SavedEncoder
    tokens: Result
    cutoffs: Mapping[str, int]
    resources: TrainResources


class Training:
    """A job as it runs in worker `rank` of `world_size`."""

    def __init__(
        self,
        job: TrainingJob,
        rank: int,
        world_size: int,
        device: str = "cpu",
        dtype: torch.dtype | None = None,  # the same for all workers; none: as this machine computes
    ) -> None:
        self.job, self.rank, self.world_size = job, rank, world_size
        self.groups = order.training_groups(job.store, job.tokens, job.cutoffs, job.spec.group_sequences)
        if not self.groups:
            raise InputError(f"encoders.{job.name}: corpus {job.spec.corpus!r} holds no sequence to train on")
        self.groups_per_step = job.spec.step_sequences // job.spec.group_sequences
        self.steps_per_epoch = order.steps_of_epoch(len(self.groups), self.groups_per_step)
        self.total_steps = self.steps_per_epoch * job.spec.epochs
        with job.tokenizer.local(job.store.storage) as directory:
            self.tokenizer = load_tokenizer(directory, job.tokenizer.revision)
        model, teacher, has_head = self._models()
        if len(self.tokenizer) > model.config.vocab_size:
            raise InputError(
                f"encoders.{job.name}: its tokenizer has {len(self.tokenizer)} entries, but {job.tokenizer.name} has "
                f"embeddings for {model.config.vocab_size}"
            )
        self.vocabulary = model.config.vocab_size
        self.dtype = dtype or compute_dtype(job.resources.precision, device)
        if has_head:
            self.engine = Engine(model, teacher, job.spec, self.total_steps, device, self.dtype)
        else:
            assert isinstance(job.spec, Adapt)
            start_head(model, self._masking[1])
            self.engine = HeadFirstEngine(
                *(model, None, job.spec, self.total_steps, device, self.dtype),
                head_steps=head_steps(job.spec.head_share, self.total_steps),
                head_learning_rate=job.spec.head_learning_rate,
            )
        self.rows: list[StepRow] = []
        self.timing: list[TimingRow] = []

    def worker_groups(self) -> list[tuple[int, order.Group]]:
        """What this worker still has to read."""
        return order.worker_groups(
            self.groups,
            self.groups_per_step,
            self.job.spec.epochs,
            self.job.seed,
            self.rank,
            self.world_size,
            first_step=len(self.rows),
        )

    def run(
        self,
        steps: Iterator[pa.Table],
        reduce: Reduce,
        save: Callable[[Training], None],
        observe: Callable[[StepRow, TimingRow], None],
    ) -> None:
        """Train from where the rows end. save: called each checkpoint_steps and after the last step, on every worker.

        steps: the sequences of this worker's part of each step, from that step on; observe: called after each step.
        """
        ended = time.monotonic()
        for step, table in enumerate(steps, start=len(self.rows)):
            began = time.monotonic()
            # Dropout is keyed by (seed, step, rank), so that a resumed run draws what an uninterrupted one drew.
            torch.manual_seed(int(random_numbers.key(self.job.seed, step, self.rank)[0] >> np.uint64(1)))
            epoch, sequences = step // self.steps_per_epoch, Sequences.from_table(table)
            batches = list(
                micro_batches(sequences, self.masker, epoch, self._special, self.job.resources.micro_batch_tokens)
            )
            row = self.engine.step(step, epoch, batches, reduce)
            before, ended = ended, time.monotonic()
            lengths = np.diff(sequences.offsets) + 2
            positions = sum(batch.input_ids.numel() for batch in batches)
            timing = timing_row(step, row.tokens, lengths, positions, ended - before, began - before)
            self.rows.append(row)
            self.timing.append(timing)
            observe(row, timing)
            if step + 1 == self.total_steps or (step + 1) % self.job.resources.checkpoint_steps == 0:
                save(self)

    def save_encoder(self, directory: str | Path) -> None:
        """A Hugging Face directory with the tokenizer, training.parquet and timing.parquet."""
        self.engine.model.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)
        pq.write_table(checkpoint.training_table(self.rows), Path(directory) / "training.parquet")
        write_timing(directory, self.timing)

    @property
    def masker(self) -> Masker:
        return self._masking[0]

    @cached_property
    def _masking(self) -> tuple[Masker, np.ndarray]:
        """The masker, and how often it is expected to mask each id in an epoch: float64 [vocabulary]."""
        counts = token_counts(self.job.store, self.job.tokens, self.job.cutoffs, self.vocabulary)
        special = np.array(self.tokenizer.all_special_ids)
        counts[special] = 0  # an [UNK] in the text is never masked, so the rate is that of the other tokens
        probabilities = mask_probabilities(counts, self.job.spec.masking)
        probabilities[special] = 0.0
        replacements = np.setdiff1d(np.arange(len(self.tokenizer)), special)
        assert self.tokenizer.mask_token_id is not None
        masker = Masker(probabilities, self.tokenizer.mask_token_id, replacements, self.job.seed)
        return masker, counts * probabilities

    @property
    def _special(self) -> SpecialIds:
        tokenizer: PreTrainedTokenizerFast = self.tokenizer
        return SpecialIds(tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)

    def _models(self) -> tuple[MaskedModel, MaskedModel | None, bool]:
        """The model to train, with dropout as its spec says; the teacher of a student; whether the first has a head."""
        job, spec = self.job, self.job.spec
        if isinstance(spec, Pretrain):
            return new_bert(spec, self.tokenizer, job.seed), None, True
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
