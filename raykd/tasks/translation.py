"""Labelled rows in other languages, in files that a table source reads.

<directory>/translation.json          what made it; another one in the same directory is refused
<directory>/originals/eng-00000.parquet   the rows, cut into parts that no worker count changes
<directory>/spa/eng-00000.parquet     the same rows in Spanish (ROW); a file that is there is not made again
<directory>/manifest.json             written last: rows of each language, and those left out
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import ray.data
import torch

from raykd.artifacts import Storage, settings_hash
from raykd.artifacts.store import git_commit, library_versions
from raykd.config import Cleaning, Translate, TranslateResources
from raykd.corpus.documents import read_documents
from raykd.errors import InputError
from raykd.tasks.candidates import NATURAL
from raykd.tasks.translator import Translator, open_tokenizer

VERSION = 1

ROW = pa.schema(
    [
        ("id", pa.string()),  # the original's with the language: 9f...-spa
        ("text", pa.string()),  # "" where there is a problem; readers leave empty texts out
        ("labels", pa.list_(pa.string())),
        ("group", pa.string()),
        ("origin", pa.string()),  # translated
        ("original", pa.string()),  # doc_id of the row that was translated, the same in corpora and tasks
        ("problem", pa.string()),  # long, unfinished or empty (translator.Translation); "" for a good row
    ]
)
ORIGINAL = pa.schema(
    [("doc_id", pa.string()), ("text", pa.string()), ("labels", pa.list_(pa.string())), ("group", pa.string())]
)


class Part(NamedTuple):
    """A file of translations to make."""

    source: str
    target: str
    number: int

    @property
    def original(self) -> str:
        return f"originals/{self.source}-{self.number:05}.parquet"

    @property
    def file(self) -> str:
        return f"{self.target}/{self.source}-{self.number:05}.parquet"


def translation_identity(spec: Translate, cleaning: Cleaning, inputs: Mapping[str, str]) -> dict[str, Any]:
    """What decides the translations. inputs: the identities of source files and models by name."""
    settings = spec.model_dump(mode="json", exclude={"directory", "rejected_share", "sources"})
    settings |= {
        "sources": [source.model_dump(mode="json", exclude={"path"}) for source in spec.sources],
        "cleaning": cleaning.model_dump(mode="json"),
    }
    identity = {"version": VERSION, "settings": settings, "inputs": dict(inputs)}
    return identity | {"hash": settings_hash(identity)}


def is_translated(storage: Storage, identity: Mapping[str, Any]) -> bool:
    """Whether all is there. Raises InputError where the directory holds translations that something else made."""
    for file in ("translation.json", "manifest.json"):
        if storage.exists(file) and storage.read_json(file)["hash"] != identity["hash"]:
            raise InputError(
                f"translate.directory: {storage.uri} holds translations of other rows, or by other settings; remove "
                "it or name another directory"
            )
    return storage.exists("manifest.json")


def translate_rows(
    storage: Storage,
    spec: Translate,
    identity: Mapping[str, Any],
    cleaning: Cleaning,
    resources: TranslateResources,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Write what is missing in storage, the directory of the translations, and return the manifest's facts.

    Raises InputError for a model that does not fit, unreadable rows and sources without a labelled natural row.
    """
    started = time.time()
    if not storage.exists("translation.json"):
        _write_originals(storage, spec, cleaning)
        storage.write_json("translation.json", identity)
    originals = [name.removesuffix(".parquet").split("-") for name in storage.list("originals")]
    parts = [
        Part(source, target, int(number))
        for source, number in originals
        for target in spec.languages
        if source != target
    ]
    for source, target in dict.fromkeys((part.source, part.target) for part in parts):
        open_tokenizer(spec, source, target)  # what is wrong with a model is said here, before actors start
    missing = [part for part in parts if not storage.exists(part.file)]
    for done, report in enumerate(_translated(storage, spec, resources, missing), start=1):
        say(f"{report['file']}: {report['rows']:,} rows in {report['seconds']:,.0f} s ({done} of {len(missing)} files)")
    facts = {"languages": {target: _facts(storage, parts, target) for target in spec.languages}}
    storage.write_json(
        "manifest.json",
        {
            **identity,
            "facts": facts,
            "libraries": library_versions(),
            "commit": git_commit(),
            "seconds": round(time.time() - started, 1),
        },
    )
    return facts


