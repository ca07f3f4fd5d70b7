"""A frozen encoder with the heads of its tasks, from texts to labels: out of an experiment, or as it was exported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from raykd.api.texts import batches, clean_texts
from raykd.artifacts import ResultStore
from raykd.config import Cleaning
from raykd.corpus.tokenizer import open_tokenizer
from raykd.errors import InputError
from raykd.evaluate.cell import Cell
from raykd.evaluate.classifier.encoder import load_with_tokenizer
from raykd.evaluate.predict.heads import Decision, TextClassifier, head_name, heads_of, names
from raykd.evaluate.predict.onnx_runtime import OnnxClassifier, OnnxModel
from raykd.export.job import FLOAT, INT8

BATCH = 1024


class Classifier:
    """Heads by task and language on one encoder, each text encoded once for all heads of a language."""

    def __init__(
        self,
        classifier: TextClassifier | OnnxClassifier,
        heads: Mapping[str, Sequence[Decision]],
        cleaning: Cleaning = Cleaning(),
    ) -> None:
        """heads: by language, in the order in which the classifier answers; cleaning: that of the texts it learnt."""
        self._classifier, self._heads, self.cleaning = classifier, heads, cleaning

    @classmethod
    def load(cls, directory: str | Path, *, cleaning: Cleaning = Cleaning(), threads: int = 1) -> Classifier:
        """The classifier that `export` has written: the graph in int8 where there is one, on the CPU.

        directory: `exports/NAME-HASH` of an experiment, or a copy of it; onnxruntime runs it (pip install
        'raykd[export]'). cleaning: of the experiment that it comes from, where that masks personal data or drops code.
        `Experiment.classifier` needs no export. Raises InputError where it is no export, or not whole.
        """
        graph = next((path for name in (INT8, FLOAT) if (path := Path(directory, name)).is_file()), None)
        if graph is None:
            raise InputError(
                f"{directory}: no export of raykd ({FLOAT} is not there); write one with raykd export, or take the "
                "classifier of an experiment: raykd.load(config).classifier(encoder)"
            )
        model = OnnxModel(graph, threads)
        heads: dict[str, list[Decision]] = {}
        for name, facts in model.heads.items():
            language = name.removeprefix(f"{facts['task']}-")
            heads.setdefault(language, []).append(_decision(facts))
        answers = {language: [head_name(own.task, language) for own in several] for language, several in heads.items()}
        return cls(OnnxClassifier(open_tokenizer(directory), model, answers), heads, cleaning)

    @classmethod
    def of_cells(
        cls, store: ResultStore, cells: Sequence[Cell], cleaning: Cleaning = Cleaning(), device: str = "cpu"
    ) -> Classifier:
        """The heads of complete frozen cells of one encoder, each of the seed that is best on validation, in torch."""
        heads = heads_of(store, cells)
        tokenizer, encoder = load_with_tokenizer(cells[0].encoders[0], store.storage)
        loaded = {
            language: [(saved, saved.load(store.storage)) for saved in several] for language, several in heads.items()
        }
        classifier = TextClassifier(tokenizer, encoder, loaded, cells[0].max_length, device, torch.float32)
        return cls(classifier, heads, cleaning)

    @property
    def heads(self) -> pd.DataFrame:
        """What it can tell: columns task, language, kind, labels."""
        rows = [
            (saved.task, language, saved.kind, list(saved.labels))
            for language, several in self._heads.items()
            for saved in several
        ]
        return pd.DataFrame(rows, columns=["task", "language", "kind", "labels"])

    def predict(
        self,
        texts: Iterable[str],
        *,
        task: str | None = None,
        language: str | None = None,
        batch: int = BATCH,
        progress: bool = True,
    ) -> list[list[str]]:
        """The labels of each text, in the order of the texts: one, but in a multi-label task none or several.

        task, language: which head; they may be left out where there is one alone. batch, progress: as for
        `Encoder.encode`. Raises InputError for a head that is not there, and for what is no string.
        """
        head, found = self._answers(texts, task, language, batch, progress)
        return names(head, found)

    def probabilities(
        self,
        texts: Iterable[str],
        *,
        task: str | None = None,
        language: str | None = None,
        batch: int = BATCH,
        progress: bool = True,
    ) -> pd.DataFrame:
        """As `predict`, the probability of each label: float32, a row a text and a column a label."""
        head, found = self._answers(texts, task, language, batch, progress)
        return pd.DataFrame(found, columns=list(head.labels))

    def _answers(
        self, texts: Iterable[str], task: str | None, language: str | None, batch: int, progress: bool
    ) -> tuple[Decision, np.ndarray]:
        language, place = self._head(task, language)
        head = self._heads[language][place]
        cleaned = clean_texts(texts, self.cleaning, language)
        found = np.empty((len(cleaned), len(head.labels)), np.float32)
        for start, some in batches(cleaned, batch, "classifying", progress):
            tokens = self._classifier.tokenise(some)
            found[start : start + len(some)] = self._classifier.probabilities(tokens, language)[place]
        return head, found

    def _head(self, task: str | None, language: str | None) -> tuple[str, int]:
        """(language, place among its heads)."""
        fits = [
            (own, place)
            for own, several in self._heads.items()
            for place, saved in enumerate(several)
            if task in (None, saved.task) and language in (None, own)
        ]
        if len(fits) != 1:
            there = ", ".join(head_name(saved.task, own) for own, several in self._heads.items() for saved in several)
            what = "no head fits" if not fits else f"{len(fits)} heads fit"
            raise InputError(f"{what} task {task!r} and language {language!r}; there are: {there}")
        return fits[0]


def _decision(facts: Mapping[str, Any]) -> Decision:
    """facts: what the metadata of a graph says of a head."""
    return Decision(
        task=facts["task"],
        kind=facts["kind"],
        labels=tuple(facts["labels"]),
        positive=facts["positive"],
        thresholds=tuple(facts["thresholds"]),
    )
