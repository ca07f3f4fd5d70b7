"""The pipeline with sources and results on an S3 server that fails and hangs: the same scores as on disk, no secret."""

import ast
import json
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from raykd.artifacts import Storage

FAULTS = ("--fail", 0.05, "--hang", 0.02, "--hang-seconds", 4, "--seed", 1)
READ_SECONDS = 2  # after which a client of the tests takes an answer for lost


def tiny(config: Path) -> Path:
    """A few steps of a teacher and a student, one cell each."""
    from omegaconf import OmegaConf

    tree = OmegaConf.load(config)
    del tree["sweep"], tree.encoders["general-student"]
    tree.evaluate.update({"encoders": ["technical-student", "teacher"], "baselines": ["teacher"], "seeds": 2})
    tree.encoders.teacher.pretrain.step_sequences = 256
    tree.encoders["technical-student"].distill.step_sequences = 128
    tree.resources.train.checkpoint_steps = 2
    OmegaConf.save(tree, config)
    return config


def on_s3(config: Path, storage: Storage) -> Path:
    """The same, with the sample data and the results on the server."""
    from omegaconf import OmegaConf

    tree = OmegaConf.load(config)
    local = config.parent / "runs/sample"
    storage.put_directory(local, "sample")
    for part in (*tree.corpora.values(), *tree.tasks.values()):
        for source in part.sources:
            source.path = storage.address("sample", str(Path(source.path).relative_to(local)))
    del tree["sample"]
    tree.storage = storage.address("runs")
    path = config.with_name("s3.yaml")
    OmegaConf.save(OmegaConf.create(OmegaConf.to_container(tree, resolve=True)), path)
    return path


def scores(storage: Storage) -> pd.DataFrame:
    tables = [
        storage.read_table(f"scores/{cell}/scores.parquet").to_pandas().assign(cell=cell)
        for cell in storage.list("scores")
    ]
    return pd.concat(tables).sort_values(["cell", "encoder_seed", "seed", "label"], ignore_index=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_same_scores_as_on_a_disk_and_no_secret_anywhere(
    tmp_path: Path,
    write_small_config: Callable[[Path], Path],
    run_job: Callable[..., tuple[int, str]],
    run_here: Callable[..., tuple[int, str]],
    start_s3_server: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
):
    config = tiny(write_small_config(tmp_path))
    status, output = run_here("pipeline", config)
    assert status == 0, output[-4000:]

    conf = {"config_kwargs": {"read_timeout": READ_SECONDS}}
    server = start_s3_server(*FAULTS)
    for name, value in (server | {"FSSPEC_S3": json.dumps(conf)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(fsspec.config.conf, "s3", conf)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    storage = Storage("s3://tests")
    with tempfile.TemporaryDirectory(prefix="rk", dir="/tmp") as ray:  # short, because it names sockets
        monkeypatch.setenv("RAY_TMPDIR", ray)
        status, output = run_job("pipeline", on_s3(config, storage))
        assert status == 0, output[-4000:]
        logs = [path.read_bytes() for path in Path(ray).rglob("*") if path.is_file() and not path.is_symlink()]

    with urllib.request.urlopen(server["AWS_ENDPOINT_URL"] + "/-counts") as answer:
        counts = ast.literal_eval(answer.read().decode())
    failed = counts["before"] + counts["after"] + counts["cut"]
    assert 0.03 < failed / counts["requests"] < 0.07 and 0.01 < counts["hang"] / counts["requests"] < 0.03, counts

    pd.testing.assert_frame_equal(scores(Storage("s3://tests/runs/demo")), scores(Storage(str(tmp_path / "runs/demo"))))
    # Found under the same hashes, since where something lies decides no result.
    assert storage.list("runs/demo/encoders") == Storage(str(tmp_path / "runs/demo")).list("encoders")
    assert not storage.exists("runs/demo/scratch")
    written = {name: storage.read_bytes(f"runs/{name}") for name in storage.sizes("runs")}
    assert any(name.endswith("experiment.json") for name in written) and len(logs) > 10
    for secret in (server["AWS_ACCESS_KEY_ID"].encode(), server["AWS_SECRET_ACCESS_KEY"].encode()):
        assert [name for name, content in written.items() if secret in content] == []
        assert secret not in output.encode() and not any(secret in log for log in logs)
