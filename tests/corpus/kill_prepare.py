"""Kill the driver of a preparation at random moments, while one read in twenty fails; prints a JSON line of counts.

python tests/corpus/kill_prepare.py ROOT KILLS ROWS          tasks one after the other in the driver, forked
python tests/corpus/kill_prepare.py ROOT KILLS ROWS --ray    tasks on a Ray of the driver's own; its workers and its
                                                             raylet are killed too

The same corpus is prepared once without a kill and without Ray, with personal data masked, languages detected, near
duplicates and repeated lines left out. What is counted: the tasks that were begun, those that there are, and whether
texts and tokens have the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import psutil
from fsspec.implementations.local import LocalFileSystem

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage, retry
from raykd.config import Cleaning, Corpus, Detect, NearDuplicates, Privacy, TableSource
from raykd.corpus import resume, text_shards, token_shards
from raykd.corpus.budget import cutoff_keys

UNIT_BYTES = 2_500
TEXTS = Result("texts", "td", 1, {})
TOKENS = Result("tokens", "td", 1, {"max_length": 32, "minimum": 0, "unknown": 0.5})
LOG = "begun.txt"
FAIL = 0.05
WORK = ((text_shards, ("_read_units", "_find_copies", "_write_shards")), (token_shards, ("_write_shard",)))


class Failing(LocalFileSystem):
    """A disk as a store: files are there when they are whole, and one read in twenty fails."""

    protocol = "failing"

    def __init__(self, **options: Any) -> None:
        super().__init__(auto_mkdir=True, **options)
        self.random = random.Random()  # another in every process

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(LocalFileSystem._strip_protocol(path.removeprefix("failing://")))

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        if self.random.random() < FAIL:
            raise OSError("injected")
        content: bytes = super().cat_file(path, start, end)
        return content

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: Any) -> None:
        with self._renamed(path) as file:
            Path(file).write_bytes(value)

    def put_file(self, lpath: str, rpath: str, **options: Any) -> None:
        with self._renamed(rpath) as file:
            Path(file).write_bytes(Path(lpath).read_bytes())

    @contextlib.contextmanager
    def _renamed(self, path: str) -> Iterator[str]:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{os.getpid()}.part"
        yield temporary
        os.replace(temporary, path)


def set_up(root: str) -> None:
    """In every process: the store, small tasks, and a line in the log for each that begins."""
    fsspec.register_implementation("failing", Failing, clobber=True)
    logging.getLogger("raykd").setLevel(logging.ERROR)
    retry.WAITS = (0.0,) * 5
    text_shards.KEY_RANGE_BYTES, text_shards.TASKS, text_shards.KEY_TASKS = 60_000, 100, 30
    for module, names in WORK:
        for name in names:
            setattr(module, name, _logged(root, name, getattr(module, name)))


def _logged(root: str, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def begin(*arguments: Any) -> Any:
        with open(f"{root}/{LOG}", "a") as log:
            log.write(f"{name}\n")
        return work(*arguments)

    return begin


def prepare(root: str, on_ray: bool) -> None:
    """Both stages, resumed where they were interrupted."""
    set_up(root)
    if on_ray:
        import ray

        os.environ["RAY_AUTH_MODE"] = "disabled"
        here = f"{Path(__file__).parents[2]}:{Path(__file__).parent}"
        hook = {
            "worker_process_setup_hook": "kill_prepare.set_up_worker",
            "env_vars": {"PYTHONPATH": here, "ROOT": root},
        }
        ray.init(
            address="local",
            num_cpus=2,
            object_store_memory=200_000_000,
            log_to_driver=False,
            include_dashboard=False,
            runtime_env=hook,
        )
    else:
        resume.reports_of_each = lambda items, work: map(work, items)  # type: ignore[assignment]
    store = ResultStore(Storage(f"failing://{root}/experiment"))
    source = TableSource(reader="table", language="eng", path=f"{root}/../rows.jsonl", name="rows", id="id")
    if not store.manifest(TEXTS):
        kept = {"detect": Detect(), "near_duplicates": NearDuplicates(), "repeats": 100}
        corpus = Corpus(sources=(source,), shard=4_000, **kept)
        cleaning = Cleaning(privacy=Privacy())
        text_shards.prepare_texts(
            store, TEXTS, "td", corpus, 56, [], cleaning, unit_bytes=UNIT_BYTES, say=lambda line: None
        )
    if not store.manifest(TOKENS):
        tokenizer = SavedEncoder("words", 0, "", f"{root}/../tokenizer", stored=False)
        cutoffs = cutoff_keys(store, TEXTS, None)
        token_shards.prepare_tokens(store, TOKENS, TEXTS, tokenizer, cutoffs, say=lambda line: None)


def set_up_worker() -> None:
    set_up(os.environ["ROOT"])


def write_inputs(root: Path, rows: int) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    drawn = random.Random(0)
    words = [f"word{number}" for number in range(200)]
    with (root / "rows.jsonl").open("w") as file:
        for number in range(rows):
            text = " ".join(drawn.choices(words, k=drawn.randrange(1, 20))) if number % 9 else " ".join(words[:12])
            text += f" word1@example{number % 5}.org" * (number % 7 == 0)  # is masked
            file.write(json.dumps({"id": number, "text": text}) + "\n")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: number for number, word in enumerate([*special, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
    fast.save_pretrained(root / "tokenizer")


def begun(root: Path) -> int:
    log = root / LOG
    return len(log.read_text().splitlines()) if log.exists() else 0


def content(root: Path) -> dict[str, bytes]:
    experiment = root / "experiment"
    files = {str(path.relative_to(experiment)): path for path in experiment.rglob("*.parquet")}
    return {name: path.read_bytes() for name, path in sorted(files.items())}


def main(where: str, kills: int, rows: int, on_ray: bool) -> None:
    root, moments = Path(where), random.Random(3)
    write_inputs(root, rows)
    if not on_ray:  # once for all that are forked
        from transformers import AutoTokenizer  # noqa: F401
    context = multiprocessing.get_context("spawn" if on_ray else "fork")
    plain, killed = root / "plain", root / "killed"
    for folder in (plain, killed):
        folder.mkdir()
    whole = context.Process(target=prepare, args=(str(plain), False))
    whole.start()
    whole.join()
    assert whole.exitcode == 0
    total, done, victims = begun(plain), 0, {"driver": 0, "worker": 0, "raylet": 0}
    while True:
        driver = context.Process(target=prepare, args=(str(killed), on_ray))
        driver.start()
        while _comes_to(driver, killed, moments.randrange(1, 3 * total // (2 * kills + 2)) if done < kills else 10**9):
            time.sleep(moments.uniform(0, 0.02))
            victim = ("worker", "driver", "raylet")[done % 3] if on_ray else "driver"
            done += _kill(driver.pid, victim, victims)
            if victim == "raylet":
                driver.join(120)
            if victim != "worker":  # Ray does a worker's task again
                break
        _end(driver)
        if driver.exitcode == 0:
            break
    same = content(killed) == content(plain)
    print(json.dumps({"kills": done, **victims, "tasks": total, "begun": begun(killed), "same": same}))


def _comes_to(driver: Any, root: Path, tasks: int) -> bool:
    """Wait until so many more tasks have begun, as what a start takes, and what is left, differ; False where the driver
    ended before."""
    wanted = begun(root) + tasks
    while driver.exitcode is None and begun(root) < wanted:
        time.sleep(0.002)
    return driver.exitcode is None


def _kill(pid: int | None, victim: str, victims: dict[str, int]) -> int:
    assert pid
    processes = [psutil.Process(pid)]
    if victim != "driver":
        mark = "raylet" if victim == "raylet" else "ray::"
        processes = [one for one in processes[0].children(recursive=True) if mark in " ".join(one.cmdline()[:1])]
    for process in processes[:1]:
        process.kill()
        victims[victim] += 1
    return len(processes[:1])


def _end(driver: Any) -> None:
    """The driver, and what of its Ray outlives it."""
    if driver.exitcode is None:
        left = psutil.Process(driver.pid).children(recursive=True)
        os.kill(driver.pid, signal.SIGKILL)
    else:
        left = []
    driver.join()
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "--ray" in sys.argv)
