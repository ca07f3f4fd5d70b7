"""Small encoders and a small task, made on the spot."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast, DistilBertConfig, DistilBertModel

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import ClassifierTraining, Head
from raykd.evaluate.cell import Cell
from raykd.tasks.prepare import SPLIT

WORDS = {
    "sport": ["ball", "goal", "team", "match", "player", "score", "win", "coach", "league", "run"],
    "food": ["bread", "soup", "salt", "cook", "oven", "plate", "taste", "spice", "meal", "bake"],
    "music": ["song", "drum", "note", "piano", "band", "melody", "voice", "tune", "choir", "beat"],
}
LABELS = tuple(WORDS)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def write_texts(seed: int, rows: int) -> tuple[list[str], list[list[str]]]:
    """Texts of 3 to 30 words about one or two topics, and the topics."""
    generator = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(rows):
        topics = [LABELS[n] for n in sorted(generator.choice(3, generator.integers(1, 3), replace=False))]
        words = [generator.choice(WORDS[generator.choice(topics)]) for _ in range(generator.integers(3, 30))]
        texts.append(" ".join([*(WORDS[topic][0] for topic in topics), *words]))
        labels.append(topics)
    return texts, labels


@pytest.fixture(scope="session")
def encoder_directories(tmp_path_factory) -> dict[str, Path]:
    """A BertModel and a DistilBertModel, 2 layers 32 wide, with the tokenizer they share."""
    root = tmp_path_factory.mktemp("encoders")
    wordpiece = BertWordPieceTokenizer()
    wordpiece.train_from_iterator(write_texts(0, 200)[0], vocab_size=300, show_progress=False)
    wordpiece.save_model(str(root))
    tokenizer = BertTokenizerFast(str(root / "vocab.txt"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        bert = BertModel(
            BertConfig(
                vocab_size=300,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=64,
                initializer_range=0.2,
            )
        )
        distilbert = DistilBertModel(
            DistilBertConfig(
                vocab_size=300,
                dim=32,
                n_layers=2,
                n_heads=2,
                hidden_dim=64,
                max_position_embeddings=64,
                initializer_range=0.2,
            )
        )
    for name, model in (("bert", bert), ("distilbert", distilbert)):
        model.save_pretrained(root / name)
        tokenizer.save_pretrained(root / name)
    return {"bert": root / "bert", "distilbert": root / "distilbert"}


@pytest.fixture
def texts() -> list[str]:
    return write_texts(3, 40)[0]


@pytest.fixture
def store(tmp_path) -> ResultStore:
    return ResultStore(Storage(str(tmp_path / "experiment")))


@pytest.fixture
def make_cell(store, encoder_directories) -> Callable[..., Cell]:
    """Writes the task (60 training, 24 validation, 24 test texts) and the encoder to the store; makes cells of them."""
    task = Result("tasks", "topics", 1, {})
    for split, seed, rows in (("train", 1, 60), ("validation", 4, 24), ("test", 2, 24)):
        texts, labels = write_texts(seed, rows)
        table = pa.table(
            {
                "doc_id": [f"{split}{n}" for n in range(rows)],
                "text": texts,
                "labels": labels,
                "unknown": [[]] * rows,
                "group": [f"group {n % 2}" for n in range(rows)],
                "origin": [""] * rows,
            },
            schema=SPLIT,
        )
        store.storage.write_table(f"{task.directory}/language=eng/{split}.parquet", table)

    def make(weights: str = "frozen", encoder: str = "bert", **values: Any) -> Cell:
        store.storage.put_directory(encoder_directories[encoder], f"encoders/{encoder}")
        name = f"topics-eng-{encoder}-{weights}"
        cell = Cell(
            result=Result("scores", name, 1, {"weights": weights}, {"encoder": encoder}),
            task="topics",
            kind="multi-label",
            labels=LABELS,
            positive=None,
            language="eng",
            encoder=encoder,
            weights=weights,
            encoders=(SavedEncoder(encoder, 56, "0" * 64, f"encoders/{encoder}"),),
            task_result=task,
            seeds=3,
            head=Head(hidden=16),
            training=ClassifierTraining(epochs=2, batch=16, learning_rate=1e-2),
            threshold=0.5,
            max_length=64,
        )
        return replace(cell, **values)

    return make
