"""Small cells of the grid, with a task and encoders made on the spot, for the benchmark of its crashes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import torch
from transformers import BertConfig, BertModel, BertTokenizer, DistilBertConfig, DistilBertModel

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import ClassifierTraining, Head
from raykd.corpus.tokenizer import SPECIAL_TOKENS
from raykd.evaluate.cell import Cell
from raykd.tasks.prepare import SPLIT

LABELS = ("first", "second", "third")
ROWS = {"train": 512, "validation": 64, "test": 64}
TOKENS = 64  # of a text at most
TRAIN_ROWS = 128  # of the cells that use the states of those of all rows


def make_cells(root: str | Path, seeds: int) -> tuple[ResultStore, list[Cell]]:
    """Frozen, frozen with TRAIN_ROWS and fine-tuned cells of two encoders, in a store at `root`."""
    store = ResultStore(Storage(str(root)))
    words = [f"w{number}" for number in range(200)]
    encoders = [_make_encoder(store, kind, words) for kind in ("bert", "distilbert")]
    task = Result("tasks", "task", 1, {})
    for number, (split, rows) in enumerate(ROWS.items()):
        table = _make_split(np.random.default_rng(number), split, rows, words)
        store.storage.write_table(f"{task.directory}/language=eng/{split}.parquet", table)
    return store, [
        _make_cell(encoder, task, weights, seeds, train_rows)
        for encoder in encoders
        for weights, train_rows in (("frozen", None), ("frozen", TRAIN_ROWS), ("fine-tuned", None))
    ]


def _make_encoder(store: ResultStore, kind: str, words: list[str]) -> SavedEncoder:
    pieces = [*SPECIAL_TOKENS, *words]
    torch.manual_seed(0)
    if kind == "bert":
        sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
        model = BertModel(BertConfig(vocab_size=len(pieces), max_position_embeddings=TOKENS, **sizes))
    else:
        sizes = {"dim": 64, "n_layers": 2, "n_heads": 2, "hidden_dim": 128}
        model = DistilBertModel(DistilBertConfig(vocab_size=len(pieces), max_position_embeddings=TOKENS, **sizes))
    with TemporaryDirectory() as directory:
        model.save_pretrained(directory)
        vocabulary = {piece: number for number, piece in enumerate(pieces)}
        BertTokenizer(vocab=vocabulary, do_lower_case=False).save_pretrained(directory)
        store.storage.put_directory(Path(directory), f"encoders/{kind}")
    return SavedEncoder(kind, 1, "0" * 64, f"encoders/{kind}")


def _make_split(generator: np.random.Generator, split: str, rows: int, words: list[str]) -> pa.Table:
    """Each label has words of its own."""
    texts, labels = [], []
    for _ in range(rows):
        own = sorted(generator.choice(len(LABELS), generator.integers(1, 3), replace=False))
        chosen = generator.integers(0, len(words) // 3, generator.integers(10, TOKENS)) * 3 + generator.choice(own)
        texts.append(" ".join(words[number] for number in chosen))
        labels.append([LABELS[number] for number in own])
    columns = {
        "doc_id": [f"{split}{number}" for number in range(rows)],
        "text": texts,
        "labels": labels,
        "unknown": [[]] * rows,
        "group": [""] * rows,
        "origin": [""] * rows,
    }
    return pa.table(columns, schema=SPLIT)


def _make_cell(encoder: SavedEncoder, task: Result, weights: str, seeds: int, train_rows: int | None) -> Cell:
    name = f"task-eng-{encoder.name}-{weights}" + (f"-{train_rows}" if train_rows else "")
    return Cell(
        result=Result("scores", name, 1, {}),
        task="task",
        kind="multi-label",
        labels=LABELS,
        positive=None,
        language="eng",
        encoder=encoder.name,
        weights=weights,  # type: ignore[arg-type]
        encoders=(encoder,),
        task_result=task,
        seeds=seeds,
        head=Head(hidden=64),
        training=ClassifierTraining(epochs=10 if weights == "frozen" else 3, batch=16),
        threshold=0.5,
        max_length=TOKENS,
        train_rows=train_rows,
    )
