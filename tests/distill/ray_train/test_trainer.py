"""Whole trainings under Ray Train, by its workers (half a minute of two busy cores each) or in this process."""

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import ray
import torch
from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer

from raykd.artifacts import Result, SavedEncoder
from raykd.distill.ray_train.trainer import Trainer, train_encoder
from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train.checkpoint_store import Checkpoints
from raykd.errors import InputError, LimitReached


@pytest.fixture(autouse=True)
def quick_checks(local_ray, monkeypatch):
    """Ray Train looks at its workers every 2 s, which is added to each run."""
    monkeypatch.setenv("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.2")


@pytest.fixture
def fit(make_job):
    """Trains an encoder of some name, by Ray Train's workers unless in this process; returns its job and result."""

    def run(name, spec, parent=None, in_process=False, **resources):
        result = Result("encoders", name, 1, {"name": name})
        job = replace(make_job(spec, parent, directory=result.directory, **resources), name=name)
        train_encoder(job, result, in_process=in_process)
        return job, result

    return run


def test_pretrain_then_distil(fit, store, pretrain_spec, distill_spec, train, make_job, capsys):
    pretrain = pretrain_spec(learning_rate=0.01)
    _, result = fit("bert", pretrain, checkpoint_steps=3, in_process=True)
    facts = store.facts(result)
    assert facts["steps"] == 8 and facts["sequences"] == 140
    names = store.storage.list(result.directory)
    assert {"config.json", "model.safetensors", "tokenizer.json", "training.parquet", "manifest.json"} <= set(names)
    assert "checkpoints" not in names
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown.startswith("bert: step 8 of 8, loss ") and "% of peak" in shown and shown.endswith("0 s left")

    bert = SavedEncoder("bert", 7, result.hash, result.directory)
    before = signal.getsignal(signal.SIGINT)
    _, result = fit("student", distill_spec(learning_rate=0.01, dropout=0.1), bert, checkpoint_steps=3)
    assert signal.getsignal(signal.SIGINT) is before  # or Ctrl-C would be swallowed from here on
    # What a worker reports is printed here, where the training was started.
    assert capsys.readouterr().out.splitlines()[-1].startswith("student: step 8 of 8, loss ")
    facts = store.facts(result)
    with store.storage.local_directory(result.directory) as directory:
        encoder = AutoModel.from_pretrained(directory)
        assert AutoModelForMaskedLM.from_pretrained(directory).config.model_type == "distilbert"
        assert len(AutoTokenizer.from_pretrained(directory)) == 40
        rows = pq.read_table(directory / "training.parquet")
        timing = pq.read_table(directory / "timing.parquet")
    assert encoder.config.n_layers == 1 and facts["parameters"] == encoder.num_parameters()
    assert rows.schema == checkpoint.TRAINING and rows["step"].to_pylist() == list(range(8))
    assert rows["epoch"].to_pylist() == [0] * 4 + [1] * 4
    unused = {"hidden_mse", "relations"}
    assert {name for name in rows.column_names if rows[name].null_count} == unused
    assert facts["tokens"] == sum(rows["tokens"].to_pylist())
    assert timing["step"].to_pylist() == list(range(8)) and timing["tokens"].equals(rows["tokens"])
    seconds, waits = timing["seconds"].to_pylist(), timing["data_wait"].to_pylist()
    assert all(0 <= wait < whole for wait, whole in zip(waits, seconds, strict=True))
    assert facts["tokens_per_second"] == pytest.approx(sum(rows["tokens"].to_pylist()[1:]) / sum(seconds[1:]), abs=0.1)
    assert facts["data_wait"] == pytest.approx(sum(waits[1:]) / sum(seconds[1:]), abs=1e-4)
    assert facts["loss"] == rows["loss"][-1].as_py() < rows["loss"][0].as_py()
    assert "checkpoints" not in store.storage.list(result.directory)

    # A task that is the training writes the same bits as Ray Train's worker, with as many threads.
    with_threads = {"checkpoint_steps": 3, "threads": facts["threads"]}
    _, again = fit("again", distill_spec(learning_rate=0.01, dropout=0.1), bert, in_process=True, **with_threads)
    weights = [store.storage.read_bytes(f"{one.directory}/model.safetensors") for one in (result, again)]
    assert weights[0] == weights[1]

    # The same job without Ray computes the same.
    (training,) = train(make_job(distill_spec(learning_rate=0.01, dropout=0.1), bert))
    assert [row.loss for row in training.rows] == pytest.approx(rows["loss"].to_pylist(), rel=1e-6)


