"""What preparing a corpus costs: CPU seconds against the tokenizer alone, peak memory, object store.

python benchmarks/corpus.py                          100 MB of Posts.xml in five languages, 2 logical CPUs
python benchmarks/corpus.py --megabytes 100 1000     both sizes, and what ten times the input adds to memory
python benchmarks/corpus.py --megabytes 1000 --cpus 4
python benchmarks/corpus.py --everything             personal data, languages, near duplicates, overlap with a task too
python benchmarks/corpus.py --real                   texts of $RAYKD_DATA/td in place of the sample's short ones
python benchmarks/corpus.py --shard 5 --megabytes 100 1000    shards and units of 5 MB, which a small corpus fills too

Each size: writes sample dumps, then, in a process of its own with a Ray of its own, runs the two stages of a corpus as
`jobs/prepare.py` does (texts: read, clean, de-duplicate, rank, store; tokens: token shards). Every process of that Ray
counts: its driver, workers and daemons, with what they import. The start is given apart: of Ray
itself, up to a first empty dataset, and what the driver imports. Afterwards, in another process and on the
text that was stored: the tokenizer alone (`encode_batch_fast`, one thread, ids to int32), and `datasets.map` with the
same tokenizer, which needs `pip install -e '.[benchmark]'`. The vocabulary is mBERT's under $RAYKD_DATA, or, where that
is not set, one of 30,000 pieces trained on the sample.

CPU seconds, not wall time: user and system time of the process tree, read from /proc, so Linux only.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from meter import Meter, StoreWatch
from pydantic import ByteSize

from raykd.config import (
    Cleaning,
    Corpus,
    Detect,
    Exclude,
    NearDuplicates,
    Privacy,
    Sequences,
    StackExchangeSource,
)
from raykd.sample import write_sample
from raykd.sample.dump import HEAD, TAIL, row

LANGUAGES = ("eng", "jpn", "spa", "por", "rus")
OBJECT_STORE = 300_000_000  # bytes
MAX_LENGTH = 512
SEQUENCES = {"max_length": MAX_LENGTH} | Sequences().model_dump()  # the settings of tokens
BATCH = 1024  # texts a call of the tokenizer
VOCABULARY = "teacher/mbert-cased-vocab.txt"
STAGES = ("start", "texts", "tokens")


def main() -> None:
    arguments = _arguments()
    if arguments.role:
        print(json.dumps(ROLES[arguments.role](**json.loads(arguments.values))), flush=True)
        return
    if not importlib.util.find_spec("datasets"):
        sys.exit("datasets, the plain baseline, is not installed; run: make bench-corpus")
    measured = []
    with tempfile.TemporaryDirectory(prefix="raykd-corpus-", dir=arguments.directory) as scratch:
        for megabytes in arguments.megabytes:
            root = Path(scratch) / f"{megabytes}"
            how = {"cpus": arguments.cpus, "everything": arguments.everything, "shard": arguments.shard * 10**6}
            measured.append(measure(root, megabytes, arguments.real, how))
            shutil.rmtree(root)
    print(_summary(measured), flush=True)


def measure(root: Path, megabytes: int, real: bool, how: dict[str, int]) -> dict[str, Any]:
    """All figures of one size, printed as they come. how: what `stages` takes beside the directory."""
    size = megabytes * 10**6 // len(LANGUAGES)
    if real:
        dump_bytes = sum(_write_real(_dump(root, language), language, size) for language in LANGUAGES)
    else:
        sample = write_sample(root / "sample", seed=1, languages=LANGUAGES, technical=size, messages=0, general=0)
        dump_bytes = sum(file.bytes for file in sample.files)
    tokenizer = _call("vocabulary", root=str(root))
    cpus, what = how["cpus"], tokenizer["what"]
    print(f"\n{dump_bytes / 1e6:,.0f} MB of Posts.xml, {cpus} logical CPUs, tokenizer: {what}", flush=True)
    seconds, peaks, facts = _watched(root, how)
    stage = sum(seconds[name].total() for name in ("texts", "tokens"))
    for name in STAGES:
        parts = ", ".join(f"{kind} {value:.1f}" for kind, value in sorted(seconds[name].items()) if value > 0.05)
        print(f"  {name:<7}{seconds[name].total():8.1f} CPU s   ({parts})", flush=True)
    print(f"  object store at most {facts['store'] / 1e6:,.0f} of {OBJECT_STORE / 1e6:,.0f} MB, ", end="")
    print(f"{facts['spilled']:,} bytes spilled")
    print("  peak memory: " + ", ".join(f"{kind} {value / 1e6:,.0f} MB" for kind, value in sorted(peaks.items())))
    alone = _call("alone", root=str(root))
    other = _call("datasets_map", root=str(root))
    for name, report in (("tokenizer alone", alone), ("datasets.map", other)):
        rate = alone["bytes"] / 1e6 / report["seconds"]
        print(f"  {name:<16}{report['seconds']:8.1f} CPU s   {rate:5.2f} MB of text a second", flush=True)
    return {
        "megabytes": dump_bytes / 1e6,
        "ratio": stage / alone["seconds"],
        "stage": stage,
        "start": seconds["start"].total(),
        "alone": alone["seconds"],
        "datasets": other["seconds"],
        "tokens": seconds["tokens"].total(),
        "peak": max(peaks.values()),
        "worker": peaks["worker"],
        **facts,
    }


def _dump(root: str | Path, language: str) -> Path:
    return Path(root) / "sample/technical" / language / "Posts.xml"


def _write_real(path: Path, language: str, size: int) -> int:
    """Real technical text as answers of a dump, a paragraph a line; bytes, at most about `size`."""
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEAD)
        texts = pq.read_table(Path(os.environ["RAYKD_DATA"], "td", f"{language}.parquet"), columns=["text"])["text"]
        for number, text in enumerate(texts.to_pylist()):
            body = "".join(f"<p>{escape(line)}</p>\n" for line in text.split("\n"))
            file.write(row(number, 2, {"ParentId": 0, "Score": 1, "Body": body}))
            if file.tell() >= size:
                break
        file.write(TAIL)
    return path.stat().st_size


def _watched(root: Path, how: dict[str, int]) -> tuple[dict[str, Counter[str]], Counter[str], dict[str, Any]]:
    """CPU seconds by part and kind of process, peaks in bytes by kind, and what the stages' process reports."""
    process = subprocess.Popen(_command("stages", root=str(root), **how), stdout=subprocess.PIPE, text=True)
    meter = Meter(process.pid)
    assert process.stdout
    seconds: dict[str, Counter[str]] = defaultdict(Counter)
    before: Counter[str] = Counter()
    last = ""
    for line in process.stdout:
        if line.strip() in STAGES:
            now = meter.read()
            seconds[line.strip()], before = now - before, now
        last = line
    meter.stop()
    if process.wait():
        sys.exit(f"the stages failed with status {process.returncode}")
    return seconds, meter.peaks, json.loads(last)


