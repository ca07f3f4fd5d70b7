"""Train one classifier from one seed: a head on stored hidden states, or a head and its encoder together.

Head initialisation, batch order and dropout come from the seed alone: on a CPU with the same number of threads
the same seed gives the same bits.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from raykd.config import ClassifierTraining, Head
from raykd.evaluate.features import ENCODING_TOKENS, Ragged, length_batches
from raykd.evaluate.head import StructuredSelfAttention

Kind = Literal["binary", "multi-class", "multi-label"]

WINDOW = 8  # batches that are sorted by length together: little padding, and a new mixture every epoch
GRADIENT_CLIP = 1.0  # Devlin et al. 2019, the reference code of BERT


@dataclass(frozen=True)
class Examples:
    """inputs: token ids, or the hidden states of a frozen encoder; truth: bool [rows, labels]."""

    inputs: Ragged
    truth: Tensor


@dataclass(frozen=True)
class Recipe:
    """What does not change from seed to seed."""

    kind: Kind
    head: Head
    training: ClassifierTraining
    device: str = "cpu"


@dataclass(frozen=True)
class Trained:
    """probabilities: float32 [test rows, labels]; head: its weights, on the CPU."""

    probabilities: np.ndarray
    head: dict[str, Tensor]


class Classifier(nn.Module):
    """A head, on the encoder's last hidden states or on states computed before."""

    def __init__(self, encoder: PreTrainedModel | None, head: StructuredSelfAttention) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """inputs: ids [batch, length] or states [batch, length, width]; mask bool -> logits [batch, labels]."""
        if self.encoder is not None:
            inputs = self.encoder(input_ids=inputs, attention_mask=mask).last_hidden_state
        return self.head(inputs, mask)


def train_frozen(train: Examples, test: Ragged, recipe: Recipe, seed: int) -> Trained:
    """Train a head on the hidden states of a frozen encoder, and apply it to the test states."""
    with _seeded(seed, recipe.device):
        head = make_head(recipe.head, train.inputs.values.shape[1], train.truth.shape[1])
        return _train(Classifier(None, head), train, test, recipe, seed)


def train_fine_tuned(encoder: PreTrainedModel, train: Examples, test: Ragged, recipe: Recipe, seed: int) -> Trained:
    """Train a copy of the encoder and a head together, and apply them to the test tokens."""
    with _seeded(seed, recipe.device):
        head = make_head(recipe.head, encoder.config.hidden_size, train.truth.shape[1])
        return _train(Classifier(copy.deepcopy(encoder), head), train, test, recipe, seed)


def make_head(head: Head, width: int, labels: int) -> StructuredSelfAttention:
    """A head as configured, initialised from torch's current random state."""
    return StructuredSelfAttention(width, head.hidden or width, head.hops, labels)


def to_probabilities(logits: Tensor, kind: Kind) -> Tensor:
    """Softmax over two or more classes, a sigmoid for each label where a text may have several."""
    return logits.sigmoid() if kind == "multi-label" else logits.softmax(dim=-1)


def shuffled_batches(lengths: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Every row once, in batches of `size`: rows shuffled, windows of them sorted by length, batches shuffled."""
    windows = torch.randperm(len(lengths), generator=generator).split(size * WINDOW)
    batches = [batch for rows in windows for batch in rows[lengths[rows].argsort(stable=True)].split(size)]
    for number in torch.randperm(len(batches), generator=generator).tolist():
        yield batches[number]


def learning_rate_share(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up over the first `warmup` of the steps, then linear decay towards 0; step counts from 0."""
    rising = round(steps * warmup)
    return (step + 1) / (rising + 1) if step < rising else (steps - step) / (steps - rising)


def _train(model: Classifier, train: Examples, test: Ragged, recipe: Recipe, seed: int) -> Trained:
    settings = recipe.training
    model.to(recipe.device).train()
    groups = [{"params": list(model.head.parameters()), "peak": settings.learning_rate}]
    if model.encoder is not None:
        groups.append({"params": list(model.encoder.parameters()), "peak": settings.encoder_learning_rate})
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0, fused=True)
    generator = torch.Generator().manual_seed(seed)
    lengths, parameters = train.inputs.lengths, list(model.parameters())
    steps = settings.epochs * -(-len(lengths) // settings.batch)
    step = 0
    for _ in range(settings.epochs):
        for rows in shuffled_batches(lengths, settings.batch, generator):
            share = learning_rate_share(step, steps, settings.warmup)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share
            logits = _logits(model, train.inputs, rows, recipe.device)
            _loss(logits, train.truth[rows].to(recipe.device), recipe.kind).backward()
            nn.utils.clip_grad_norm_(parameters, GRADIENT_CLIP)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
    head = {name: weight.detach().cpu() for name, weight in model.head.state_dict().items()}
    return Trained(_predict(model, test, recipe), head)


def _loss(logits: Tensor, truth: Tensor, kind: Kind) -> Tensor:
    if kind == "multi-label":
        return functional.binary_cross_entropy_with_logits(logits, truth.to(logits.dtype))
    return functional.cross_entropy(logits, truth.to(torch.uint8).argmax(dim=-1))


@torch.inference_mode()
def _predict(model: Classifier, test: Ragged, recipe: Recipe) -> np.ndarray:
    model.eval()
    probabilities = np.empty((len(test.lengths), model.head.output.out_features), np.float32)
    for rows in length_batches(test.lengths, ENCODING_TOKENS):
        logits = _logits(model, test, rows, recipe.device)
        probabilities[rows.numpy()] = to_probabilities(logits, recipe.kind).cpu().numpy()
    return probabilities


def _logits(model: Classifier, inputs: Ragged, rows: Tensor, device: str) -> Tensor:
    values, mask = inputs.batch(rows)
    return model(values.to(device), mask.to(device))


@contextmanager
def _seeded(seed: int, device: str) -> Iterator[None]:
    """torch's random state set from the seed, and as it was before afterwards."""
    with torch.random.fork_rng(devices=[] if device == "cpu" else [torch.cuda.current_device()]):
        torch.manual_seed(seed)
        yield
