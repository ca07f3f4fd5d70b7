"""Train one classifier from one seed: a head on stored hidden states, or a head and its encoder together.

Head initialisation, batch order and dropout come from the seed alone, and seeds are trained one after the other: on a
CPU with the same number of threads the same seed gives the same bits, whatever other seeds are asked for. (All seeds'
products in one batched call take as long on a CPU core: 11 ms a seed against 10 in bf16 for 3,200 tokens, width 768.)
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from raykd.config import ClassifierTraining, Head, TaskKind
from raykd.distill.models.dropout import replace_dropout
from raykd.distill.models.mixed_precision import Computed
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import ENCODING_TOKENS, TextEncoder
from raykd.evaluate.classifier.head import (
    ClassifierHead,
    MeanPooling,
    StructuredSelfAttention,
    Truth,
    class_weights,
    loss_of,
    redundancy,
    to_probabilities,
)
from raykd.evaluate.classifier.ragged import Ragged, length_batches, longest_first

GRADIENT_CLIP = 1.0  # Devlin et al. 2019, the reference code of BERT


@dataclass(frozen=True)
class Examples:
    """inputs: token ids, or the hidden states of a frozen encoder, of as many texts as `truth` has rows."""

    inputs: Ragged
    truth: Truth


@dataclass(frozen=True)
class Recipe:
    """What does not change from seed to seed. dtype: what a fine-tuned encoder computes in."""

    kind: TaskKind
    head: Head
    training: ClassifierTraining
    device: str = "cpu"
    dtype: torch.dtype = torch.float32


@dataclass(frozen=True)
class Trained:
    """test, validation: probabilities float32 [rows, labels]; head: its weights, on the CPU; epochs: that made them."""

    test: np.ndarray
    validation: np.ndarray
    head: dict[str, Tensor]
    epochs: int


class Classifier(nn.Module):
    """A head, on the states of an encoder that is trained with it or on states computed before."""

    def __init__(self, encoder: TextEncoder | None, head: ClassifierHead, recipe: Recipe) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head
        self.to(recipe.device)
        # What is padded computes in float32: other kinds of encoders may not take weights of two precisions.
        self.computed = Computed(encoder, recipe.dtype if encoder.packed else torch.float32) if encoder else None

    def refresh(self) -> None:
        """To be called after each change of the weights."""
        if self.computed:
            self.computed.refresh()

    def forward(self, batch: Ragged) -> tuple[Tensor, Tensor]:
        """Token ids (longest text first) or hidden states -> what `ClassifierHead.forward` returns."""
        return self.head(Ragged(self.computed(batch), batch.offsets) if self.computed else batch)


def train_frozen(train: Examples, validation: Examples, test: Ragged, recipe: Recipe, seed: int) -> Trained:
    """Train a head on the hidden states of a frozen encoder, and apply it to the validation and test states."""
    with _seeded(seed, recipe.device):
        head = make_head(recipe.head, train.inputs.values.shape[1], train.truth.labels.shape[1])
        return _train(Classifier(None, head, recipe), train, validation, test, recipe, seed)


def train_fine_tuned(
    encoder: TextEncoder, train: Examples, validation: Examples, test: Ragged, recipe: Recipe, seed: int
) -> Trained:
    """Train a copy of the encoder and a head together, and apply them to the validation and test tokens."""
    with _seeded(seed, recipe.device):
        head = make_head(recipe.head, encoder.width, train.truth.labels.shape[1])
        encoder = copy.deepcopy(encoder)
        replace_dropout(encoder)
        return _train(Classifier(encoder, head, recipe), train, validation, test, recipe, seed)


def make_head(head: Head, width: int, labels: int) -> ClassifierHead:
    """A head as configured, initialised from torch's current random state."""
    if head.pooling == "mean":
        return MeanPooling(width, labels)
    return StructuredSelfAttention(width, head.hidden or width, head.hops, labels)


