"""A vocabulary head for an encoder that comes without one: where it starts, and how long it is trained alone.

The head is BERT's: dense, gelu, LayerNorm, the word embeddings as decoder, a bias for every token. It starts as

- dense: the identity, so that no random matrix stands between the encoder's states and its own embeddings;
- LayerNorm: a small weight, by which the logits scatter only by LOGIT_SPREAD about their bias;
- bias: the log frequency of what is asked, the masked tokens.

So the first loss is about the entropy of the masked tokens instead of log(vocabulary) and more, and the encoder,
frozen at first, is not pulled about by a head that knows nothing. Measured on a multilingual MiniLM of width 384 and
English technical text: cross-entropy of unseen masked tokens in nats, of which the bias alone reaches 6.91, before
and after 20, 40 and 60 steps of 512 tokens at a rate of 3e-3, with the encoder frozen and only the
tokens that occur as vocabulary:

    dense      weight of the LayerNorm   0      20     40     60
    identity   0                         6.91   6.85   6.75   6.71
    identity   .25                       6.83   6.57   6.35   6.28
    identity   .5 (a spread of .84)      6.87   6.52   6.21   6.11
    identity   1                         7.32   6.65   6.33   6.21
    normal .02 0                         6.91   6.87   6.77   6.72
    normal .02 .5                        7.13   6.82   6.65   6.52
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from transformers import DistilBertForMaskedLM

from raykd.distill.models.load import MaskedModel

LOGIT_SPREAD = 0.8  # standard deviation of a logit over positions: the LayerNorm's weight times a word embedding's norm


def start_head(model: MaskedModel, targets: np.ndarray) -> None:
    """Set a model's head to where training starts, in place; its decoder becomes the word embeddings.

    targets: float64 [vocabulary], how often each id is expected to be masked in the corpus. One more occurrence is
    spread over the whole vocabulary, so that no id is impossible.
    """
    dense, norm, decoder = _parts(model)
    model.config.tie_word_embeddings = True
    model.tie_weights()
    frequencies = targets + 1 / len(targets)
    with torch.no_grad():
        dense.weight.copy_(torch.eye(dense.out_features))
        dense.bias.zero_()
        norm.weight.fill_(LOGIT_SPREAD / decoder.weight.norm(dim=1).mean())
        norm.bias.zero_()
        decoder.bias.copy_(torch.from_numpy(np.log(frequencies / frequencies.sum())))


def head_steps(share: float, total_steps: int) -> int:
    """How many of a run's first steps train a new head alone: the share, rounded; all of them for a share of 1 only."""
    return total_steps if share == 1 else min(round(share * total_steps), total_steps - 1)


def _parts(model: MaskedModel) -> tuple[nn.Linear, nn.LayerNorm, nn.Linear]:
    if isinstance(model, DistilBertForMaskedLM):
        return model.vocab_transform, model.vocab_layer_norm, model.vocab_projector
    head = model.cls.predictions
    return head.transform.dense, head.transform.LayerNorm, head.decoder