def _write_originals(storage: Storage, spec: Translate, cleaning: Cleaning) -> None:
    """The labelled natural rows by language, each text once for the same labels, in the order of their ids."""
    storage.remove("originals")
    documents = read_documents(spec.sources, seed=0, cleaning=cleaning)
    blocks: Iterable[Any] = documents.iter_batches(batch_format="pyarrow", batch_size=None)
    frames, read = [pd.DataFrame(columns=[*ORIGINAL.names, "language", "problem"])], 0
    for block in blocks:
        frames.append(_wanted_rows(block))
        read += block.num_rows
    rows = pd.concat(frames[1:] or frames)
    bad = rows.loc[rows["problem"] != "", "problem"]
    if len(bad) > spec.rejected_share * read:
        raise InputError(
            f"translate: {len(bad)} of {read} rows cannot be used, more than rejected_share {spec.rejected_share:g} "
            f"allows; the first is {bad.min()}"
        )
    rows = rows[rows["text"] != ""]
    if rows.empty:
        raise InputError(f"translate.sources: none of {read} rows is natural and has a label")
    rows = rows.sort_values("doc_id").drop_duplicates("doc_id").drop_duplicates(["language", "text", "labels"])
    for language, own in rows.groupby("language"):
        own = own[: spec.rows]  # ids are hashes, so the first of them are a random choice
        for number, start in enumerate(range(0, len(own), spec.part)):
            part = own.iloc[start : start + spec.part][ORIGINAL.names]
            table = pa.Table.from_pandas(part, ORIGINAL, preserve_index=False)
            storage.write_table(Part(str(language), "", number).original, table)


def _wanted_rows(block: pa.Table) -> pd.DataFrame:
    """The rows of a block of documents that are to be translated, and those with a problem: where it is, no text."""
    frame = block.to_pandas()
    frame["labels"] = [tuple(row) for row in block["labels"].to_pylist()]
    good = (frame["problem"] == "") & (frame["labels"].map(len) > 0) & frame["origin"].isin(NATURAL)
    bad = frame["problem"] != ""
    frame.loc[bad, "text"] = ""
    frame.loc[bad, "problem"] = frame["place"] + ": " + frame["problem"]
    return frame.loc[good | bad, [*ORIGINAL.names, "language", "problem"]]


def _translated(
    storage: Storage, spec: Translate, resources: TranslateResources, parts: Sequence[Part]
) -> Iterator[dict[str, Any]]:
    """A report for each part, as it is written."""
    if not parts:
        return
    asked: dict[str, Any] = {"num_cpus": resources.cpus} | ({"num_gpus": resources.gpus} if resources.gpus else {})
    blocks = [pa.Table.from_pylist([part._asdict()]) for part in parts]
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=min(resources.actors, len(parts)))
    yield from (
        ray.data.from_arrow(blocks)
        .map_batches(
            PartTranslator,
            fn_constructor_args=(storage, spec, resources),
            batch_size=1,
            batch_format="pyarrow",
            compute=pool,
            **asked,
        )
        .iter_rows()
    )


class PartTranslator:
    """An actor that translates one file at a time; it keeps the model until one of another pair is needed."""

    def __init__(self, storage: Storage, spec: Translate, resources: TranslateResources) -> None:
        self.storage, self.spec, self.resources = storage, spec, resources
        self.device = "cuda" if resources.gpus else "cpu"
        self.pair: tuple[str, str] | None = None
        torch.set_num_threads(max(1, int(resources.cpus)))

    def __call__(self, batch: pa.Table) -> pa.Table:
        return pa.Table.from_pylist([self._translate(Part(**row)) for row in batch.to_pylist()])

    def _translate(self, part: Part) -> dict[str, Any]:
        started = time.time()
        if self.pair != (part.source, part.target):
            self.translator = Translator(self.spec, part.source, part.target, self.resources.batch_tokens, self.device)
            self.pair = part.source, part.target
        rows = self.storage.read_table(part.original).to_pylist()
        translations = self.translator([row["text"] for row in rows])
        written = [
            {
                "id": f"{row['doc_id']}-{part.target}",
                "labels": row["labels"],
                "group": row["group"],
                "origin": "translated",
                "original": row["doc_id"],
                **translation._asdict(),
            }
            for row, translation in zip(rows, translations, strict=True)
        ]
        self.storage.write_table(part.file, pa.Table.from_pylist(written, ROW))
        return {"file": part.file, "rows": len(rows), "seconds": time.time() - started}


def _facts(storage: Storage, parts: Sequence[Part], target: str) -> dict[str, Any]:
    """Rows translated into a language, and how many were left out for which problem."""
    problems: Counter[str] = Counter()
    for part in parts:
        if part.target == target:
            problems.update(storage.read_table(part.file, columns=["problem"])["problem"].to_pylist())
    return {"rows": problems.pop("", 0), "left_out": dict(sorted(problems.items()))}
