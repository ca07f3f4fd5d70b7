"""One encoder's training from storage to storage, as each worker runs it. No Ray: the caller brings the sequences,
the sum over workers and the place for checkpoints.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import PreTrainedTokenizerFast

from raykd.config import Adapt
from raykd.corpus.budget import token_counts
from raykd.corpus.tokenizer import load_tokenizer
from raykd.distill.data import counter_rng
from raykd.distill.data.masking import Masker, make_masker
from raykd.distill.data.packing import PackedBatch, Sequences, SpecialIds, micro_batches
from raykd.distill.data.sampler import Group, training_sampler
from raykd.distill.models.load import has_head, starting_models
from raykd.distill.models.mixed_precision import compute_dtype
from raykd.distill.models.mlm_head import head_steps, start_head
from raykd.distill.models.packed_attention import attended_positions
from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train.job import TrainingJob
from raykd.distill.train.limits import Limits, Triggers
from raykd.distill.train.step import Engine, Reduce, StepRow
from raykd.distill.train.timing import TimingRow, timing_row, write_timing
from raykd.distill.train.usage import Usage
from raykd.distill.train.validation import FILE as VALIDATION_FILE
from raykd.distill.train.validation import HeldOut, Selection, held_out_parts, validation_table
from raykd.errors import InputError, LimitReached

T = TypeVar("T")


class Hooks:
    """What surrounds a training. All are called on every worker, after the same steps."""

    def stepped(self, row: StepRow, timing: TimingRow) -> None:
        """After each step."""

    def validated(self, selection: Selection) -> None:
        """After each validation."""

    def checkpoint(self, training: Training) -> None:
        """To keep all that it resumes from: now and then, and after the last step of a run."""

    def preempted(self) -> bool:
        """Whether a machine is announced to go, upon which the run ends with a checkpoint; asked every few seconds."""
        return False


class Fetched(NamedTuple):
    """This worker's part of a step. lengths: int64 [sequences], special tokens included; waited: seconds for text."""

    batches: list[PackedBatch]
    lengths: np.ndarray
    waited: float


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
        # First: it counts the time of all below.
        self.usage = Usage(job.store.storage, job.directory, world_size, others=job.shared.others if job.shared else ())
        self.sampler = training_sampler(
            *(job.store, job.tokens, job.cutoffs),
            group_sequences=job.spec.group_sequences,
            groups_per_step=job.spec.step_sequences // job.spec.group_sequences,
            epochs=job.spec.epochs,
            seed=job.seed,
            steps=job.spec.steps,
        )
        where = f"encoders.{job.name}"
        if not len(self.sampler):
            raise InputError(f"{where}: corpus {job.spec.corpus!r} holds no sequence to train on")
        self.steps_per_epoch, self.total_steps = self.sampler.steps_per_epoch, self.sampler.total_steps
        with job.tokenizer.local(job.store.storage) as directory:
            self.tokenizer = load_tokenizer(directory, job.tokenizer.revision)
        models = starting_models(job.spec, job.parent, job.store.storage, self.tokenizer, job.seed, where, job.start)
        self.vocabulary = models.model.config.vocab_size
        if len(self.tokenizer) > self.vocabulary:
            raise InputError(
                f"{where}: its tokenizer has {len(self.tokenizer)} entries, but {job.tokenizer.name} has "
                f"embeddings for {self.vocabulary}"
            )
        self.dtype = dtype or compute_dtype(job.resources.precision, device)
        new_head_steps = 0
        if models.needs_new_head:
            assert isinstance(job.spec, Adapt) and has_head(models.model)
            start_head(models.model, self.expected_targets)
            new_head_steps = head_steps(job.spec.head_share, self.total_steps)
        self.engine = Engine(
            *(models.model, models.teacher, job.spec, self.total_steps, device, self.dtype), head_steps=new_head_steps
        )
        self.rows: list[StepRow] = []
        self.timing: list[TimingRow] = []
        self.selection = Selection(job.spec.validation) if job.spec.validation else None

    @property
    def complete(self) -> bool:
        """Whether all steps are done, or patience has run out."""
        return len(self.rows) == self.total_steps or bool(self.selection and self.selection.exhausted)

    def steps_to_read(self) -> Iterator[list[Group]]:
        """What this worker still has to read, step by step."""
        return self.sampler.steps(self.rank, self.world_size, first_step=len(self.rows))

    def resume(self, directory: str | Path) -> None:
        """Go on from a checkpoint, which any number of workers may have written."""
        self.rows, self.timing = checkpoint.load(directory, self.engine)
        if self.selection:
            self.selection.rows, weights = checkpoint.load_selection(directory)
            self.selection.weights = weights if self.rank == 0 else {}

    def run(self, steps: Iterator[pa.Table], reduce: Reduce, hooks: Hooks) -> bool:
        """Train from where the rows end; False where an announced preemption ended it before it was complete.

        steps: the sequences of this worker's part of each step, from that step on. Raises LimitReached where one of
        resources.limits is reached, after a checkpoint.
        """
        if self.complete:
            return True
        settings = self.job.spec.validation
        limits = Limits(
            *(self.job.resources, self.usage, self.total_steps, settings.every if settings else None, self.rank),
            shared=self.job.shared,
        )
        triggers = limits.poll(len(self.rows), reduce, device=self.engine.device)
        if triggers.limit:
            raise self._limit_reached(limits)
        self._step_ended = time.monotonic()
        for fetched in self._fetch(steps):
            row = self._step(fetched, reduce)
            triggers = limits.poll(len(self.rows) + 1, reduce, fetched.waited, self.engine.device)
            self._record(row, fetched, triggers, hooks)
            self._validate(triggers, reduce, hooks)
            stop = self.complete or triggers.limit or (triggers.notices and hooks.preempted())
            if triggers.checkpoint or stop:
                hooks.checkpoint(self)
                limits.saved()
            if stop:
                break
        if not self.complete and triggers.limit:
            raise self._limit_reached(limits)
        return self.complete

    def _fetch(self, steps: Iterable[pa.Table]) -> Iterator[Fetched]:
        """The next step's text is masked and packed in a thread while a step is computed."""
        packed = prefetch(self._pack(steps))
        while True:
            began = time.monotonic()
            item = next(packed, None)
            if item is None:
                return
            batches, lengths = item
            yield Fetched(batches, lengths, waited=time.monotonic() - began)

    def _pack(self, steps: Iterable[pa.Table]) -> Iterator[tuple[list[PackedBatch], np.ndarray]]:
        for step, table in enumerate(steps, len(self.rows)):
            sequences, epoch = Sequences.from_table(table), step // self.steps_per_epoch
            budget = self.job.resources.micro_batch_tokens
            yield list(micro_batches(sequences, self.masker, epoch, self._special, budget)), sequences.lengths

    def _step(self, fetched: Fetched, reduce: Reduce) -> StepRow:
        step = len(self.rows)
        # Dropout is keyed by (seed, step, rank), so that a resumed run draws what an uninterrupted one drew.
        torch.manual_seed(int(counter_rng.key(self.job.seed, step, self.rank)[0] >> np.uint64(1)))
        return self.engine.step(step, step // self.steps_per_epoch, fetched.batches, reduce)

    def _record(self, row: StepRow, fetched: Fetched, triggers: Triggers, hooks: Hooks) -> None:
        """The row of a step, and what it took since the end of the step before."""
        before, self._step_ended = self._step_ended, time.monotonic()
        width, device = self.engine.model.config.hidden_size, self.engine.device
        positions = sum(attended_positions(batch.runs, width, device) for batch in fetched.batches)
        seconds = self._step_ended - before
        timing = timing_row(
            *(row.step, row.tokens, fetched.lengths, positions, seconds, triggers.longest_wait, self.world_size)
        )
        self.rows.append(row)
        self.timing.append(timing)
        hooks.stepped(row, timing)

    def _validate(self, triggers: Triggers, reduce: Reduce, hooks: Hooks) -> None:
        """Take the loss of held-out text, and keep the weights where they are the best so far."""
        if self.selection and triggers.validate:
            steps = len(self.rows)
            self.selection.rows += self._held_out.losses(self.engine, steps, reduce)
            if self.rank == 0 and self.selection.best == steps:
                self.selection.weights = checkpoint.copy_weights(self.engine)
            hooks.validated(self.selection)

    def _limit_reached(self, limits: Limits) -> LimitReached:
        # On worker 0, whose error is the one that is shown, the limit is known.
        return LimitReached(
            f"encoders.{self.job.name}: {limits.reached(len(self.rows)) or 'a limit reached'} after "
            f"{len(self.rows):,} of {self.total_steps:,} steps; raise it and the same command goes on from there"
        )

    def copy_state(self) -> checkpoint.State:
        """What a checkpoint is written from."""
        return checkpoint.copy_state(self.engine, self.rows, self.timing, self.selection)

    def save_encoder(self, directory: str | Path) -> None:
        """A Hugging Face directory with the tokenizer, training.parquet, timing.parquet and what validation found.

        On worker 0, which alone has the best weights; the model has those that were chosen afterwards.
        """
        directory, model, selection = Path(directory), self.engine.model, self.selection
        if selection and selection.best != len(self.rows):
            kept = selection.settings.keep
            weights = {"last": checkpoint.copy_weights(self.engine), "best": selection.weights}
            for name in sorted(weights, key=lambda name: name == kept):  # what is kept comes last
                checkpoint.set_weights(self.engine, weights[name])
                model.save_pretrained(directory if name == kept else directory / name)
        else:
            model.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)
        pq.write_table(checkpoint.training_table(self.rows), directory / "training.parquet")
        write_timing(directory, self.timing)
        if selection:
            pq.write_table(validation_table(selection.rows), directory / VALIDATION_FILE)

    @cached_property
    def masker(self) -> Masker:
        tokenizer = self.tokenizer
        return make_masker(
            *(self._counts, self.job.spec.masking, self.job.seed),
            mask_id=tokenizer.mask_token_id,
            special_ids=tokenizer.all_special_ids,
            entries=len(tokenizer),
        )

    @property
    def expected_targets(self) -> np.ndarray:
        """How often each id is expected to be masked in an epoch: float64 [vocabulary]."""
        return self._counts * self.masker.probabilities

    @cached_property
    def _counts(self) -> np.ndarray:
        """How often each id occurs in the text: int64 [vocabulary]."""
        return token_counts(self.job.store, self.job.tokens, self.job.cutoffs, self.vocabulary)

    @cached_property
    def _held_out(self) -> HeldOut:
        job = self.job
        parts = held_out_parts(job.store, job.tokens, job.floors, self.rank, self.world_size)
        return HeldOut(parts, self.masker, self._special, job.resources.micro_batch_tokens)

    @property
    def _special(self) -> SpecialIds:
        tokenizer: PreTrainedTokenizerFast = self.tokenizer
        return SpecialIds(tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)


def prefetch(items: Iterable[T]) -> Iterator[T]:
    """Prefetch one item in a background thread."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, "prefetch") as thread:
        coming = thread.submit(next, iterator, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, iterator, end)
            yield item  # type: ignore[misc]
