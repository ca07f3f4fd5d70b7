"""A vocabulary head for an encoder that comes without one: where it starts, and how long it is trained alone.

The head is BERT's: dense, gelu, LayerNorm, the word embeddings as decoder, a bias for every piece. It starts as

- dense: the identity, so that no random matrix stands between the encoder's states and its own embeddings;
- LayerNorm: weight 0, so that the states say nothing yet (a last scale of 0 as in Goyal et al. 2017, section 5.1);
- bias: the log frequency of what is asked, the masked tokens.

So the first loss is the entropy of the masked tokens, about what the bias alone could reach, instead of log(vocabulary)
and more; and the encoder, frozen at first, is not pulled about by a head that knows nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from transformers import DistilBertForMaskedLM

from raykd.distill.models import MaskedModel


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
        norm.weight.zero_()
        norm.bias.zero_()
        decoder.bias.copy_(torch.from_numpy(np.log(frequencies / frequencies.sum())))


def head_steps(share: float, total_steps: int) -> int:
    """How many of a run's first steps train a new head alone: the share, rounded, but never all of them."""
    return min(round(share * total_steps), total_steps - 1)


def _parts(model: MaskedModel) -> tuple[nn.Linear, nn.LayerNorm, nn.Linear]:
    if isinstance(model, DistilBertForMaskedLM):
        return model.vocab_transform, model.vocab_layer_norm, model.vocab_projector
    head = model.cls.predictions
    return head.transform.dense, head.transform.LayerNorm, head.decoder
