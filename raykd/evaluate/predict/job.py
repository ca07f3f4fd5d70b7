"""Texts of any source to labels of every task, on Ray Data: an actor an encoder, each text encoded once.

classified/<name>-<encoder>-<hash8>/language=<l>/part-<unit>-<block>.parquet holds a row a text: doc_id, id (the
source's own, "" where it names none), group, text, tokens, and for each task its labels (`<task>`) and probabilities in
the order of its labels (`<task>_probabilities`), null where the task has no head for the language. A part that is there
is never computed again; units/<unit>.json says that a unit of the sources is done, and the manifest that all are.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import ray.data
import torch
import transformers

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import TEXT_COLUMNS, Classify, Cleaning, Resources
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import Unit, source_name, split_units
from raykd.corpus.tokenizer import open_tokenizer
from raykd.corpus.values import Found, Tally, check_filters, left_out
from raykd.distill.models.mixed_precision import compute_dtype
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import load_with_tokenizer
from raykd.evaluate.predict.heads import SavedHead, TextClassifier, head_name, names
from raykd.evaluate.predict.onnx_runtime import OnnxClassifier, OnnxModel
from raykd.wording import time_left

UNIT_BYTES = 4 << 20  # about a million tokens: ten minutes of one CPU core with an encoder of mBERT's size
UNITS = "units"


@dataclass(frozen=True)
class ClassifyJob:
    """What every actor is told. heads: by language; tasks: the columns of every part; seed: of the experiment."""

    storage: Storage
    directory: str
    cleaning: Cleaning
    seed: int
    encoder: SavedEncoder
    heads: Mapping[str, tuple[SavedHead, ...]]
    tasks: tuple[str, ...]
    max_length: int
    resources: Resources
    graph: str | None = None  # the file of an ONNX graph with these heads, which computes in torch's place

    @property
    def schema(self) -> pa.Schema:
        types = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int32())
        fields = list(zip(TEXT_COLUMNS, types, strict=True))
        for task in self.tasks:
            fields += [(task, pa.list_(pa.string())), (f"{task}_probabilities", pa.list_(pa.float32()))]
        return pa.schema(fields)


def classify(
    store: ResultStore, result: Result, spec: Classify, job: ClassifyJob, report: Callable[[str], None] = print
) -> None:
    """Label every text of the sources, on a Ray that is already initialised; a line for each unit that is done.

    Raises InputError for too many unreadable rows, and for an encoder that cannot be loaded.
    """
    started, clock = time.time(), time.perf_counter()
    units = list(enumerate(split_units(spec.sources, UNIT_BYTES)))
    todo = [number for number, _ in units if not store.storage.exists(_unit_file(job, number))]
    there, texts, tokens = len(units) - len(todo), 0, 0
    for done, facts in enumerate(_run(job, dict(units), todo), start=1):
        texts, tokens = texts + facts["computed_texts"], tokens + facts["computed_tokens"]
        seconds = time.perf_counter() - clock
        speed = f"{texts / seconds:,.0f} texts/s, {tokens / seconds:,.0f} tokens/s"
        report(f"{there + done}/{len(units)}: {texts:,} texts, {speed}{time_left(done, len(todo), seconds)}")
    total: Counter[str] = Counter()
    filters: Counter[Found] = Counter()
    masked: Counter[tuple[str, str, str]] = Counter()
    problems = []
    for number, unit in units:
        facts = store.storage.read_json(_unit_file(job, number))
        problems += [facts["first_rejected"]] if facts["rejected"] else []
        source = spec.sources.index(unit.source)
        filters.update({Found(source, unit.path, *found): rows for *found, rows in facts["filters"]})
        for language, kind, values in facts.get("masked", ()):
            masked[language, source_name(unit.source), kind] += values
        total.update({name: facts[name] for name in ("texts", "tokens", "rejected", "empty")})
    _check_rejected(spec, total, problems)
    check_filters("classify.sources", spec.sources, filters, spec.unmatched_share)
    heads = {f"{head.task}/{language}": head.file for language, heads in job.heads.items() for head in heads}
    labels = {head.task: list(head.labels) for heads in job.heads.values() for head in heads}
    facts = {**total, "heads": heads, "labels": labels, "filtered": left_out(spec.sources, filters)}
    facts["masked"] = [[*key, values] for key, values in sorted(masked.items())]  # language, source, kind, values
    store.complete(result, facts, started)


def _check_rejected(spec: Classify, total: Counter[str], problems: Sequence[str]) -> None:
    read = total["texts"] + total["rejected"] + total["empty"]
    if total["rejected"] > spec.rejected_share * read:
        raise InputError(
            f"classify: {total['rejected']:,} of {read:,} rows cannot be read, more than rejected_share "
            f"{spec.rejected_share:g} allows; the first is {problems[0]}"
        )


def _run(job: ClassifyJob, units: Mapping[int, Unit], todo: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Facts of each unit, as they are done."""
    if not todo:
        return
    blocks = [pa.table({"unit": [number]}) for number in todo]
    reports = ray.data.from_arrow(blocks).map_batches(
        _Worker,
        fn_constructor_args=(job, units),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(job.resources.classify_workers, len(todo))),
        num_cpus=job.resources.grid.cpus,
        num_gpus=job.resources.grid.gpus or None,
    )
    for row in reports.iter_rows():
        yield json.loads(row["report"])