def shuffled_batches(lengths: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Every row once, in random batches of `size`, the longest of each first."""
    for rows in torch.randperm(len(lengths), generator=generator).split(size):
        yield longest_first(lengths, rows)


def learning_rate_share(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up over the first `warmup` of the steps, then linear decay towards 0; step counts from 0."""
    rising = round(steps * warmup)
    return (step + 1) / (rising + 1) if step < rising else (steps - step) / (steps - rising)


def _train(
    model: Classifier, train: Examples, validation: Examples, test: Ragged, recipe: Recipe, seed: int
) -> Trained:
    settings, best = recipe.training, _Best(model)
    optimizer = _optimizer(model, settings)
    generator = torch.Generator().manual_seed(seed)
    weights = class_weights(recipe.kind, train.truth).to(recipe.device) if settings.class_weights else None
    steps, step, epoch = settings.epochs * -(-len(train.inputs) // settings.batch), 0, 0
    while epoch < settings.epochs and (settings.patience is None or epoch - best.epoch < settings.patience):
        model.train()
        for rows in shuffled_batches(train.inputs.lengths, settings.batch, generator):
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * learning_rate_share(step, steps, settings.warmup)
            logits, attention = model(train.inputs.take(rows).to(recipe.device))
            loss = loss_of(logits, train.truth.take(rows).to(recipe.device), recipe.kind, weights)
            if recipe.head.penalty:
                loss = loss + recipe.head.penalty * redundancy(attention)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_CLIP)
            optimizer.step()
            optimizer.zero_grad()
            model.refresh()
            step += 1
        epoch += 1
        if settings.patience is not None:
            best.offer(epoch, _validation_loss(model, validation, recipe))
    if settings.patience is not None:
        if not best.epoch:
            raise InputError(_diverged(model, seed))
        epoch = best.restore()
    probabilities = [
        to_probabilities(_logits(model, inputs, recipe), recipe.kind) for inputs in (validation.inputs, test)
    ]
    if not all(one.isfinite().all() for one in probabilities):
        raise InputError(_diverged(model, seed))
    head = {name: weight.detach().cpu() for name, weight in model.head.state_dict().items()}
    return Trained(probabilities[1].numpy(), probabilities[0].numpy(), head, epoch)


def _diverged(model: Classifier, seed: int) -> str:
    key, rates = ("frozen", "learning_rate") if model.encoder is None else ("fine_tuned", "its learning rates")
    return f"evaluate.{key}: seed {seed} has come to values that are not finite; lower {rates}"


class _Best:
    """The weights of the epoch with the least validation loss so far."""

    def __init__(self, model: Classifier) -> None:
        self.model, self.loss, self.epoch = model, float("inf"), 0
        self.state: dict[str, Tensor] = {}

    def offer(self, epoch: int, loss: float) -> None:
        if loss < self.loss:
            self.loss, self.epoch = loss, epoch
            self.state = {name: weight.clone() for name, weight in self.model.state_dict().items()}

    def restore(self) -> int:
        """Put those weights back; returns their epoch."""
        self.model.load_state_dict(self.state)
        self.model.refresh()
        return self.epoch


def _optimizer(model: Classifier, settings: ClassifierTraining) -> torch.optim.Optimizer:
    groups = [{"params": list(model.head.parameters()), "peak": settings.learning_rate}]
    if model.encoder is not None:
        groups.append({"params": list(model.encoder.parameters()), "peak": settings.encoder_learning_rate})
    return torch.optim.AdamW(groups, weight_decay=0.0, fused=True)


def _validation_loss(model: Classifier, validation: Examples, recipe: Recipe) -> float:
    return float(loss_of(_logits(model, validation.inputs, recipe), validation.truth, recipe.kind, None))


@torch.inference_mode()
def _logits(model: Classifier, inputs: Ragged, recipe: Recipe) -> Tensor:
    """float32 [rows, labels], on the CPU."""
    model.eval()
    logits = torch.empty(len(inputs), model.head.output.out_features)
    for rows in length_batches(inputs.lengths, ENCODING_TOKENS):
        logits[rows] = model(inputs.take(rows).to(recipe.device))[0].cpu()
    return logits


@contextmanager
def _seeded(seed: int, device: str) -> Iterator[None]:
    """torch's random state set from the seed, and as it was before afterwards."""
    with torch.random.fork_rng(devices=[] if device == "cpu" else [torch.cuda.current_device()]):
        torch.manual_seed(seed)
        yield
