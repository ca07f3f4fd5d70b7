"""Dynamic masking: which tokens a model must predict, and what it sees in their place.

Each token of id i is masked by itself with p_i = min(1, c * count_i ** -smoothing), c solved so that the rate is met in
expectation over the corpus. The reference draws ceil(rate * tokens) of a micro-batch without replacement with the same
weights (Sanh distiller.py, prepare_batch_mlm), which depends on how a batch is cut; this does not. Of the masked, 80 %
are shown as [MASK], 10 % as they are and 10 % as a random token (Sanh train.py --word_mask).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raykd.config import Masking
from raykd.distill.data import counter_rng

NOT_MASKED = -100  # the label that torch's cross-entropy ignores
SHOWN_AS_MASK, SHOWN_AS_IS = 0.8, 0.1
SOLVER_STEPS = 200


def mask_probabilities(counts: np.ndarray, masking: Masking) -> np.ndarray:
    """p_i for every id: counts int64 [vocabulary] -> float64 [vocabulary]. Ids that never occur count as once."""
    if masking.rate == 0:
        return np.zeros(len(counts))
    weights = np.maximum(counts, 1).astype(np.float64) ** -masking.smoothing
    total = counts.sum()
    if total == 0:
        return np.full(len(counts), masking.rate)
    low, high = 0.0, 1.0 / weights.min()
    for _ in range(SOLVER_STEPS):
        middle = (low + high) / 2
        expected = (counts * np.minimum(1.0, middle * weights)).sum() / total
        low, high = (middle, high) if expected < masking.rate else (low, middle)
    return np.minimum(1.0, high * weights)


@dataclass(frozen=True)
class Masker:
    """probabilities: float64 [vocabulary]; replacements: the ids that a random token is drawn from."""

    probabilities: np.ndarray
    mask_id: int
    replacements: np.ndarray
    seed: int

    def __call__(self, ids: np.ndarray, keys: np.ndarray, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """(shown ids, labels), both int64 [tokens], labels NOT_MASKED where nothing is to be predicted.

        ids: int32 [tokens] of any number of sequences, without special tokens; keys: uint64 [tokens], one value for
        the tokens of a sequence. A token's draw depends on (seed, epoch, key, its place in its sequence).
        """
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, int)
        lengths = np.diff(np.append(starts, len(keys)))
        places = np.arange(len(keys)) - np.repeat(starts, lengths)
        sequence_keys = counter_rng.key(self.seed, epoch, keys)
        draw, how, which = (counter_rng.uniform(sequence_keys, 3 * places + offset) for offset in range(3))
        masked = draw < self.probabilities[ids]
        random_ids = self.replacements[(which * len(self.replacements)).astype(np.int64)]
        replacement = np.where(how < SHOWN_AS_MASK, self.mask_id, random_ids)
        shown = np.where(masked & ~((how >= SHOWN_AS_MASK) & (how < SHOWN_AS_MASK + SHOWN_AS_IS)), replacement, ids)
        return shown.astype(np.int64), np.where(masked, ids, NOT_MASKED).astype(np.int64)


def make_masker(
    counts: np.ndarray, masking: Masking, seed: int, mask_id: int, special_ids: Sequence[int], entries: int
) -> Masker:
    """counts: how often each id occurs in the text, int64 [vocabulary]; entries: of the tokenizer, which may have fewer
    than the vocabulary. Special ids are never masked, nor put in a token's place."""
    special, counts = np.array(special_ids), counts.copy()
    counts[special] = 0  # an [UNK] in the text is never masked, so the rate is that of the other tokens
    probabilities = mask_probabilities(counts, masking)
    probabilities[special] = 0.0
    return Masker(probabilities, mask_id, np.setdiff1d(np.arange(entries), special), seed)
