"""Tiny teachers, made-up sequences, and token shards on storage."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertTokenizer

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import Adapt, Distill, Pretrain, TrainResources
from raykd.corpus.schema import TOKENS
from raykd.corpus.tokenizer import SPECIAL_TOKENS
from raykd.distill.data.masking import Masker
from raykd.distill.data.packing import Sequences, SpecialIds
from raykd.distill.data.sampler import Group
from raykd.distill.train.job import TrainingJob
from raykd.distill.train.loop import Hooks, Training
from raykd.distill.train.step import Reduce

VOCABULARY = 40
SPECIAL = SpecialIds(start=2, end=3, pad=0)
MASK = 4
FIRST_WORD = 5


class PaddedBatch(NamedTuple):
    """int64 [batch, length] each."""

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor


class Clock:
    """Goes on only when it is told to; seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def special() -> SpecialIds:
    return SPECIAL


@pytest.fixture
def make_teacher() -> Callable[..., BertForMaskedLM]:
    """BERTs of random weights, none of them 0 or 1 as at the start of training, without dropout unless asked."""

    def make(
        layers: int = 2, positions: int = 32, seed: int = 0, dropout: float = 0.0, **values: Any
    ) -> BertForMaskedLM:
        config = BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=16,
            num_hidden_layers=layers,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=positions,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            pad_token_id=SPECIAL.pad,
            **values,
        )
        generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            model = BertForMaskedLM(config)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                mean = 1.0 if name.endswith("LayerNorm.weight") else 0.0
                parameter.copy_(mean + 0.3 * torch.randn(parameter.shape, generator=generator))
        return model.eval()

    return make


@pytest.fixture
def distill_spec() -> Callable[..., Distill]:
    """Distill settings for small steps and no dropout, with any others asked for."""

    def make(**values: Any) -> Distill:
        settings = {
            "teacher": "teacher",
            "corpus": "corpus",
            "layers": 1,
            "dropout": 0.0,
            "epochs": 2,
            "group_sequences": 6,
            "step_sequences": 24,
            "max_length": 32,
        }
        return Distill(**(settings | values))

    return make


@pytest.fixture
def pretrain_spec() -> Callable[..., Pretrain]:
    def make(**values: Any) -> Pretrain:
        settings = {
            "tokenizer": {"train": {"vocabulary": 100}},
            "corpus": "corpus",
            "layers": 2,
            "width": 16,
            "heads": 2,
            "intermediate": 32,
            "dropout": 0.0,
            "epochs": 2,
            "group_sequences": 6,
            "step_sequences": 24,
            "max_length": 32,
        }
        return Pretrain(**(settings | values))

    return make


def write_sequence(generator: np.random.Generator) -> list[int]:
    """3 to 20 ids, the low ones far more often: something that a model can learn in a few steps."""
    length = int(generator.integers(3, 21))
    return (FIRST_WORD + np.minimum(generator.geometric(0.25, length) - 1, VOCABULARY - FIRST_WORD - 1)).tolist()


@pytest.fixture
def make_sequences() -> Callable[..., Sequences]:
    def make(count: int, seed: int = 0) -> Sequences:
        generator = np.random.default_rng(seed)
        parts = [write_sequence(generator) for _ in range(count)]
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
        keys = generator.integers(0, 2**64, count, dtype=np.uint64)
        return Sequences(np.concatenate(parts).astype(np.int32), offsets, keys)

    return make


@pytest.fixture
def masker() -> Masker:
    """Masks a third of all words, special ids never."""
    probabilities = np.full(VOCABULARY, 0.33)
    probabilities[:FIRST_WORD] = 0
    return Masker(probabilities, MASK, np.arange(FIRST_WORD, VOCABULARY), seed=1)


@pytest.fixture
def one_batch(special) -> Callable[..., PaddedBatch]:
    """All of some sequences as one padded batch, written the plain way."""

    def make(sequences: Sequences, masker: Masker, epoch: int = 0) -> PaddedBatch:
        rows = []
        for index, key in enumerate(sequences.keys):
            ids = sequences.ids[sequences.offsets[index] : sequences.offsets[index + 1]]
            shown, labels = masker(ids, np.full(len(ids), key), epoch)
            rows.append(([special.start, *shown, special.end], [-100, *labels, -100]))
        longest = max(len(ids) for ids, _ in rows)
        return PaddedBatch(
            torch.tensor([ids + [special.pad] * (longest - len(ids)) for ids, _ in rows]),
            torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in rows]),
            torch.tensor([labels + [-100] * (longest - len(labels)) for _, labels in rows]),
        )

    return make


@pytest.fixture
def store(tmp_path) -> ResultStore:
    return ResultStore(Storage(str(tmp_path / "experiment")))


