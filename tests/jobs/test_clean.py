"""jobs/clean.py: what it lists, what it leaves, and that nothing goes without --yes."""

import shutil
from pathlib import Path

from raykd.artifacts import Storage
from raykd.artifacts.lease import held


def files(directory: Path) -> set[str]:
    return {str(path) for path in directory.rglob("*") if path.is_file() and path.parent.name != "lease"}


def test_what_the_config_names_stays(call, stored):
    storage = stored / "runs/demo"
    before = files(stored)
    (encoder,) = storage.glob("encoders/teacher-*")
    shutil.copytree(encoder, storage / "encoders/teacher-56-00000000")
    (encoder / "checkpoints/run").mkdir(parents=True)
    (encoder / "checkpoints/run/state").write_bytes(b"x")
    status, output, errors = call("clean", stored / "small.yaml")
    assert status == 0, errors
    assert "encoders/teacher-56-00000000  (no current name refers to it)" in output
    assert "2 leftovers" in output and "add --yes" in output
    assert files(stored) > before
    status, output, errors = call("clean", stored / "small.yaml", "--yes")
    assert status == 0 and "removed" in output, errors
    assert files(stored) == before
    assert "nothing to remove" in call("clean", stored / "small.yaml", "--yes")[1]


def test_results_go_only_when_neither_the_last_run_nor_this_config_names_them(call, stored):
    overrides = ["evaluate.threshold=0.4"]  # another hash for every cell
    assert "nothing to remove" in call("clean", stored / "small.yaml", *overrides)[1]
    index = stored / "runs/demo/experiment.json"
    index.write_text(index.read_text().replace("/tags-eng-", "/other-eng-"))
    _, output, _ = call("clean", stored / "small.yaml", *overrides)
    assert output.count("scores/tags-eng-") == len(list((stored / "runs/demo/scores").iterdir()))
    assert "encoders/" not in output and "texts/" not in output


def test_nothing_goes_while_a_driver_is_at_work_even_where_no_lease_is_asked_for(call, stored):
    (stored / "runs/demo/scratch/texts").mkdir(parents=True)
    (stored / "runs/demo/scratch/texts/state").write_bytes(b"x")
    arguments = (stored / "small.yaml", "resources.lease=false", "--yes")
    with held(Storage(str(stored / "runs/demo")), "evaluate small.yaml"):
        status, _, errors = call("clean", *arguments)
        assert status == 2 and "in use by" in errors
    assert (stored / "runs/demo/scratch/texts/state").exists()
    assert "1 leftovers" in call("clean", *arguments)[1]
    assert not (stored / "runs/demo/scratch").exists()
