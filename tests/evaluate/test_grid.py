"""The grid on a real Ray: every cell once, one line each, and failures told after the others have finished."""

from dataclasses import replace

import pytest

from raykd.artifacts import ResultStore, SavedEncoder, Storage
from raykd.config import Resources, TrialResources
from raykd.errors import InputError
from raykd.evaluate.cell import is_complete
from raykd.evaluate.grid import run_grid
from raykd.evaluate.run_cell import WorkerSpec, run_cells

pytestmark = pytest.mark.usefixtures("local_ray")

RESOURCES = Resources(grid=TrialResources(failures=0, precision="float32"))
WORKER = WorkerSpec(10**9)


def test_grid_computes_what_a_plain_run_does(store, make_cell, tmp_path, capfd):
    frozen, tuned = make_cell("frozen"), make_cell("fine-tuned", "distilbert")
    done = make_cell("frozen", "distilbert")
    run_cells(store, [done], WORKER)
    lines = []
    capfd.readouterr()
    run_grid(store, [frozen, done, tuned], RESOURCES, lines.append)
    assert capfd.readouterr() == ("", "")
    assert sorted(line.split(" ")[0] for line in lines) == ["2/3", "3/3"]
    assert {line.split(" ")[1] for line in lines} == {f"{frozen.result.name}:", f"{tuned.result.name}:"}
    assert all("macro F1 0." in line and "(3 seeds" in line for line in lines)
    assert not store.storage.exists("scratch")

    elsewhere = ResultStore(Storage(str(tmp_path / "plain")))
    elsewhere.storage.put_directory(tmp_path / "experiment" / "tasks", "tasks")
    elsewhere.storage.put_directory(tmp_path / "experiment" / "encoders", "encoders")
    for cell in (frozen, tuned):
        assert is_complete(store, cell)
        run_cells(elsewhere, [cell], WORKER)
        for name in ("scores.parquet", "predictions.parquet"):
            assert store.storage.read_bytes(cell.file(name)) == elsewhere.storage.read_bytes(cell.file(name))

    run_grid(store, [frozen, done, tuned], RESOURCES, lines.append)
    assert len(lines) == 2


def test_cells_that_share_states_are_one_trial_and_a_line_each(store, make_cell):
    whole = make_cell("frozen", seeds=2)
    small = replace(whole, train_rows=20, result=replace(whole.result, name="of-20"))
    lines = []
    run_grid(store, [whole, small], RESOURCES, lines.append)
    assert [line.split(" ")[:2] for line in lines] == [["1/2", f"{whole.result.name}:"], ["2/2", "of-20:"]]
    assert all("macro F1 0." in line and "(2 seeds" in line for line in lines)
    assert store.facts(small.result)["encode_seconds"] == 0 < store.facts(whole.result)["encode_seconds"]


def test_failures_are_told_when_the_others_have_finished(store, make_cell):
    good = make_cell("frozen")
    unloadable = replace(
        make_cell("fine-tuned"), encoders=(SavedEncoder("bert", 56, "0" * 64, "/no/such/encoder", stored=False),)
    )
    lines = []
    with pytest.raises(InputError, match="/no/such/encoder: no tokenizer can be loaded"):
        run_grid(store, [good, unloadable], RESOURCES, lines.append)
    assert is_complete(store, good) and len(lines) == 2

    broken = replace(make_cell("fine-tuned"), language="spa")
    with pytest.raises(RuntimeError, match=r"1 of 1 failed.* topics-eng-bert-fine-tuned: .*FileNotFound.*language=spa"):
        run_grid(store, [good, broken], RESOURCES, lines.append)
    assert len(lines) == 3 and lines[-1].startswith("2/2")
    assert not store.storage.exists("scratch")