@pytest.fixture
def make_tokens(store) -> Callable[..., Result]:
    """Writes token shards as the tokens stage does: {language: sequences of each shard}."""

    def make(row_group: int = 4, name: str = "corpus", **languages: Sequence[int]) -> Result:
        result = Result("tokens", name, 1, {"max_length": 32})
        generator = np.random.default_rng(0)
        shards = []
        for language, sizes in languages.items():
            ranks = np.sort(generator.integers(0, 2**64, sum(sizes), dtype=np.uint64)).tolist()
            for number, size in enumerate(sizes):
                file = f"language={language}/part-{number:05}.parquet"
                rows = [
                    {
                        "doc_id": generator.bytes(16).hex(),
                        "piece": 0,
                        "rank": ranks.pop(0),
                        "bytes": 100,
                        "input_ids": write_sequence(generator),
                    }
                    for _ in range(size)
                ]
                table = pa.Table.from_pylist(rows, schema=TOKENS)
                store.storage.write_table(f"{result.directory}/{file}", table, row_group_size=row_group)
                ids, counts = np.unique(np.concatenate([row["input_ids"] for row in rows]), return_counts=True)
                store.storage.write_table(
                    f"{result.directory}/{file}.counts.parquet", pa.table({"id": ids, "count": counts})
                )
                shards.append(
                    {
                        "language": language,
                        "file": file,
                        "first_rank": rows[0]["rank"],
                        "last_rank": rows[-1]["rank"],
                        "sequences": size,
                    }
                )
        store.complete(result, {"shards": shards}, started=0.0)
        return result

    return make


@pytest.fixture
def read_directly(store) -> Callable[..., Iterator[pa.Table]]:
    """The tables of each step of a worker, by plain parquet reads: what the loader must give."""

    def read(tokens: Result, steps: Iterable[Sequence[Group]]) -> Iterator[pa.Table]:
        columns = ["doc_id", "piece", "input_ids"]
        for groups in steps:
            tables = [
                store.storage.read_table(f"{tokens.directory}/{group.file}", columns).slice(
                    group.start, group.stop - group.start
                )
                for group in groups
            ]
            yield pa.concat_tables(tables) if tables else TOKENS.empty_table().select(columns)

    return read


@pytest.fixture
def tokenizer(store, tmp_path) -> SavedEncoder:
    """A tokenizer of VOCABULARY ids on storage: the special tokens, then w5, w6, ..."""
    words = [*SPECIAL_TOKENS, *(f"w{number}" for number in range(FIRST_WORD, VOCABULARY))]
    directory = tmp_path / "tokenizer"
    BertTokenizer(vocab={word: number for number, word in enumerate(words)}, do_lower_case=False).save_pretrained(
        directory
    )
    store.storage.put_directory(directory, "tokenizers/tiny")
    return SavedEncoder("tiny", 0, "0" * 64, "tokenizers/tiny")


@pytest.fixture
def save_model(store, tmp_path, tokenizer) -> Callable[..., SavedEncoder]:
    """Puts a model on storage, with the tokenizer, as an encoder to train from."""

    def save(model: torch.nn.Module, name: str = "teacher") -> SavedEncoder:
        model.save_pretrained(tmp_path / name)
        store.storage.put_directory(tmp_path / name, f"encoders/{name}")
        store.storage.put_directory(tmp_path / "tokenizer", f"encoders/{name}")
        return SavedEncoder(name, 0, "0" * 64, f"encoders/{name}")

    return save


@pytest.fixture
def make_job(store, make_tokens, tokenizer) -> Callable[..., TrainingJob]:
    """A job over a corpus of two languages, 70 sequences in 3 shards, all of them taken."""
    tokens = make_tokens(eng=[30, 20], spa=[20])

    def make(
        spec: Distill | Pretrain | Adapt,
        parent: SavedEncoder | None = None,
        directory: str = "encoders/trained",
        **resources: Any,
    ) -> TrainingJob:
        return TrainingJob(
            store=store,
            directory=directory,
            name="trained",
            spec=spec,
            seed=7,
            parent=parent,
            tokenizer=tokenizer,
            tokens=tokens,
            cutoffs={"eng": 2**64 - 1, "spa": 2**64 - 1},
            resources=TrainResources(**({"threads": 1, "micro_batch_tokens": 128, "precision": "float32"} | resources)),
        )

    return make


class SharedSum:
    """Sums tensors over threads in place, as all_reduce does over workers."""

    def __init__(self, workers: int) -> None:
        self.barrier = Barrier(workers, timeout=60)
        self.tensors: dict[int, torch.Tensor] = {}

    def reduce(self, rank: int) -> Reduce:
        def add(tensor: torch.Tensor) -> None:
            self.tensors[rank] = tensor.clone()
            self.barrier.wait()
            tensor.copy_(sum(self.tensors[rank] for rank in sorted(self.tensors)))
            self.barrier.wait()

        return add


class Saving(Hooks):
    def __init__(self, save: Callable[[Training], None]) -> None:
        self.save = save

    def checkpoint(self, training: Training) -> None:
        self.save(training)


@pytest.fixture
def train(read_directly) -> Callable[..., list[Training]]:
    """Trains a job with a number of workers, each a thread, and no Ray; returns the workers' trainings, done.

    prepare: called with each worker's training before it runs; save: at its checkpoints.
    """

    def run(
        job: TrainingJob,
        workers: int = 1,
        prepare: Callable[[Training], None] = lambda training: None,
        save: Callable[[Training], None] = lambda training: None,
    ) -> list[Training]:
        shared = SharedSum(workers)
        # One after the other: transformers cannot load models in several threads.
        trainings = [Training(job, rank, workers) for rank in range(workers)]
        for training in trainings:
            prepare(training)

        def work(training: Training) -> None:
            steps = read_directly(job.tokens, training.steps_to_read())
            training.run(steps, shared.reduce(training.rank), Saving(save))

        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(work, trainings))
        return trainings

    return run


@pytest.fixture
def directory(tmp_path) -> Path:
    path = tmp_path / "saved"
    path.mkdir()
    return path
