"""Heads and encoder in one ONNX graph (`raykd.export`), run by onnxruntime: the same answers as `TextClassifier`'s."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerBase

from raykd.errors import InputError, in_one_line
from raykd.evaluate.classifier.encoder import ENCODING_TOKENS
from raykd.evaluate.classifier.ragged import Ragged, length_batches, tokenise


class OnnxModel:
    """A graph on the CPU. heads: what its metadata says of each; max_length: tokens of a text."""

    def __init__(self, model: bytes | str | Path, threads: int = 1) -> None:
        """Raises InputError where onnxruntime is not installed, and for what is no graph of `raykd.export`."""
        try:
            import onnxruntime
        except ImportError as error:
            raise InputError("onnxruntime is not installed; pip install 'raykd[export]'") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # it takes others' cores
        source = model if isinstance(model, bytes) else str(model)
        with in_one_line(f"{'the exported graph' if isinstance(model, bytes) else model}: no graph can be loaded"):
            self.session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
            facts = {key: json.loads(value) for key, value in self.session.get_modelmeta().custom_metadata_map.items()}
            self.heads: dict[str, dict[str, Any]] = facts["heads"]
            self.max_length: int = facts["max_length"]
            self.padding: int = facts["pad_token_id"]

    def inputs(self, tokens: Ragged) -> dict[str, np.ndarray]:
        """Texts padded to the longest: input_ids and attention_mask, int64 [texts, longest]."""
        lengths = tokens.lengths
        ids = pad_sequence(list(tokens.values.split(lengths.tolist())), True, self.padding)
        mask = torch.arange(ids.shape[1]) < lengths.unsqueeze(1)
        return {"input_ids": ids.numpy(), "attention_mask": mask.long().numpy()}

    def run(self, tokens: Ragged, outputs: Sequence[str]) -> Iterator[tuple[Tensor, dict[str, np.ndarray]]]:
        """(row numbers, their outputs by name), every row once, in batches of like length."""
        for rows in length_batches(tokens.lengths, ENCODING_TOKENS):
            answers = self.session.run(list(outputs), self.inputs(tokens.take(rows)))
            yield rows, dict(zip(outputs, answers, strict=True))

    def probabilities(self, tokens: Ragged, heads: Sequence[str]) -> list[np.ndarray]:
        """float32 [texts, labels] for each of the heads named, from one pass of the encoder."""
        answers = [np.empty((len(tokens), len(self.heads[head]["labels"])), np.float32) for head in heads]
        for rows, found in self.run(tokens, [f"{head}.probabilities" for head in heads]):
            for answer, values in zip(answers, found.values(), strict=True):
                answer[rows.numpy()] = values
        return answers


class OnnxClassifier:
    """What `TextClassifier` is, by onnxruntime. heads: the names of the graph's heads, by language."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, model: OnnxModel, heads: Mapping[str, Sequence[str]]
    ) -> None:
        self.tokenizer, self.model, self.heads = tokenizer, model, heads

    def tokenise(self, texts: Sequence[str]) -> Ragged:
        return tokenise(self.tokenizer, texts, self.model.max_length)

    def probabilities(self, tokens: Ragged, language: str) -> list[np.ndarray]:
        """float32 [texts, labels] for each head of a language, from one pass of the encoder."""
        return self.model.probabilities(tokens, self.heads[language])
