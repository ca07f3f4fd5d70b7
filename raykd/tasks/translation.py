"""Labelled rows in other languages, in files that a table source reads, made by any sequence-to-sequence model.

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
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from raykd.artifacts import Storage
from raykd.artifacts.store import git_commit, library_versions
from raykd.config import Cleaning, Translate, TranslateResources
from raykd.corpus.documents import filter_values, read_documents
from raykd.corpus.values import check_filters, filters_of
from raykd.distill.models.checked import load_config, load_whole
from raykd.errors import InputError, in_one_line
from raykd.tasks.candidates import NATURAL
from raykd.wording import time_left

ROW = pa.schema(
    [
        ("id", pa.string()),  # the original's with the language: 9f...-spa
        ("text", pa.string()),  # "" where there is a problem; readers leave empty texts out
        ("labels", pa.list_(pa.string())),
        ("group", pa.string()),
        ("origin", pa.string()),  # translated
        ("original", pa.string()),  # doc_id of the row that was translated, the same in corpora and tasks
        ("problem", pa.string()),  # long, unfinished or empty (`Translation`); "" for a good row
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
    began = time.monotonic()
    for done, report in enumerate(_translated(storage, spec, resources, missing), start=1):
        left = time_left(done, len(missing), time.monotonic() - began)
        told = f"{report['rows']:,} rows in {report['seconds']:,.0f} s ({done} of {len(missing)} files){left}"
        say(f"{report['file']}: {told}")
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
    if any(filters_of(source) for source in spec.sources):
        check_filters("translate.sources", spec.sources, filter_values(spec.sources, cleaning), spec.unmatched_share)
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


# --- the model ------------------------------------------------------------------------------------------------------


class Translation(NamedTuple):
    """text: "" where there is a problem: "long" (the text has too many tokens), "unfinished" (so has its translation)
    or "empty"."""

    text: str
    problem: str = ""


class Translator:
    """From one language to another. The same texts in the same order give the same translations on the same device."""

    def __init__(self, spec: Translate, source: str, target: str, batch_tokens: int, device: str = "cpu") -> None:
        """Raises InputError for a model that cannot be loaded or does not know one of the languages."""
        self.spec, self.batch_tokens, self.device = spec, batch_tokens, device
        self.prompt = spec.prompt_of(source, target)
        self.tokenizer, self.first_token = open_tokenizer(spec, source, target)
        name = spec.model_of(source, target)
        # Half the memory on a GPU, where a model is saved so; a CPU is slow in anything but float32.
        dtype = torch.float32 if device == "cpu" else "auto"
        model, _ = load_whole(AutoModelForSeq2SeqLM, name, spec.revision, may_lack=(), dtype=dtype)
        self.model: Any = model.eval().to(device)

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> list[Translation]:
        """One for each text, in their order."""
        if not texts:
            return []
        ids = self.tokenizer([self.prompt + text for text in texts])["input_ids"]
        found = [Translation("", "long")] * len(texts)
        short = [place for place, tokens in enumerate(ids) if len(tokens) <= self.spec.max_tokens]
        for batch in batches([len(ids[place]) for place in short], self.batch_tokens):
            places = [short[index] for index in batch]
            for place, translation in zip(places, self._generate([ids[place] for place in places]), strict=True):
                found[place] = translation
        return found

    def _generate(self, ids: list[list[int]]) -> list[Translation]:
        inputs = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(self.device)
        first = {} if self.first_token is None else {"forced_bos_token_id": self.first_token}
        output = self.model.generate(
            **inputs, **first, num_beams=self.spec.beams, do_sample=False, max_new_tokens=self.spec.max_tokens
        )
        # Some models force an end at the limit: what fills it is cut off, whatever its last token.
        cut = (output[:, 1:] != self.tokenizer.pad_token_id).sum(dim=1) >= self.spec.max_tokens
        # The start and, after it, the language, which not every tokenizer knows for a special token.
        words = output[:, 1 if self.first_token is None else 2 :]
        texts = self.tokenizer.batch_decode(words, skip_special_tokens=True)
        return [_judged(text.strip(), unfinished) for text, unfinished in zip(texts, cut.tolist(), strict=True)]


def _judged(text: str, unfinished: bool) -> Translation:
    if unfinished or not text:
        return Translation("", "unfinished" if unfinished else "empty")
    return Translation(text)


def batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Places of texts in batches of at most batch_tokens with padding, the longest first; at least one a batch."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > batch_tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def open_tokenizer(spec: Translate, source: str, target: str) -> tuple[Any, int | None]:
    """The tokenizer, and the token that makes a model of many languages write in the target one; else none.

    Raises InputError where the model is not there, is of another kind, is too short or does not know a language.
    """
    name = spec.model_of(source, target)
    with in_one_line(
        f"translate.model: {name} cannot be loaded (many tokenizers need: pip install 'raykd[translation]')"
    ):
        tokenizer = AutoTokenizer.from_pretrained(name, revision=spec.revision, trust_remote_code=False)
    config = load_config(name, spec.revision)
    if not config.is_encoder_decoder:
        raise InputError(f"translate.model: {name} is no sequence-to-sequence model ({config.model_type})")
    positions = getattr(config, "max_position_embeddings", None)
    if positions and spec.max_tokens > positions:
        raise InputError(f"translate.max_tokens: {spec.max_tokens}, but {name} has {positions} positions")
    if not hasattr(tokenizer, "src_lang"):
        return tokenizer, None
    tokens = [_language_token(tokenizer, spec.code(language), language, name) for language in (source, target)]
    tokenizer.src_lang = spec.code(source)
    return tokenizer, tokens[1]


def _language_token(tokenizer: Any, code: str, language: str, name: str) -> int:
    """M2M100's tokens are called otherwise than its codes, and it has a method for them; NLLB's and mBART's are not."""
    try:
        token = tokenizer.get_lang_id(code) if hasattr(tokenizer, "get_lang_id") else _token(tokenizer, code)
    except KeyError as error:
        raise InputError(
            f"translate.codes: {name} knows no language {code!r}; give what it calls {language}, say {{eng: eng_Latn}}"
        ) from error
    return int(token)


def _token(tokenizer: Any, code: str) -> int:
    return int(tokenizer.get_vocab()[code])
