"""The files of a cell: one a seed, written as it is done by whichever process computed it, and what they become.

seeds/<encoder seed>-<seed>.parquet holds all that a seed adds, in one row: with it the seed is done, and it is never
computed again. Whoever finds that every seed asked for is done merges them into FILES, declares the cell complete and
removes them. So no process changes a file that another has written, and two that merge at the same time write the same.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from raykd.artifacts import ResultStore
from raykd.evaluate.cell import AVERAGES, PREDICTIONS, SCORES, Cell, Seed, is_complete

FILES = {"predictions": PREDICTIONS, "averages": AVERAGES, "scores": SCORES}  # in the order in which they are written
SEEDS = "seeds"  # the folder of those that are not merged yet
SEED_NAME = re.compile(r"(\d+)-(\d+)\.parquet")
KEY = ["encoder_seed", "seed"]


@dataclass(frozen=True)
class SeedFacts:
    """What computing a seed took and was computed with. encode_seconds: of what all seeds of an encoder share, with the
    first of them; mean_tokens: of a text, in all splits; gpu_share: of a trial's GPUs, and so of the price of its hour.
    """

    encode_seconds: float
    train_seconds: float
    mean_tokens: float
    precision: str
    device: str
    threads: int
    gpu_share: float


@dataclass(frozen=True)
class SeedRows:
    """rows: what a seed adds to each of FILES."""

    rows: Mapping[str, pa.Table]
    facts: SeedFacts


def seed_file(cell: Cell, seed: Seed) -> str:
    return cell.file(f"{SEEDS}/{seed[0]}-{seed[1]}.parquet")


def write_seed(store: ResultStore, cell: Cell, seed: Seed, added: SeedRows) -> None:
    """With this the seed is done."""
    columns: dict[str, Any] = {"facts": pa.array([json.dumps(vars(added.facts))])}
    for name, table in added.rows.items():
        columns[name] = pa.ListArray.from_arrays([0, table.num_rows], table.to_struct_array().combine_chunks())
    store.storage.write_table(seed_file(cell, seed), pa.table(columns))


def missing_seeds(store: ResultStore, cell: Cell) -> list[Seed]:
    """The seeds asked for that have no scores yet, in the order in which they will be computed."""
    done = set(_seed_files(store, cell)).union(_merged(store, cell))  # in this order, since files are merged meanwhile
    return [seed for seed in cell.asked if seed not in done]


def read_rows(store: ResultStore, cell: Cell, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of every seed that is done in one of FILES, merged or not, by seed."""
    try:
        new = _read_seeds(store, cell)
    except FileNotFoundError:  # they were merged in between
        new = {}
    return _with_new(store, cell, name, new, columns)


def merge_seeds(store: ResultStore, cell: Cell, facts: Mapping[str, Any]) -> None:
    """Declare the cell complete if every seed asked for is done. facts: to be known of it, beside its seeds."""
    try:
        new = _read_seeds(store, cell)
    except FileNotFoundError:
        new = {}
    # After reading: what another process has removed it had merged, and declared complete, before.
    if is_complete(store, cell) or not _merged(store, cell).union(new).issuperset(cell.asked):
        return
    store.reopen(cell.result)
    for name in FILES if new else ():
        store.storage.write_table(cell.file(f"{name}.parquet"), _with_new(store, cell, name, new))
    took = [one.facts for one in new.values()]
    encode, train = sum(one.encode_seconds for one in took), sum(one.train_seconds for one in took)
    told = {
        "seeds": [list(seed) for seed in sorted(_merged(store, cell))],
        **facts,
        "computed_seeds": len(took),  # since the cell was last complete, which all that follows is of
        **(vars(took[-1]) if took else {"mean_tokens": None}),
        "encode_seconds": round(encode, 2),  # 0 where another cell's states were used
        "train_seconds": round(train, 2),
    }
    store.complete(cell.result, told, time.time() - encode - train)
    store.storage.remove(cell.file(SEEDS))


def _seed_files(store: ResultStore, cell: Cell) -> dict[Seed, str]:
    names = map(SEED_NAME.fullmatch, store.storage.list(cell.file(SEEDS)))
    seeds = sorted((int(name[1]), int(name[2])) for name in names if name)
    return {seed: seed_file(cell, seed) for seed in seeds}


def _read_seeds(store: ResultStore, cell: Cell) -> dict[Seed, SeedRows]:
    """Those that are not merged. Raises FileNotFoundError where another process merges them meanwhile."""
    found = {}
    for seed, path in _seed_files(store, cell).items():
        row = store.storage.read_table(path)
        rows = {name: pa.Table.from_struct_array(row[name].combine_chunks().flatten()) for name in FILES}
        found[seed] = SeedRows(rows, SeedFacts(**json.loads(row["facts"][0].as_py())))
    return found


def _merged(store: ResultStore, cell: Cell) -> set[Seed]:
    path = cell.file("scores.parquet")
    return set(seeds_of(store.storage.read_table(path, KEY))) if store.storage.exists(path) else set()


def _with_new(
    store: ResultStore, cell: Cell, name: str, new: Mapping[Seed, SeedRows], columns: Sequence[str] | None = None
) -> pa.Table:
    """By seed, in one chunk and by a stable sort, so that the order of computing leaves no trace in the file."""
    path, columns = cell.file(f"{name}.parquet"), columns or FILES[name].names
    schema = pa.schema([FILES[name].field(column) for column in columns])
    stored = store.storage.read_table(path, columns) if store.storage.exists(path) else schema.empty_table()
    # A merge that was cut off left rows of seeds whose scores it had not written.
    merged = set(seeds_of(stored) if name == "scores" else _merged(store, cell)).difference(new)
    kept = stored.filter(pa.array([seed in merged for seed in seeds_of(stored)], pa.bool_()))
    both = pa.concat_tables(
        table.select(columns).cast(schema) for table in (kept, *(one.rows[name] for one in new.values()))
    )
    return both.take(np.lexsort([both[key].to_numpy() for key in reversed(KEY)])).combine_chunks()


def seeds_of(table: pa.Table) -> list[Seed]:
    """Of each row."""
    return list(zip(*(table[key].to_pylist() for key in KEY), strict=True))
