"""Several trainings on a real Ray: a trial is one, or stands beside workers that take all CPUs; and failures."""

import os
import signal
from dataclasses import dataclass, replace

import pytest
import ray

from raykd.artifacts import Result, SavedEncoder
from raykd.distill.ray_train.trainings import train_encoders, train_one


@dataclass(frozen=True)
class Opened(SavedEncoder):
    """A parent that notes each time it is opened; broken: it cannot be read; killed: who opens it first is."""

    notes: str = ""
    broken: bool = False
    killed: bool = False

    def local(self, storage):
        with open(self.notes, "a") as file:
            file.write("x")
            times = file.tell()
        if self.broken:
            raise RuntimeError("it cannot be read")
        if self.killed and times == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return SavedEncoder.local(self, storage)


@pytest.fixture
def make_trial(make_job, distill_spec, make_teacher, save_model, tmp_path, monkeypatch):
    """make_trial(name, broken=False, killed=False, **resources): a job and its result; its file of notes is called as
    it."""
    monkeypatch.setenv("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.2")
    teacher = save_model(make_teacher())

    def make(name, broken=False, killed=False, **resources):
        result = Result("encoders", name, 1, {"name": name})
        parent = Opened(**vars(teacher), notes=str(tmp_path / name), broken=broken, killed=killed)
        return replace(make_job(distill_spec(), parent, result.directory, **resources), name=name), result

    return make


def test_a_trial_is_the_training_of_one_worker_and_is_tried_again(local_ray, store, make_trial, tmp_path, capsys):
    """Ray Train's own workers would be processes that are named after it."""
    lines, share = [], {"failures": 1}
    jobs = [make_trial("broken", broken=True, **share), make_trial("killed", killed=True, **share)]
    with pytest.raises(RuntimeError, match=r"1 of 2 failed; .* broken seed 7: RuntimeError: it cannot be read"):
        train_encoders("sweep", jobs, 2, lines.append)
    assert (tmp_path / "broken").read_text() == (tmp_path / "killed").read_text() == "xx"
    assert sorted(line.split(" in ")[0] for line in lines) == [
        "sweep: broken seed 7 failed",
        "sweep: killed seed 7 trained",
    ]
    shown = capsys.readouterr().out
    assert "broken seed 7: lost (RuntimeError: it cannot be read); it is started again" in shown
    assert "killed seed 7: lost (" in shown
    alone, result = make_trial("alone")
    train_one(alone, result)
    assert "alone: step 8 of 8, loss " in capsys.readouterr().out.splitlines()[-1]
    facts = [store.facts(one) for one in (jobs[1][1], result)]
    assert [one["steps"] for one in facts] == [8, 8] and facts[0]["loss"] == facts[1]["loss"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_trials_leave_all_cpus_and_a_training_that_failed_is_not_tried_again(local_ray, store, make_trial, tmp_path):
    """Two workers take every CPU, and read all the same."""
    cpus = ray.cluster_resources()["CPU"]
    lines, share = [], {"cpus_per_worker": cpus / 2, "workers": 2, "failures": 1}
    jobs = [make_trial("broken", broken=True, **share), make_trial("sound", **share)]
    with pytest.raises(
        RuntimeError, match=r"(?s)1 of 2 failed; run again .* broken seed 7: WorkerGroupError: .*cannot be read"
    ):
        train_encoders("sweep", jobs, 1, lines.append)
    assert (tmp_path / "broken").read_text() == "xxxx" and (tmp_path / "sound").read_text() == "xx"
    assert sorted(line.split(" in ")[0] for line in lines) == [
        "sweep: broken seed 7 failed",
        "sweep: sound seed 7 trained",
    ]
    sound = jobs[1][1]
    assert store.facts(sound)["steps"] == 8
    assert set(store.storage.read_table(f"{sound.directory}/timing.parquet")["workers"].to_pylist()) == {2}
