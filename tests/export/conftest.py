"""A small encoder with two trained heads, and its graph: made once, for all tests of this folder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pytest
import torch
from onnx import numpy_helper
from transformers import BertTokenizer, DistilBertConfig, DistilBertModel

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import ClassifierTraining, Export, Head
from raykd.corpus.tokenizer import open_tokenizer
from raykd.evaluate.cell import Cell
from raykd.evaluate.classifier.encoder import load_encoder
from raykd.evaluate.classifier.ragged import tokenise
from raykd.evaluate.labelled_splits import load_splits
from raykd.evaluate.predict.heads import chosen_seed, saved_head
from raykd.evaluate.run_cell import WorkerSpec, run_cells
from raykd.export.job import ExportJob
from raykd.export.onnx import export_graph
from raykd.export.parity import LabelledTexts, Reference
from raykd.export.quantize import quantized_layers
from raykd.export.run import export_encoder
from raykd.tasks.prepare import SPLIT

WORDS = [f"word{number}" for number in range(90)]  # every third is of one topic
TOPICS = ("sport", "food", "music")
MAX_LENGTH = 32


def write_encoder(directory: Path) -> Path:
    vocabulary = {piece: number for number, piece in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])}
    BertTokenizer(vocab=vocabulary, do_lower_case=False).save_pretrained(directory)
    shape = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "max_position_embeddings": MAX_LENGTH}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = DistilBertConfig(vocab_size=len(vocabulary), initializer_range=0.2, **shape)
        DistilBertModel(config).save_pretrained(directory)
    return directory


def write_split(seed: int, rows: int, several: bool) -> pa.Table:
    generator = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(rows):
        own = sorted(generator.choice(3, generator.integers(1, 3), replace=False))
        words = [WORDS[generator.integers(30) * 3 + generator.choice(own)] for _ in range(generator.integers(2, 40))]
        texts.append(" ".join(words))
        labels.append([TOPICS[topic] for topic in own] if several else [("other", "sport")[0 in own]])
    columns = {
        "doc_id": [f"{seed}-{number}" for number in range(rows)],
        "text": texts,
        "labels": labels,
        "unknown": [[]] * rows,
        "group": [""] * rows,
        "origin": [""] * rows,
    }
    return pa.table(columns, schema=SPLIT)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> tuple[ResultStore, tuple[Cell, ...]]:
    """A store with the encoder, two tasks and their heads; the cells are complete."""
    root = tmp_path_factory.mktemp("export")
    store = ResultStore(Storage(str(root / "experiment")))
    encoder = SavedEncoder("small", 0, "0" * 64, str(write_encoder(root / "encoder")), stored=False)
    cells = []
    for task, kind, labels, positive in (
        ("topics", "multi-label", TOPICS, None),
        ("sport", "binary", ("sport", "other"), "sport"),
    ):
        result = Result("tasks", task, 1, {})
        for number, (split, rows) in enumerate({"train": 80, "validation": 60, "test": 40}.items()):
            table = write_split(number, rows, several=kind == "multi-label")
            store.storage.write_table(f"{result.directory}/language=eng/{split}.parquet", table)
        cells.append(
            Cell(
                result=Result("scores", f"{task}-eng-small-frozen", 1, {}),
                task=task,
                kind=kind,
                labels=labels,
                positive=positive,
                language="eng",
                encoder="small",
                weights="frozen",
                encoders=(encoder,),
                task_result=result,
                seeds=2,
                head=Head(hidden=16, hops=2),
                training=ClassifierTraining(epochs=4, batch=8, learning_rate=1e-2),
                threshold=None,
                max_length=MAX_LENGTH,
            )
        )
    for cell in cells:
        run_cells(store, [cell], WorkerSpec(10**9))
    return store, tuple(cells)


@pytest.fixture(scope="session")
def parts(trained):
    """(encoder, heads by name, validation texts by head name)."""
    store, cells = trained
    encoder = load_encoder(cells[0].encoders[0].location)
    heads, texts = {}, {}
    tokenizer = open_tokenizer(cells[0].encoders[0].location)
    for cell in cells:
        saved = saved_head(store, cell, chosen_seed(store, cell))
        heads[f"{cell.task}-eng"] = (saved, saved.load(store.storage))
        split = load_splits(store, cell)["validation"]
        texts[f"{cell.task}-eng"] = LabelledTexts(
            tokenise(tokenizer, split.texts, MAX_LENGTH), split.labels, split.known
        )
    return encoder, heads, texts


@pytest.fixture(scope="session")
def graph(parts):
    encoder, heads, _ = parts
    return export_graph(encoder, heads, MAX_LENGTH)


@pytest.fixture(scope="session")
def reference(parts) -> Reference:
    return Reference(*parts)


@pytest.fixture(scope="session")
def exported(trained, graph) -> Path:
    """The directory of a complete export."""
    store, cells = trained
    job = ExportJob(Result("exports", "small", 1, {}), cells[0].encoders[0], cells, Export(), MAX_LENGTH)
    with pytest.MonkeyPatch.context() as patch:  # the graph is that of the other tests: making it takes long
        patch.setattr("raykd.export.run.export_graph", lambda *_: graph)
        export_encoder(store, job, print)
    return Path(store.storage.path(job.result.directory))


@pytest.fixture(scope="session")
def with_outlier() -> Callable[..., onnx.ModelProto]:
    return _with_outlier


def _with_outlier(graph: onnx.ModelProto, layer: str, offset: float) -> onnx.ModelProto:
    """The same function, but one input of an attention's output layer is larger by an offset, its bias less."""
    changed = onnx.ModelProto()
    changed.CopyFrom(graph)
    weights = {one.name: one for one in changed.graph.initializer}
    own = {one.name: one.weight for one in quantized_layers(graph)}
    row = numpy_helper.to_array(weights[own[f"{layer}.out_lin"]])[0]
    first = np.eye(1, len(row), dtype=np.float32)[0]
    for name, by in ((f"{layer}.v_lin", offset * first), (f"{layer}.out_lin", -offset * row)):
        (product,) = [node.output[0] for node in changed.graph.node if node.name == name]
        (add,) = [node for node in changed.graph.node if node.op_type == "Add" and product in node.input]
        (bias,) = [one for one in add.input if one != product]
        values = (numpy_helper.to_array(weights[bias]) + by).astype(np.float32)
        changed.graph.initializer.append(numpy_helper.from_array(values, f"{name}.own_bias"))  # others may share it
        add.input[list(add.input).index(bias)] = f"{name}.own_bias"
    return changed
