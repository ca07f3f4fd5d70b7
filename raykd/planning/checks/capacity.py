"""Whether what a config asks of Ray fits the machines that there are: where it does not, Ray waits for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from raykd.config import Experiment
from raykd.errors import InputError

# That ask Ray for room of their own.
STAGES = frozenset({"train", "sweep", "grid", "export", "probe", "classify", "translate"})
TOLERANCE = 5e-5  # of sums of fractions: Ray counts in ten-thousandths


@dataclass(frozen=True)
class Machine:
    """What Ray has to give on one machine: logical CPUs and GPUs. gpus None: not known, and not checked."""

    cpus: float
    gpus: float | None = None

    def room(self, cpus: float, gpus: float) -> int:
        """For how many that ask for so much each."""
        rooms = [int((self.cpus + TOLERANCE) // cpus)]
        if gpus and self.gpus is not None:
            rooms.append(int((self.gpus + TOLERANCE) // gpus))
        return min(rooms)

    def __str__(self) -> str:
        return f"{self.cpus:g} CPU" + (f" and {self.gpus:g} GPU" if self.gpus is not None else "")


@dataclass(frozen=True)
class Demand:
    """So many of something that each stay on one machine.

    key: of resources; what: in words; cpus, gpus: of each; lower: which keys make it less.
    """

    key: str
    what: str
    number: int
    cpus: float
    gpus: float
    lower: str


def check_capacity(
    experiment: Experiment,
    machines: Sequence[Machine],
    remedy: str = "raise resources.logical_cpus",
    stages: Collection[str] = STAGES,
) -> None:
    """Raises InputError, with its arithmetic and the keys to change, for what these machines have no room for.

    remedy: how there can be more machines or CPUs; stages: those that are to run, of STAGES.
    """
    resources = experiment.resources
    trains = "train" in stages and any(encoder.training for encoder in experiment.encoders.values())
    if trains or ("sweep" in stages and experiment.sweep):
        _check_training(experiment, machines, remedy)
    grid, translate, encoders = resources.grid, resources.translate, resources.classify_workers
    demands = []
    if "grid" in stages and experiment.evaluate:
        demands.append(Demand("grid", "a trial", 1, grid.cpus, grid_gpus(experiment), "resources.grid.cpus or gpus"))
    if ("export" in stages and experiment.export) or ("probe" in stages and experiment.probe):
        demands.append(Demand("grid", "a task", 1, grid.cpus, 0, "resources.grid.cpus"))
    if "classify" in stages and experiment.classify:
        lower = "resources.classify_workers, grid.cpus or grid.gpus"
        demands.append(Demand("classify_workers", f"{encoders} encoder(s)", encoders, grid.cpus, grid.gpus, lower))
    if "translate" in stages and experiment.translate:
        # More actors are started as there is room for them.
        lower = "resources.translate.cpus or gpus"
        demands.append(Demand("translate", "an actor", 1, translate.cpus, translate.gpus, lower))
    for demand in demands:
        _check_room(demand, machines, remedy)


def grid_gpus(experiment: Experiment) -> float:
    """The most that a trial of this experiment asks for."""
    evaluate, sweep = experiment.evaluate, experiment.sweep
    weights = {*(evaluate.weights if evaluate else ()), *([sweep.weights] if sweep else ())}
    return max((experiment.resources.grid.gpus_of(one) for one in weights), default=0)


def room_for_trainings(experiment: Experiment, machines: Sequence[Machine]) -> int:
    """How many trainings these machines have room for at the same time; elastic ones at their smallest.

    Where nothing says how many threads a worker has, those of one training take all cores of a machine.
    """
    train = experiment.resources.train
    rooms = [machine.room(train.cpus_per_worker, train.gpus_per_worker) for machine in machines]
    if not (train.threads or train.gpus_per_worker):
        rooms = [min(room, train.fewest_workers) for room in rooms]
    return sum(rooms) // train.fewest_workers


def _check_training(experiment: Experiment, machines: Sequence[Machine], remedy: str) -> None:
    train, runs = experiment.resources.train, experiment.resources.trainings or 1
    workers = train.fewest_workers  # elastic ones are as many as there is room for
    what = f"{runs} run(s) x {workers} worker(s)"
    key, lower = "train", "resources.train.workers, cpus_per_worker or gpus_per_worker"
    if runs > 1:
        key, lower = "trainings", f"resources.trainings, {lower.removeprefix('resources.')}"
    _check_room(
        Demand(key, what, runs * workers, train.cpus_per_worker, train.gpus_per_worker, lower), machines, remedy
    )


def _check_room(demand: Demand, machines: Sequence[Machine], remedy: str) -> None:
    """Machine by machine, since what is asked for cannot lie on two."""
    rooms = [machine.room(demand.cpus, demand.gpus) for machine in machines]
    if demand.number <= sum(rooms):
        return
    kinds = Counter((str(machine), room) for machine, room in zip(machines, rooms, strict=True))
    terms = [f"{count} machine(s) of {machine} x {room}" for (machine, room), count in kinds.items()]
    raise InputError(
        f"resources.{demand.key}: {demand.what} of {Machine(demand.cpus, demand.gpus or None)}, but there is room for "
        f"{' + '.join(terms) or 'none'} = {sum(rooms)}; lower {demand.lower}, or {remedy}"
    )
