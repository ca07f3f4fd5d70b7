"""What there is no room for is refused with its arithmetic and the keys to change."""

from pathlib import Path

import pytest

from raykd.errors import InputError
from raykd.jobs.command_line import VERBS
from raykd.planning.checks.capacity import Machine, check_capacity, room_for_trainings
from raykd.planning.load import load_experiment as load

DEMO = Path(__file__).parents[3] / "configs" / "demo.yaml"
LABELLED = "classify={encoder: technical-student, sources: [{reader: table, language: eng, path: eng.jsonl}]}"
ELASTIC = "resources.train.workers={minimum: 1, maximum: 4}"


def fits(machines: list[Machine], *overrides: str) -> None:
    check_capacity(
        load(DEMO, [one if one in (LABELLED, ELASTIC) else f"resources.{one}" for one in overrides]), machines, "grow"
    )


def refused(machines: list[Machine], *overrides: str) -> str:
    with pytest.raises(InputError) as error:
        fits(machines, *overrides)
    return str(error.value)


def test_workers_may_take_all_cpus():
    two = "train.workers=2"
    fits([Machine(4)], two, "train.cpus_per_worker=2")
    assert refused([Machine(4)], two, "train.cpus_per_worker=2.5") == (
        "resources.train: 1 run(s) x 2 worker(s) of 2.5 CPU, but there is room for 1 machine(s) of 4 CPU x 1 = 1; "
        "lower resources.train.workers, cpus_per_worker or gpus_per_worker, or grow"
    )
    fits([Machine(4)], "trainings=4", "train.cpus_per_worker=1")
    message = refused([Machine(4)], "trainings=5", "train.cpus_per_worker=1")
    assert "resources.trainings: 5 run(s) x 1 worker(s) of 1 CPU" in message and "4 CPU x 4 = 4; lower" in message
    assert "lower resources.trainings, train.workers, cpus_per_worker" in message


@pytest.mark.parametrize(("workers", "each", "cpus"), [(6, 0.4, 2.4), (3, 4.9, 14.7), (10, 0.1, 1), (3, 0.9, 2.7)])
def test_sums_of_fractions_are_exact(workers, each, cpus):
    fits([Machine(cpus)], f"train.workers={workers}", f"train.cpus_per_worker={each}", "grid.cpus=1")
    assert f"= {workers - 1}; lower" in refused(
        [Machine(cpus - 0.001)], f"train.workers={workers}", f"train.cpus_per_worker={each}"
    )


def test_a_worker_has_to_fit_one_machine():
    workers = ("train.workers=4", "train.cpus_per_worker=4")
    fits([Machine(9)] * 2, *workers)
    message = refused([Machine(2)] * 8 + [Machine(5)], *workers)
    assert "resources.train: 1 run(s) x 4 worker(s) of 4 CPU, but there is room for " in message
    assert "room for 8 machine(s) of 2 CPU x 0 + 1 machine(s) of 5 CPU x 1 = 1; lower resources.train.w" in message


def test_elastic_workers_are_as_many_as_there_is_room_for():
    fits([Machine(3)], ELASTIC, "train.cpus_per_worker=1")
    fits([Machine(1), Machine(1)], ELASTIC, "train.cpus_per_worker=1")
    message = refused([Machine(3)], ELASTIC, "train.cpus_per_worker=3.5")
    assert "1 run(s) x 1 worker(s) of 3.5 CPU, but there is room for 1 machine(s) of 3 CPU x 0 = 0" in message


def test_gpus_are_counted_where_they_are_known():
    asked = ("train.workers=2", "train.gpus_per_worker=1", "grid.gpus=1")
    fits([Machine(8)], *asked)
    fits([Machine(0, 0), Machine(4, 1), Machine(4, 1)], *asked)
    message = refused([Machine(0, 0), Machine(8, 1)], *asked)
    assert "2 worker(s) of 1 CPU and 1 GPU, but there is room for 1 machine(s) of 0 CPU and 0 GPU x 0 + " in message
    assert "1 machine(s) of 8 CPU and 1 GPU x 1 = 1; lower resources.train.workers, cpus_per_worker or gpus" in message
    # Half a GPU on each of two machines is none for a trial of one.
    assert "resources.grid: a trial of 1 CPU and 1 GPU, but" in refused([Machine(4, 0.5)] * 2, "grid.gpus=1")


def test_trials_and_encoders_that_label_have_to_fit():
    message = refused([Machine(2)] * 2, "grid.cpus=3")
    assert message.endswith("room for 2 machine(s) of 2 CPU x 0 = 0; lower resources.grid.cpus or gpus, or grow")
    message = refused([Machine(2)], "classify_workers=3", LABELLED)
    assert "resources.classify_workers: 3 encoder(s) of 1 CPU, but there is room for 1 machine(s)" in message


def test_as_many_trainings_as_there_is_room_for():
    two = ["resources.train.cpus_per_worker=1.5", "resources.train.workers=2", "resources.train.threads=1"]
    experiment = load(DEMO, two)
    assert room_for_trainings(experiment, [Machine(4), Machine(3), Machine(1)]) == 2
    assert room_for_trainings(experiment, [Machine(6)]) == 2
    assert room_for_trainings(experiment, [Machine(1)]) == 0


def test_workers_whose_threads_take_all_cores_have_a_machine_to_themselves():
    one = ["resources.train.workers=1", "resources.train.threads=null", "resources.train.cpus_per_worker=1"]
    assert room_for_trainings(load(DEMO, one), [Machine(16), Machine(8)]) == 2
    two = [*one, "resources.train.workers=2"]
    assert room_for_trainings(load(DEMO, two), [Machine(16)]) == 1
    gpus = [*one, "resources.train.gpus_per_worker=1"]
    assert room_for_trainings(load(DEMO, gpus), [Machine(16, 4)]) == 4


def test_each_verb_asks_for_its_own_room_alone():
    """Of an experiment for GPUs: the verbs that take none run on a machine without."""
    asked = [f"resources.{one}" for one in ("train.gpus_per_worker=1", "grid.gpus=1")]
    experiment, without = load(DEMO, [*asked, LABELLED]), []
    for name, verb in VERBS.items():
        try:
            check_capacity(experiment, [Machine(2, 0)], stages=verb.stages)
        except InputError:
            without.append(name)
    assert without == ["pipeline", "distill", "sweep", "evaluate", "classify"]


def test_frozen_encoders_take_a_part_of_a_gpu():
    experiment = load(DEMO, ["resources.grid.gpus=1", "evaluate.weights=[frozen]", "resources.grid.frozen_gpus=0.1"])
    grid = experiment.resources.grid
    assert (grid.gpus_of("frozen"), grid.gpus_of("fine-tuned"), grid.gpu_share("frozen")) == (0.1, 1, 0.1)
    check_capacity(experiment, [Machine(2, 0.1)], stages={"grid"})
    grid = load(DEMO, ["resources.grid.gpus=2"]).resources.grid
    assert (grid.gpus_of("frozen"), grid.gpu_share("frozen")) == (0.25, 0.125)
    grid = load(DEMO, []).resources.grid
    assert (grid.gpus_of("frozen"), grid.gpu_share("frozen"), grid.gpu_share("fine-tuned")) == (0, 1, 1)
    with pytest.raises(InputError, match=r"resources.grid.frozen_gpus"):
        load(DEMO, ["resources.grid.frozen_gpus=1.5"])
