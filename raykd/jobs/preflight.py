"""What can be known before work begins: whether the machines have room for it, and whether its sources can be read."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from raykd import config
from raykd.corpus.languages import check_detector
from raykd.corpus.near_duplicates import check_near_duplicates
from raykd.corpus.readers import split_units
from raykd.errors import InputError
from raykd.evaluate.cell import missing_cells
from raykd.planning.checks.capacity import STAGES, Machine, check_capacity, grid_gpus, room_for_trainings
from raykd.planning.checks.hub import check_model
from raykd.planning.plan import Plan
from raykd.planning.translations import language_pairs
from raykd.ray_internals.core import autoscales

# Kinds of results, by the stage that makes them.
MAKES = {
    "train": ("encoders",),
    "sweep": ("encoders",),
    "grid": ("scores",),
    "export": ("exports",),
    "probe": ("probe",),
    "classify": ("classified",),
}


def check_sources(plan: Plan) -> None:
    """Raises InputError for a source of what is still to be made whose files are not what the config says, and where a
    library that reading them needs is not installed.

    Their first bytes, and the columns of tables, are looked at; what is wrong further in is found as they are read.
    """
    experiment, store = plan.experiment, plan.store
    readers = [(result, experiment.tasks[name].sources) for name, result in plan.tasks.items()]
    readers += [(result, experiment.corpora[name].sources) for name, result in plan.texts.items()]
    if plan.classified and experiment.classify:
        readers.append((plan.classified, experiment.classify.sources))
    todo = [source for result, sources in readers if not store.manifest(result) for source in sources]
    # A file may have a source for each of many values of `where`.
    split_units(list({source.model_dump_json(exclude={"where"}): source for source in todo}.values()))
    corpora = [experiment.corpora[name] for name, result in plan.texts.items() if not store.manifest(result)]
    if any(corpus.detect for corpus in corpora):
        check_detector()
    if any(corpus.near_duplicates for corpus in corpora):
        check_near_duplicates()


def check_models(plan: Plan, stages: Collection[str]) -> None:
    """Raises InputError for a model of the hub that cannot be had here, and of which these stages, or what prepares for
    them, are still to make something."""
    kinds = {"tokenizers", "tokens", *(kind for stage in stages for kind in MAKES.get(stage, ()))}
    lacking = {cell.result.directory for cell in missing_cells(plan.store, plan.all_cells)}
    asked: set[str] = set()
    for result in plan.results().values():
        made = result.kind in kinds or result in plan.extended.values()
        if made and (result.directory in lacking or not plan.store.manifest(result)):
            asked.update(word for value in result.inputs.values() for word in value.split())
    for name, key in plan.models.items():
        encoder = plan.experiment.encoders[name]
        if key in asked and encoder.model:
            check_model(encoder.model, encoder.revision, f"encoders.{name}.model")


def check_translators(experiment: config.Experiment) -> None:
    """Raises InputError for a translation model of the hub that cannot be had here."""
    spec = experiment.translate
    if not spec:
        return
    for source, target in language_pairs(spec):
        check_model(spec.model_of(source, target), spec.revision, "translate.model")


def on_cluster() -> bool:
    """Whether there is a Ray to connect to: a submitted job has its address."""
    return bool(os.environ.get("RAY_ADDRESS"))


def check_machine(experiment: config.Experiment, stages: Collection[str] = STAGES) -> None:
    """Raises InputError where this machine cannot run what the config asks for: it would wait for ever.

    stages: those that are to run (capacity.STAGES).
    """
    if on_cluster():
        return
    _check_gpus(experiment, stages)
    machine = Machine(experiment.resources.logical_cpus or os.cpu_count() or 1)
    check_capacity(experiment, [machine], stages=stages)


def check_cluster(experiment: config.Experiment, stages: Collection[str] = STAGES) -> str | None:
    """What these stages have to wait for on the connected cluster, and who brings it; None where all of it is there.

    Raises InputError where nothing brings it.
    """
    nodes = [node["Resources"] for node in _nodes()]
    machines = [Machine(one.get("CPU", 0), one.get("GPU", 0)) for one in nodes]
    try:
        check_capacity(experiment, machines, "add machines", stages)
    except InputError as error:
        match autoscales([node["NodeID"] for node in _nodes()]):
            case False:
                raise InputError(f"{error}; nothing adds machines to this cluster by itself") from error
            case True:
                return f"this waits for the cluster's autoscaler (`ray status` says whether it can help): {error}"
            case None:
                return f"this waits for machines, if something adds them, which Ray does not tell: {error}"
    return None


def trainings_at_once(experiment: config.Experiment, trainings: int) -> int:
    """How many of so many: as resources say, else as the connected Ray has room for now; one at least, for which
    machines may still come."""
    machines = [Machine(one.get("CPU", 0), one.get("GPU", 0)) for one in (node["Resources"] for node in _nodes())]
    return max(1, min(trainings, experiment.resources.trainings or room_for_trainings(experiment, machines)))


def _nodes() -> list[dict[str, Any]]:
    import ray

    return [node for node in ray.nodes() if node["Alive"]]


def _check_gpus(experiment: config.Experiment, stages: Collection[str]) -> None:
    resources = experiment.resources
    train, grid = resources.train, resources.grid
    trains = "train" in stages or ("sweep" in stages and experiment.sweep)
    runs = (resources.trainings or 1) if trains else 0
    asked = {
        "train.gpus_per_worker": train.gpus_per_worker * train.fewest_workers * runs,
        "grid.gpus": grid_gpus(experiment) * ("grid" in stages),
        "classify_workers": grid.gpus * resources.classify_workers * bool("classify" in stages and experiment.classify),
        "translate.gpus": resources.translate.gpus * bool("translate" in stages and experiment.translate),
    }
    if not any(asked.values()):
        return
    import torch  # takes seconds

    available = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for key, number in asked.items():
        if number > available:
            has = f"{available} GPUs" if available else "no GPU that torch can use"
            raise InputError(f"resources.{key}: {number:g} GPU(s) asked, but this machine has {has}")
