"""Any encoder, distilled here or from elsewhere, from texts to vectors."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from raykd.api.texts import batches, clean_texts
from raykd.artifacts import SavedEncoder, Storage
from raykd.config import Cleaning
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import TextEncoder, encode, load_with_tokenizer
from raykd.evaluate.classifier.ragged import tokenise
from raykd.planning.checks.encoders import check_location

BATCH = 1024  # texts that are tokenised at a time; forward passes take as many as fit their budget of tokens
MAX_LENGTH = 512


class Encoder:
    """An encoder and its tokenizer, ready to encode."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        encoder: TextEncoder,
        max_length: int | None = None,
        device: str = "cpu",
        cleaning: Cleaning = Cleaning(),
    ) -> None:
        self.tokenizer, self.device, self.cleaning = tokenizer, device, cleaning
        self.encoder = encoder.to(device)
        self.max_length = max_length or min(encoder.positions or MAX_LENGTH, MAX_LENGTH)
        if encoder.positions and self.max_length > encoder.positions:
            raise InputError(f"max_length is {max_length}, but the encoder has {encoder.positions} positions")

    @classmethod
    def load(
        cls,
        location: str | Path,
        *,
        revision: str | None = None,
        max_length: int | None = None,
        device: str = "cpu",
        cleaning: Cleaning = Cleaning(),
    ) -> Encoder:
        """The encoder in a Hugging Face directory (of an experiment: its `encoders/NAME-SEED-HASH`) or of a hub name.

        max_length: tokens of a text, special tokens included; what is longer is cut. By default 512, or as many as the
        encoder has positions. device: as torch calls it. cleaning: of texts, as an experiment's. Raises InputError
        where encoder or tokenizer is not there whole, and where they do not fit each other.
        """
        check_location(str(location), "Encoder.load")
        saved = SavedEncoder(str(location), 0, "", str(location), stored=False, revision=revision)
        return cls(*load_with_tokenizer(saved, Storage(".")), max_length=max_length, device=device, cleaning=cleaning)

    @property
    def width(self) -> int:
        return self.encoder.width

    def encode(
        self,
        texts: Iterable[str],
        *,
        batch: int = BATCH,
        progress: bool = True,
        language: str = "und",
    ) -> np.ndarray:
        """The mean of each text's hidden states over its tokens: float32 [texts, width], in the order of the texts.

        Texts are cleaned as corpora and tasks are (`language` tells which countries' numbers are masked, if any are),
        tokenised `batch` at a time and computed in batches of like length, so that memory does not grow with their
        number. progress: whether a bar shows how far it is, from the fifth second on. Raises InputError for what is no
        string.
        """
        cleaned = clean_texts(texts, self.cleaning, language)
        found = np.empty((len(cleaned), self.width), np.float32)
        for start, some in batches(cleaned, batch, "encoding", progress):
            tokens = tokenise(self.tokenizer, some, self.max_length)
            for rows, hidden in encode(self.encoder, tokens, self.device):
                lengths = tokens.lengths[rows].to(self.device)
                means = torch.segment_reduce(hidden.float(), "mean", lengths=lengths)
                found[start + rows.numpy()] = means.cpu().numpy()
        return found