def test_a_student_without_a_vocabulary_head_says_so(fit, store, distill_spec, make_teacher, save_model, capsys):
    spec = distill_spec(loss={"distillation": 0, "mlm": 0, "hidden_mse": 1}, masking={"rate": 0})
    _, result = fit("student", spec, save_model(make_teacher().bert), in_process=True)
    facts, rows = store.facts(result), store.storage.read_table(f"{result.directory}/training.parquet")
    assert facts["vocabulary_head"] is False and facts["loss"] < rows["loss"][0].as_py()
    assert rows["mlm"].null_count == rows["kd"].null_count == facts["steps"] == 8
    assert "student: its teacher has no vocabulary head, so the student has none either" in capsys.readouterr().out


def test_a_job_that_cannot_run_is_bad_input(fit, store, distill_spec, make_teacher, save_model):
    teacher = save_model(make_teacher(positions=16))
    with pytest.raises(InputError, match=r"encoders.student.max_length: 32, but teacher has positions for 16"):
        fit("student", distill_spec(), teacher, in_process=True)


@pytest.mark.slow
def test_bad_input_of_one_worker_alone_ends_all(fit, distill_spec, make_teacher, save_model, tmp_path):
    """A model that is there for the first worker that asks: the other one would be waited for."""

    @dataclass(frozen=True)
    class OnOneMachine(SavedEncoder):
        opened: str = ""

        def local(self, storage):
            try:
                Path(self.opened).touch(exist_ok=False)
            except FileExistsError:
                raise InputError("it lies on one machine only") from None
            return SavedEncoder.local(self, storage)

    teacher = OnOneMachine(**vars(save_model(make_teacher())), opened=str(tmp_path / "opened"))
    with pytest.raises(InputError, match="it lies on one machine only"):
        fit("student", distill_spec(), teacher, workers=2, cpus_per_worker=0.5)


@pytest.mark.slow
def test_two_then_one_then_three_workers_compute_what_one_does(
    fit, store, make_job, train, distill_spec, make_teacher, save_model, capsys
):
    """Stopped by a limit after one step and after 20, and resumed from there."""
    teacher, spec = save_model(make_teacher()), distill_spec(group_sequences=2, step_sequences=4, epochs=3)
    first_steps = []
    (alone,) = train(make_job(spec, teacher, checkpoint_steps=1), save=lambda one: keep_moments(one, first_steps))
    share = {"cpus_per_worker": 0.5}
    with pytest.raises(LimitReached, match=r"resources.train.limits.steps 1 reached after 1 of 54 steps"):
        fit("student", spec, teacher, workers=2, limits={"steps": 1}, **share)
    directory = Result("encoders", "student", 1, {"name": "student"}).directory
    saved = Checkpoints(store.storage, directory, kept=2).complete()[0]
    moments = load_file(store.storage.path(f"{saved}/optimizer.safetensors"))
    ours = torch.cat([moments[name].flatten() for name in sorted(moments) if name.endswith(".exp_avg")])
    # After one step the first moment is the gradient, times a constant.
    assert (ours - first_steps[0]).norm() <= 1e-5 * first_steps[0].norm()

    with pytest.raises(LimitReached, match="after 20 of 54 steps"):
        fit("student", spec, teacher, in_process=True, limits={"steps": 20})
    _, result = fit("student", spec, teacher, workers=3, **share)
    assert "student: resuming after step 20 of 54 with 3 workers" in capsys.readouterr().out
    rows = store.storage.read_table(f"{result.directory}/training.parquet")
    assert rows["loss"].to_pylist() == pytest.approx([row.loss for row in alone.rows], rel=1e-4)
    assert rows["sequences"].to_pylist() == [row.sequences for row in alone.rows]
    timing = store.storage.read_table(f"{result.directory}/timing.parquet")
    assert timing["workers"].to_pylist() == [2] + [1] * 19 + [3] * 34


def keep_moments(training, kept):
    moments = training.copy_state().moments
    kept.append(torch.cat([moments[name].flatten() for name in sorted(moments) if name.endswith(".exp_avg")]))


def test_an_interrupted_run_resumes_from_its_checkpoint(fit, store, distill_spec, make_teacher, save_model):
    """The last write fails; the rerun is left without a token to read, so that it can only go on from the end."""
    teacher = save_model(make_teacher())
    directory = Result("encoders", "student", 1, {"name": "student"}).directory
    store.storage.write_bytes(f"{directory}/config.json/in-the-way", b"")
    with pytest.raises(OSError, match=r"config\.json"):
        fit("student", distill_spec(), teacher, in_process=True)
    store.storage.remove(f"{directory}/config.json")
    tokens = store.storage.list("tokens")[0]
    for language in ("eng", "spa"):
        store.storage.remove(f"tokens/{tokens}/language={language}")
    _, result = fit("student", distill_spec(), teacher, in_process=True)
    assert store.facts(result)["steps"] == 8


