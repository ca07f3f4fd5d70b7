"""How much of a cluster a run left idle, as drivers count it and `status` tells it."""

import json
import time
from types import SimpleNamespace

import pytest
import ray

from raykd.artifacts import Storage
from raykd.jobs import machine_hours
from raykd.jobs.machine_hours import MachineHours, idle_lines
from raykd.jobs.work import work


class Cluster:
    """A clock, and what is there by it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.there: dict[str, float] = {}
        self.free: dict[str, float] = {}

    def look(self) -> tuple[dict[str, float], dict[str, float]]:
        return self.there, self.free


@pytest.fixture
def storage(tmp_path) -> Storage:
    return Storage(str(tmp_path / "root"))


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def counted(storage: Storage, cluster: Cluster, *hours: tuple[float, dict, dict]) -> MachineHours:
    """The account of so many hours each with what was there and free."""
    account = MachineHours(storage, cluster.look, lambda: cluster.now)
    for took, there, free in hours:
        cluster.now += 3600 * took
        cluster.there, cluster.free = there, free
        account.look()
    return account


def test_machines_that_come_and_go_are_counted_while_they_are_there(storage, cluster):
    counted(
        storage,
        cluster,
        (1, {}, {}),  # the head alone
        (1, {"CPU": 16.0}, {"CPU": 4.0}),
        (0.5, {"CPU": 32.0, "GPU": 2.0}, {"CPU": 32.0, "GPU": 0.5}),
        (2, {"CPU": 16.0}, {}),  # Ray does not name what nothing is free of
    ).record()
    assert list(idle_lines(storage)) == [
        "cluster: 64.00 CPU hours were there while drivers were connected, 44.00 of them held: 31% idle",
        "cluster: 1.00 GPU hours were there while drivers were connected, 0.75 of them held: 25% idle",
    ]


def test_drivers_add_up_and_a_laptop_has_no_line(storage, cluster):
    assert list(idle_lines(storage)) == []
    for free in (8.0, 0.0):
        counted(storage, cluster, (0.5, {"CPU": 8.0}, {"CPU": free})).record()
    (line,) = idle_lines(storage)
    assert line.startswith("cluster: 8.00 CPU hours") and line.endswith("4.00 of them held: 50% idle")


def test_a_machine_that_joins_between_the_two_questions_is_not_less_than_nothing(storage, cluster):
    counted(storage, cluster, (1, {"CPU": 1.0}, {"CPU": 2.0})).record()
    (line,) = idle_lines(storage)
    assert line.endswith("0.00 of them held: 100% idle")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A verb's run that counts, as one on a cluster does."""
    storage = Storage(str(tmp_path / "root"))
    resources = SimpleNamespace(lease=False)
    monkeypatch.setattr(machine_hours, "LOOK_SECONDS", 0.01)
    return SimpleNamespace(
        store=SimpleNamespace(storage=storage), experiment=SimpleNamespace(resources=resources), machines=None
    )


def test_a_verb_ends_its_account_however_it_ends(run, cluster, monkeypatch):
    cluster.there, cluster.free = {"CPU": 2.0}, {}

    def begin(run) -> None:
        run.machines = MachineHours(run.store.storage, cluster.look, lambda: cluster.now)
        run.machines.start()
        cluster.now += 1800
        raise KeyboardInterrupt

    monkeypatch.setattr("raykd.jobs.status.status", begin)
    with pytest.raises(KeyboardInterrupt):
        work(run, "status", "status small.yaml", take_over=None)
    (line,) = idle_lines(run.store.storage)
    assert line.endswith("1.00 CPU hours were there while drivers were connected, 1.00 of them held: 0% idle")


def test_neither_a_ray_nor_a_store_that_fails_ends_a_run(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_hours, "LOOK_SECONDS", 0.01)
    asked = []

    def fail():
        asked.append(1)
        raise ConnectionError("the control service is gone")

    account = MachineHours(Storage(str(tmp_path / "root")), fail)
    account.start()
    while len(asked) < 3:
        time.sleep(0.01)
    account.close()
    assert list(idle_lines(account._storage)) == []


def test_ray_tells_what_is_held(local_ray):
    """One of two CPUs, as long as an actor has it."""
    holder = ray.remote(num_cpus=1)(type("Holder", (), {"is_there": lambda self: True})).remote()
    assert ray.get(holder.is_there.remote())
    end = time.monotonic() + 30
    while "CPU" not in (found := machine_hours.look_at_ray())[1] or found[1]["CPU"] != 1:  # told with a delay
        assert time.monotonic() < end, found
        time.sleep(0.1)
    assert found[0]["CPU"] == 2
    ray.kill(holder)


def test_status_tells_it(call, stored):
    (stored / "runs/demo/machines").mkdir()
    for name, held in (("a", 1800), ("b", 5400)):
        seconds = {"CPU": {"there": 7200, "held": held}, "GPU": {"there": 0, "held": 0}}
        (stored / f"runs/demo/machines/{name}.json").write_text(json.dumps(seconds))
    _, output, _ = call("status", stored / "small.yaml")
    told = [line for line in output.splitlines() if line.startswith("cluster: ")]
    assert told == ["cluster: 4.00 CPU hours were there while drivers were connected, 2.00 of them held: 50% idle"]