def _unit_file(job: ClassifyJob, number: int) -> str:
    return f"{job.directory}/{UNITS}/{number:06}.json"


class _Worker:
    """An actor: a loaded encoder with all its heads."""

    def __init__(self, job: ClassifyJob, units: Mapping[int, Unit]) -> None:
        self.job, self.units = job, units
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        threads = max(1, int(job.resources.grid.cpus))
        torch.set_num_threads(threads)
        self.classifier = self._onnx_classifier(threads) if job.graph else self._torch_classifier()

    def _onnx_classifier(self, threads: int) -> OnnxClassifier:
        job = self.job
        assert job.graph
        with job.encoder.local(job.storage) as location:
            tokenizer = open_tokenizer(location, job.encoder.revision)
        heads = {
            language: [head_name(one.task, language) for one in several] for language, several in job.heads.items()
        }
        return OnnxClassifier(tokenizer, OnnxModel(job.storage.read_bytes(job.graph), threads), heads)

    def _torch_classifier(self) -> TextClassifier:
        job = self.job
        device = "cuda" if job.resources.grid.gpus else "cpu"
        tokenizer, encoder = load_with_tokenizer(job.encoder, job.storage)
        heads = {
            language: [(saved, saved.load(job.storage)) for saved in several] for language, several in job.heads.items()
        }
        dtype = compute_dtype(job.resources.grid.precision, device)
        return TextClassifier(tokenizer, encoder, heads, job.max_length, device, dtype)

    def __call__(self, batch: dict[str, Any]) -> Iterator[pa.Table]:
        for number in batch["unit"].tolist():
            facts = self._classify_unit(number, self.units[number])
            self.job.storage.write_json(_unit_file(self.job, number), facts)
            yield pa.table({"report": [json.dumps(facts)]})

    def _classify_unit(self, number: int, unit: Unit) -> dict[str, Any]:
        job = self.job
        counts: Counter[str] = Counter(texts=0, tokens=0, rejected=0, empty=0, computed_texts=0, computed_tokens=0)
        first_rejected, tally, masked = "", Tally(), Counter[tuple[str, str]]()
        read = unit_documents(unit, job.seed, job.cleaning, tally=tally, masked=masked)
        for block, documents in enumerate(read):
            bad = documents.filter(pc.not_equal(documents["problem"], ""))
            if bad.num_rows and not first_rejected:
                first_rejected = f"{bad['place'][0]}: {bad['problem'][0]}"
            good = documents.filter(pc.equal(documents["problem"], ""))
            texts = good.filter(pc.not_equal(good["text"], ""))
            counts.update(rejected=bad.num_rows, empty=good.num_rows - texts.num_rows, texts=texts.num_rows)
            for language in texts["language"].unique().to_pylist():
                path = f"{job.directory}/language={language}/part-{number:06}-{block:04}.parquet"
                rows = texts.filter(pc.equal(texts["language"], language))
                counts.update(self._classify_part(path, rows, language))
        filters = [[*found, rows] for found, rows in tally.counts.items()]
        found = [[*key, values] for key, values in sorted(masked.items())]
        return {**counts, "first_rejected": first_rejected, "filters": filters, "masked": found}

    def _classify_part(self, path: str, documents: pa.Table, language: str) -> dict[str, int]:
        storage = self.job.storage
        if storage.exists(path):
            return {"tokens": pc.sum(storage.read_table(path, ["tokens"])["tokens"]).as_py()}
        part = self._classify_texts(documents, language)
        storage.write_table(path, part)
        tokens = pc.sum(part["tokens"]).as_py()
        return {"tokens": tokens, "computed_tokens": tokens, "computed_texts": part.num_rows}

    def _classify_texts(self, documents: pa.Table, language: str) -> pa.Table:
        tokens = self.classifier.tokenise(documents["text"].to_pylist())
        columns: dict[str, Any] = {name: documents[name] for name in ("doc_id", "id", "group", "text")}
        columns["tokens"] = tokens.lengths.numpy()
        answers = self.classifier.probabilities(tokens, language)
        for saved, probabilities in zip(self.job.heads[language], answers, strict=True):
            columns[saved.task] = names(saved, probabilities)
            columns[f"{saved.task}_probabilities"] = list(probabilities)
        schema = self.job.schema
        nothing = [None] * documents.num_rows
        return pa.table({name: columns.get(name, nothing) for name in schema.names}, schema=schema)