@pytest.mark.slow
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    fit, store, distill_spec, make_teacher, save_model, capsys
):
    teacher = save_model(make_teacher())
    two = {"workers": 2, "cpus_per_worker": 0.5, "failures": 0}
    with pytest.raises(LimitReached):
        fit("student", distill_spec(), teacher, in_process=True, limits={"steps": 6}, checkpoint_steps=2)
    directory = Result("encoders", "student", 1, {"name": "student"}).directory
    checkpoints = Checkpoints(store.storage, directory, kept=2)
    newest, before = checkpoints.complete()
    size = store.storage.sizes(newest)["optimizer.safetensors"]
    store.storage.write_bytes(f"{newest}/optimizer.safetensors", b"x" * size)
    with pytest.raises(LimitReached, match="after 5 of 8 steps"):
        fit("student", distill_spec(), teacher, limits={"steps": 5}, checkpoint_steps=2, **two)
    shown = capsys.readouterr().out
    assert "student: the checkpoint after step 6 cannot be read (" in shown
    assert "student: resuming after step 4 of 8" in shown
    assert newest not in checkpoints.complete() and before in checkpoints.complete()

    for path in checkpoints.complete():
        store.storage.write_bytes(f"{path}/position.json", b"?" * store.storage.sizes(path)["position.json"])
    with pytest.raises(
        InputError, match=r"no checkpoint can be read \(.+\), .*; remove them, and training begins anew"
    ):
        fit("student", distill_spec(), teacher, in_process=True)
    assert len(checkpoints.complete()) == 2


@pytest.mark.slow
def test_a_checkpoint_of_another_format_is_one_line_and_stays(fit, store, distill_spec, make_teacher, save_model):
    """Another version of raykd wrote it, which may have numbered the weights in another order."""
    teacher = save_model(make_teacher())
    with pytest.raises(LimitReached):
        fit("student", distill_spec(), teacher, in_process=True, limits={"steps": 4}, checkpoint_steps=2)
    checkpoints = Checkpoints(store.storage, Result("encoders", "student", 1, {"name": "student"}).directory, kept=2)
    newest, before = checkpoints.complete()
    position = store.storage.read_bytes(f"{newest}/position.json")
    store.storage.write_bytes(f"{newest}/position.json", position.replace(b'"format": 1', b'"format": 2'))
    told = rf"{newest}: a checkpoint of format 2, and .* reads format 1; go on with the version that wrote it, or "
    with pytest.raises(InputError, match=told):
        fit("student", distill_spec(), teacher, workers=2, cpus_per_worker=0.5, failures=0)
    assert checkpoints.complete() == [newest, before]
    checkpoints.remove(newest)
    _, result = fit("student", distill_spec(), teacher, in_process=True)
    assert store.facts(result)["steps"] == 8


@pytest.mark.slow
@pytest.mark.parametrize("losses", [1, 2])
def test_a_worker_that_is_lost_as_it_is_told_to_begin_counts_as_a_failure(tmp_path, losses):
    """The first workers that load what they are to train end at once: one such failure is allowed."""

    def load(directory: str) -> str:
        lost, worker = len(os.listdir(directory)), ray.get_runtime_context().get_assigned_resources().get("CPU")
        if worker and lost < losses:  # Ray Train's controller, which has no CPU, loads it too
            open(f"{directory}/{lost}", "x").close()
            os._exit(1)
        return "begun"

    class Loaded:
        def __reduce__(self):
            return load, (str(tmp_path / "lost"),)

    (tmp_path / "lost").mkdir()
    trainer = Trainer(
        lambda config: config["loaded"],
        train_loop_config={"loaded": Loaded()},
        scaling_config=ScalingConfig(num_workers=1),
        run_config=RunConfig(
            name="run", storage_path=str(tmp_path / "runs"), failure_config=FailureConfig(max_failures=1)
        ),
    )
    if losses == 1:
        assert trainer.fit().return_value == "begun"
    else:
        with pytest.raises(TrainingFailedError):
            trainer.fit()
    assert len(os.listdir(tmp_path / "lost")) == losses
    end = time.monotonic() + 60
    while ray.available_resources().get("CPU") != 2:  # as before: no place is kept
        assert time.monotonic() < end, ray.available_resources()
        time.sleep(0.1)