def _task(store: Any) -> Any:
    """A task of 5,000 texts in English, of sentences that stand in no post."""
    import pyarrow as pa

    from raykd.artifacts import Result

    result = Result("tasks", "tags", 1, {})
    rows = {"doc_id": [f"{n:032}" for n in range(5000)], "text": [f"task text {n} " * 40 for n in range(5000)]}
    store.storage.write_table(f"{result.directory}/language=eng/train.parquet", pa.table(rows))
    return result


def stages(root: str, cpus: int, everything: bool, shard: int) -> dict[str, Any]:
    """Both stages; a line is printed at the end of each part, for the process that watches this one. shard: bytes."""
    os.environ |= {
        "RAY_AUTH_MODE": "disabled",
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    import ray

    from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
    from raykd.corpus.budget import cutoff_keys
    from raykd.corpus.text_shards import prepare_texts
    from raykd.corpus.token_shards import prepare_tokens

    ray.init(
        address="local",
        num_cpus=cpus,
        object_store_memory=OBJECT_STORE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
    )
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    import raykd.planning.plan  # noqa: F401  what every job imports before its first stage, transformers and torch among it

    _start_workers(cpus)
    store_peak = StoreWatch()
    print("start", flush=True)
    sources = tuple(
        StackExchangeSource(reader="stackexchange", language=language, path=str(_dump(root, language)))
        for language in LANGUAGES
    )
    store = ResultStore(Storage(f"{root}/experiment"))
    texts, tokens = Result("texts", "td", 1, {}), Result("tokens", "td", 1, SEQUENCES)
    corpus, cleaning, tasks = Corpus(sources=sources, shard=ByteSize(shard)), Cleaning(), list[Result]()
    if everything:
        corpus = Corpus(
            sources=sources,
            shard=ByteSize(shard),
            exclude=Exclude(overlap=200),
            detect=Detect(),
            near_duplicates=NearDuplicates(),
            repeats=100,
        )
        cleaning, tasks = Cleaning(privacy=Privacy()), [_task(store)]
    prepare_texts(store, texts, "td", corpus, 56, tasks, cleaning, shard)
    print("texts", flush=True)
    tokenizer = SavedEncoder("tokenizer", 0, "", f"{root}/tokenizer", stored=False)
    prepare_tokens(store, tokens, texts, tokenizer, cutoff_keys(store, texts, None))
    print("tokens", flush=True)
    used, spilled = store_peak.stop()
    ray.shutdown()
    languages = store.facts(texts)["languages"].values()
    return {
        "documents": sum(facts["documents"] for facts in languages),
        "bytes": sum(facts["bytes"] for facts in languages),
        "store": used,
        "spilled": spilled,
    }


def _start_workers(cpus: int) -> None:
    """Ray Data's own actors and its workers start with the first dataset of a cluster: a part of Ray's start."""
    import ray.data

    ray.data.range(cpus, override_num_blocks=cpus).map_batches(lambda rows: rows).materialize()


def vocabulary(root: str) -> dict[str, Any]:
    """Writes the tokenizer's directory."""
    from transformers import BertTokenizer

    from raykd.corpus.tokenizer import train_wordpiece

    if data := os.environ.get("RAYKD_DATA"):
        words = Path(data, VOCABULARY).read_text(encoding="utf-8").splitlines()
        vocab = {word: number for number, word in enumerate(words)}
        tokenizer = BertTokenizer(vocab=vocab, do_lower_case=False, strip_accents=False)
        what = "mBERT's vocabulary"
    else:
        tokenizer = train_wordpiece(lambda: _some_rows(Path(root)), 30_000)
        what = "30,000 pieces trained on the sample"
    tokenizer.save_pretrained(f"{root}/tokenizer")
    return {"what": what}


def _some_rows(root: Path) -> Iterator[str]:
    for file in sorted(root.glob("sample/technical/*/Posts.xml")):
        with file.open(encoding="utf-8") as lines:
            yield from (line for _, line in zip(range(2_000), lines, strict=False))


def alone(root: str) -> dict[str, Any]:
    """The tokenizer alone: ids of every text as int32, in this thread."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from raykd.corpus.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(f"{root}/tokenizer").backend_tokenizer
    seconds, size, tokens = 0.0, 0, 0
    for texts in _texts(root):
        started = time.process_time()
        for first in range(0, len(texts), BATCH):
            encoded = tokenizer.encode_batch_fast(texts[first : first + BATCH], add_special_tokens=False)
            tokens += sum(len(np.array(one.ids, np.int32)) for one in encoded)
        seconds += time.process_time() - started
        size += sum(len(text.encode()) for text in texts)
    return {"seconds": seconds, "bytes": size, "tokens": tokens}


def datasets_map(root: str) -> dict[str, Any]:
    """`datasets.map` over the same texts: one process, as its documentation writes it."""
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_DATASETS_CACHE": f"{root}/datasets"}
    import datasets

    from raykd.corpus.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(f"{root}/tokenizer")
    datasets.disable_progress_bars()
    data = datasets.Dataset.from_dict({"text": [text for texts in _texts(root) for text in texts]})
    started = time.process_time()
    data.map(
        lambda rows: {"input_ids": tokenizer(rows["text"], add_special_tokens=False, verbose=False)["input_ids"]},
        batched=True,
        remove_columns=["text"],
        cache_file_name=f"{root}/mapped.arrow",
    )
    return {"seconds": time.process_time() - started}


def _texts(root: str) -> Iterator[list[str]]:
    import pyarrow.parquet as pq

    for file in sorted(Path(root).glob("experiment/texts/*/language=*/*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(8192, columns=["text"]):
            yield batch.column("text").to_pylist()


ROLES: dict[str, Callable[..., dict[str, Any]]] = {
    "stages": stages,
    "vocabulary": vocabulary,
    "alone": alone,
    "datasets_map": datasets_map,
}


def _command(role: str, **values: Any) -> list[str]:
    return [sys.executable, __file__, "--role", role, "--values", json.dumps(values)]


def _call(role: str, **values: Any) -> Any:
    """What a role returns, run in a process of its own."""
    return json.loads(subprocess.run(_command(role, **values), check=True, capture_output=True, text=True).stdout)


def _summary(measured: list[dict[str, Any]]) -> str:
    first, last = measured[0], measured[-1]
    line = (
        f"corpus: {last['megabytes']:,.0f} MB of Posts.xml cost {last['stage']:.1f} CPU s, {last['ratio']:.2f} x the "
        f"tokenizer alone ({last['alone']:.1f}), and the start {last['start']:.1f}; "
        f"datasets.map {last['datasets'] / last['tokens']:.2f} x our token stage; "
        f"peak {last['peak'] / 1e6:,.0f} MB in a process; "
        f"object store {last['store'] / 1e6:,.0f} MB, {last['spilled']:,} bytes spilled"
    )
    if len(measured) > 1:
        cost = (last["stage"] / last["megabytes"]) / (first["stage"] / first["megabytes"])
        line += (
            f"; against {first['megabytes']:,.0f} MB: peak {last['peak'] / first['peak'] - 1:+.0%}, "
            f"in a worker {last['worker'] / first['worker'] - 1:+.0%}, CPU s a MB {cost - 1:+.0%}"
        )
    return line


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[100], help="bytes of Posts.xml in all, / 10**6")
    parser.add_argument("--cpus", type=int, default=2, help="logical CPUs of Ray")
    parser.add_argument("--shard", type=int, default=32, help="MB of sources of a shard, and of a unit, at most")
    parser.add_argument("--everything", action="store_true", help="mask, detect, near duplicates, overlap with a task")
    parser.add_argument("--real", action="store_true", help="texts of RAYKD_DATA, at most 150 MB")
    parser.add_argument("--directory", help="where the sample and the results lie while it runs (about 3 x the input)")
    parser.add_argument("--role", choices=ROLES, help=argparse.SUPPRESS)
    parser.add_argument("--values", default="{}", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
