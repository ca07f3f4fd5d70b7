"""One encoder's training from storage to storage, as each worker runs it. No Ray: the caller brings the sequences,
the sum over workers and the place for checkpoints.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import PreTrainedTokenizerFast

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.config import Adapt, Distill, Pretrain, TrainResources
from raykd.corpus.tokenizer import load_tokenizer
from raykd.corpus.tokens import token_counts
from raykd.distill import checkpoint, order, random_numbers
from raykd.distill.ahead import ahead
from raykd.distill.attention import attended_positions
from raykd.distill.engine import Engine, Reduce, StepRow
from raykd.distill.head_first import HeadFirstEngine
from raykd.distill.masking import Masker, mask_probabilities
from raykd.distill.new_head import head_steps, start_head
from raykd.distill.pace import Due, Pace
from raykd.distill.packing import PackedBatch, micro_batches
from raykd.distill.precision import compute_dtype
from raykd.distill.sequences import Sequences, SpecialIds
from raykd.distill.starting_models import starting_models
from raykd.distill.timing import TimingRow, timing_row, write_timing
from raykd.distill.usage import Usage
from raykd.distill.validation import FILE as VALIDATION_FILE
from raykd.distill.validation import HeldOut, Selection, held_out_parts, validation_table
from raykd.errors import InputError, LimitReached


@dataclass(frozen=True)
class TrainingJob:
    """What is trained: an encoder of the experiment with one seed.

    directory: where it goes on storage; parent: teacher, or the encoder trained on; cutoffs: language -> highest rank;
    floors: language -> the rank above which documents are held out for validation, empty where there is none.
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
    floors: Mapping[str, int] = field(default_factory=dict)


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
        self.usage = Usage(job.store.storage, job.directory, world_size)  # first: it counts the time of all below
        self.groups = order.training_groups(job.store, job.tokens, job.cutoffs, job.spec.group_sequences)
        if not self.groups:
            raise InputError(f"encoders.{job.name}: corpus {job.spec.corpus!r} holds no sequence to train on")
        self.groups_per_step = job.spec.step_sequences // job.spec.group_sequences
        self.steps_per_epoch = order.steps_of_epoch(len(self.groups), self.groups_per_step)
        self.total_steps = self.steps_per_epoch * job.spec.epochs
        with job.tokenizer.local(job.store.storage) as directory:
            self.tokenizer = load_tokenizer(directory, job.tokenizer.revision)
        model, teacher, has_head = starting_models(job, self.tokenizer)
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
        self.selection = Selection(job.spec.validation) if job.spec.validation else None

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or patience has run out."""
        return len(self.rows) == self.total_steps or bool(self.selection and self.selection.exhausted)

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

    def resume(self, directory: str | Path) -> None:
        """Go on from a checkpoint, which any number of workers may have written."""
        self.rows, self.timing = checkpoint.load(directory, self.engine)
        if self.selection:
            self.selection.rows, weights = checkpoint.load_selection(directory)
            self.selection.weights = weights if self.rank == 0 else {}

    def copy_state(self) -> checkpoint.State:
        """What a checkpoint is written from."""
        return checkpoint.copy_state(self.engine, self.rows, self.timing, self.selection)

    def run(
        self,
        steps: Iterator[pa.Table],
        reduce: Reduce,
        save: Callable[[Training], None],
        observe: Callable[[StepRow, TimingRow], None],
        validated: Callable[[Selection], None] = lambda selection: None,
        leaving: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Train from where the rows end; False where `leaving` has ended it before all steps were done.

        All are called on every worker, at the same steps. steps: the sequences of this worker's part of each step, from
        that step on; save: for each checkpoint, and after the last step; observe: after each step; validated: after
        each validation; leaving: whether a machine is announced to go, upon which all is saved.
        Raises LimitReached where one of resources.limits is, after what was done is saved.
        """
        pace, ended = Pace(self.job.resources, self.usage), time.monotonic()
        if self.finished:
            return True
        if self._agree(pace, reduce)[0].stop:
            raise self._limit_reached(pace)
        asked = time.monotonic()
        for sequences, batches in ahead(self._batches(steps, len(self.rows))):
            step, began = len(self.rows), time.monotonic()
            # Dropout is keyed by (seed, step, rank), so that a resumed run draws what an uninterrupted one drew.
            torch.manual_seed(int(random_numbers.key(self.job.seed, step, self.rank)[0] >> np.uint64(1)))
            row = self.engine.step(step, step // self.steps_per_epoch, batches, reduce)
            before, ended = ended, time.monotonic()
            lengths = np.diff(sequences.offsets) + 2
            width, device = self.engine.model.config.hidden_size, self.engine.device
            positions = sum(attended_positions(batch.runs, width, device) for batch in batches)
            self.rows.append(row)
            due, waited = self._agree(pace, reduce, began - asked)
            timing = timing_row(step, row.tokens, lengths, positions, ended - before, waited, self.world_size)
            self.timing.append(timing)
            observe(row, timing)
            self._validate(reduce, validated)
            leaves = due.ask and leaving()
            if due.save or due.stop or leaves or self.finished:
                save(self)
                pace.saved()
            if self.finished:
                return True
            if due.stop:
                raise self._limit_reached(pace)
            if leaves:
                return False
            asked = time.monotonic()
        return True

    def _validate(self, reduce: Reduce, validated: Callable[[Selection], None]) -> None:
        """Where it is time, take the loss of held-out text, and keep the weights where they are the best so far."""
        selection, steps = self.selection, len(self.rows)
        if selection and (steps == self.total_steps or steps % selection.settings.every == 0):
            selection.rows += self._held_out.losses(self.engine, steps, reduce)
            if self.rank == 0 and selection.best == steps:
                selection.weights = checkpoint.copy_weights(self.engine)
            validated(selection)

    @cached_property
    def _held_out(self) -> HeldOut:
        job = self.job
        parts = held_out_parts(job.store, job.tokens, job.floors, self.rank, self.world_size)
        return HeldOut(parts, self.masker, self._special, job.resources.micro_batch_tokens)

    def _batches(self, steps: Iterator[pa.Table], first: int) -> Iterator[tuple[Sequences, list[PackedBatch]]]:
        for step, table in enumerate(steps, first):
            sequences, epoch = Sequences.from_table(table), step // self.steps_per_epoch
            budget = self.job.resources.micro_batch_tokens
            yield sequences, list(micro_batches(sequences, self.masker, epoch, self._special, budget))

    def _agree(self, pace: Pace, reduce: Reduce, waited: float = 0.0) -> tuple[Due, float]:
        """What worker 0 finds due, and the longest that any worker waited: the same on all."""
        own = pace.due(len(self.rows))
        said = torch.zeros(3 + self.world_size, device=self.engine.device)
        if self.rank == 0:
            said[:3] = torch.tensor([own.save, own.ask, own.stop])
        said[3 + self.rank] = waited  # a sum with a place for each worker is all that is asked of reduce
        reduce(said)
        save, ask, stop, *waits = said.tolist()
        return Due(bool(save), bool(ask), bool(stop)), max(waits)

    def _limit_reached(self, pace: Pace) -> LimitReached:
        # On worker 0, whose error is the one that is shown, the limit is known.
        return LimitReached(
            f"encoders.{self.job.name}: resources.train.{pace.limit(len(self.rows)) or 'limits reached'} after "
            f"{len(self.rows):,} of {self.total_steps:,} steps; raise it and the same command goes on from there"
        )

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
