"""The grid on a real Ray: every cell once, one line each, and failures told after the others have finished."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from raykd.artifacts import ResultStore, SavedEncoder, Storage
from raykd.config import Resources, TrialResources
from raykd.errors import InputError
from raykd.evaluate import grid
from raykd.evaluate import run_cell as run_module
from raykd.evaluate.cell import is_complete
from raykd.evaluate.cell_files import missing_seeds
from raykd.evaluate.grid import run_grid
from raykd.evaluate.run_cell import WorkerSpec, run_cells
from raykd.prometheus import Gauges

pytestmark = pytest.mark.usefixtures("local_ray")

RESOURCES = Resources(grid=TrialResources(failures=0, precision="float32"))
WORKER = WorkerSpec(10**9)


def ended(lines):
    """Those of cells that have ended; on a busy machine there are others on their seeds."""
    return [line for line in lines if " are done; " not in line]


def test_grid_computes_what_a_plain_run_does(store, make_cell, tmp_path, capfd):
    frozen, tuned = make_cell("frozen"), make_cell("fine-tuned", "distilbert")
    done = make_cell("frozen", "distilbert")
    run_cells(store, [done], WORKER)
    lines = []
    capfd.readouterr()
    run_grid(store, [frozen, done, tuned], RESOURCES, lines.append)
    assert capfd.readouterr() == ("", "")
    assert sorted(line.split(" ")[0] for line in ended(lines)) == ["2/3", "3/3"]
    assert {line.split(" ")[1] for line in ended(lines)} == {f"{frozen.result.name}:", f"{tuned.result.name}:"}
    assert all("macro F1 0." in line and "(3 seeds" in line for line in ended(lines))

    elsewhere = ResultStore(Storage(str(tmp_path / "plain")))
    elsewhere.storage.put_directory(tmp_path / "experiment" / "tasks", "tasks")
    elsewhere.storage.put_directory(tmp_path / "experiment" / "encoders", "encoders")
    for cell in (frozen, tuned):
        assert is_complete(store, cell)
        run_cells(elsewhere, [cell], WORKER)
        for name in ("scores.parquet", "predictions.parquet"):
            assert store.storage.read_bytes(cell.file(name)) == elsewhere.storage.read_bytes(cell.file(name))

    run_grid(store, [frozen, done, tuned], RESOURCES, lines.append)
    assert len(ended(lines)) == 2


def test_cells_that_share_states_are_one_trial_and_a_line_each(store, make_cell, monkeypatch):
    told = []
    monkeypatch.setattr(Gauges, "set", lambda self, **values: told.append(values))
    whole = make_cell("frozen", seeds=2)
    small = replace(whole, train_rows=20, result=replace(whole.result, name="of-20"))
    lines = []
    run_grid(store, [whole, small], RESOURCES, lines.append)
    assert [line.split(" ")[:2] for line in ended(lines)] == [["1/2", f"{whole.result.name}:"], ["2/2", "of-20:"]]
    assert all("macro F1 0." in line and "(2 seeds" in line for line in ended(lines))
    assert told == [{"parts": 2, "parts_done": 0}, {"parts_done": 1}, {"parts_done": 2}]
    assert store.facts(small.result)["encode_seconds"] == 0 < store.facts(whole.result)["encode_seconds"]


def test_seeds_of_two_distillations_are_two_trials(store, make_cell):
    cell = make_cell(seeds=2)
    cell = replace(cell, encoders=(*cell.encoders, SavedEncoder("bert", 57, "1" * 64, "encoders/bert")))
    plain = replace(cell, result=replace(cell.result, version=2))
    run_cells(store, [plain], WORKER)
    lines = []
    run_grid(store, [cell], RESOURCES, lines.append)
    (line,) = ended(lines)
    assert line.startswith(f"1/1 {cell.result.name}: macro F1 0.") and "(4 seeds" in line
    for name in ("scores.parquet", "averages.parquet", "predictions.parquet"):
        assert store.storage.read_bytes(cell.file(name)) == store.storage.read_bytes(plain.file(name))
    todo = {cell.result.directory: [(56, 2), (57, 1), (57, 2)]}
    assert [trial.name for trial in grid._trials([cell], todo)] == [f"{cell.result.name} {n}" for n in ("56-2", "57")]


def test_frozen_cells_begin_and_single_seeds_end(store, make_cell, monkeypatch):
    begun = []
    monkeypatch.setattr(grid, "run_trials", lambda work, trials, names, *rest, **more: begun.extend(names))
    tuned, frozen = make_cell("fine-tuned", seeds=2), make_cell("frozen", seeds=2)
    run_grid(store, [tuned, frozen], RESOURCES, print)
    assert begun == [f"{frozen.result.name} 56", f"{tuned.result.name} 56-0", f"{tuned.result.name} 56-1"]


def test_a_cell_tells_of_its_seeds_while_no_other_ends(store, make_cell, monkeypatch):
    cell = make_cell(seeds=4)
    run_cells(store, [replace(cell, seeds=1)], WORKER)
    lines, clock = [], [100.0]
    monkeypatch.setattr(grid, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    todo = {cell.result.directory: missing_seeds(store, cell)}
    progress = grid._Progress(store, 3, list(grid._trials([cell], todo)), todo, lines.append)
    run_cells(store, [cell], WORKER, [(56, 1)])
    for seconds in (4, 6, 12, 15, 17):
        clock[0] = 100.0 + seconds
        progress.tell_if_quiet()
    told = f"2/3 are done; {cell.result.name}: 2 of 4 seeds"
    assert lines == [f"{told}; 12 s left", f"{told}; 34 s left"]

    # Two trials that have ended without the one's having seen the other's file.
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "merge_seeds", lambda *given: None)
        run_cells(store, [cell], WORKER)
    progress.end(0, "", {})
    assert is_complete(store, cell) and lines[2].startswith(f"3/3 {cell.result.name}: macro F1 0.")


def test_failures_are_told_when_the_others_have_finished(store, make_cell):
    good = make_cell("frozen")
    unloadable = replace(
        make_cell("fine-tuned"), encoders=(SavedEncoder("bert", 56, "0" * 64, "/no/such/encoder", stored=False),)
    )
    lines = []
    with pytest.raises(InputError, match="/no/such/encoder: no tokenizer can be loaded"):
        run_grid(store, [good, unloadable], RESOURCES, lines.append)
    assert is_complete(store, good) and len(ended(lines)) == 2

    broken = replace(make_cell("fine-tuned"), language="spa")
    with pytest.raises(
        RuntimeError, match=r"3 of 3 failed.* topics-eng-bert-fine-tuned 56-\d: .*FileNotFound.*language=spa"
    ):
        run_grid(store, [good, broken], RESOURCES, lines.append)
    assert len(ended(lines)) == 3 and lines[-1].startswith("2/2")
