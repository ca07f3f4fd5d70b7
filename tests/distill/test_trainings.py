"""Several trainings on a real Ray: trials beside workers that take all CPUs, and trainings that fail."""

from dataclasses import dataclass, replace

import pytest
import ray

from raykd.artifacts import Result, SavedEncoder
from raykd.distill.ray_train.trainings import train_encoders


@dataclass(frozen=True)
class Opened(SavedEncoder):
    """A parent that notes each time it is opened; it cannot be read where `broken`."""

    notes: str = ""
    broken: bool = False

    def local(self, storage):
        with open(self.notes, "a") as file:
            file.write("x")
        if self.broken:
            raise RuntimeError("it cannot be read")
        return SavedEncoder.local(self, storage)


@pytest.fixture
def make_trial(make_job, distill_spec, make_teacher, save_model, tmp_path, monkeypatch):
    """make_trial(name, broken=False, **resources): a job and its result; its file of notes is called as it."""
    monkeypatch.setenv("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.2")
    teacher = save_model(make_teacher())

    def make(name, broken=False, **resources):
        result = Result("encoders", name, 1, {"name": name})
        parent = Opened(**vars(teacher), notes=str(tmp_path / name), broken=broken)
        return replace(make_job(distill_spec(), parent, result.directory, **resources), name=name), result

    return make


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_trials_leave_all_cpus_and_a_training_that_failed_is_not_tried_again(local_ray, store, make_trial, tmp_path):
    lines, share = [], {"cpus_per_worker": ray.cluster_resources()["CPU"], "failures": 1}
    jobs = [make_trial("broken", broken=True, **share), make_trial("sound", **share)]
    with pytest.raises(
        RuntimeError, match=r"(?s)1 of 2 failed; run again .* broken seed 7: WorkerGroupError: .*cannot be read"
    ):
        train_encoders("sweep", jobs, 1, lines.append)
    assert (tmp_path / "broken").read_text() == "xx" and (tmp_path / "sound").read_text() == "x"
    assert sorted(line.split(" in ")[0] for line in lines) == [
        "sweep: broken seed 7 failed",
        "sweep: sound seed 7 trained",
    ]
    assert store.facts(jobs[1][1])["steps"] == 8
