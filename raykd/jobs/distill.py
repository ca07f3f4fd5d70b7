"""Making the encoders: pretrained, trained on, trimmed and distilled ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from raykd.artifacts import Result
from raykd.corpus.token_shards import missing_shards
from raykd.distill.ray_train.trainings import train_encoders, train_one
from raykd.distill.train.job import TrainingJob
from raykd.errors import InputError
from raykd.jobs.preflight import check_models, trainings_at_once
from raykd.jobs.run import Run
from raykd.planning.costs.planned import write_plan
from raykd.planning.encoders import Planned, PlannedEncoder, PlannedTrim
from raykd.planning.plan import Plan

AnyPlanned = TypeVar("AnyPlanned", bound=Planned)


def distill(run: Run) -> None:
    plan = run.plan
    missing = unfinished(run, plan, plan.encoders)
    check_models(plan, {"train"})
    write_plan(plan)
    for encoders in rounds(missing):
        run.start_ray()
        for planned in encoders:
            if isinstance(planned, PlannedTrim):
                trim(run, plan, planned)
        train(run, [(training_job(run, one), one.result) for one in encoders if isinstance(one, PlannedEncoder)])
    for planned in plan.encoders:
        run.say(f"encoder {planned.name}, seed {planned.seed}: {run.store.storage.address(planned.result.directory)}")


def rounds(encoders: Sequence[Planned]) -> Iterator[list[Planned]]:
    """Those that can be made at the same time: all whose parents, and what they start from, are there by then."""
    left = list(encoders)
    while left:
        to_come = {planned.saved for planned in left}
        ready = [planned for planned in left if not to_come.intersection(planned.made_from)]
        yield ready
        left = [planned for planned in left if planned not in ready]


def train(run: Run, jobs: Sequence[tuple[TrainingJob, Result]]) -> None:
    """As many at a time as there is room for; one by one with all that a training shows of itself."""
    at_once = trainings_at_once(run.experiment, len(jobs))
    if at_once > 1:
        run.say(f"distill: {len(jobs)} encoders to train, {at_once} at a time")
        train_encoders("distill", jobs, at_once, run.say, run.note)
    for job, result in jobs:
        if at_once == 1:
            run.say(f"encoder {job.name}, seed {job.seed}")
            train_one(job, result, run.note)
        facts = run.store.facts(result)
        run.say(
            f"encoder {job.name}, seed {job.seed}: {facts['steps']:,} steps, {facts['tokens']:,} tokens at "
            f"{facts['tokens_per_second']:,.0f} a second, {facts['data_wait']:.1%} of the time waiting for text, "
            f"last loss {facts['loss']:.3f}"
        )


def trim(run: Run, plan: Plan, planned: PlannedTrim) -> None:
    """One task somewhere on the cluster: the whole parent is loaded, which the driver need not have memory for."""
    import ray

    from raykd.distill.models.vocabulary_trimming import trim_encoder

    tokenizer = plan.tokenizer_owner(planned.name)
    ray.get(ray.remote(trim_encoder).remote(run.store, planned.result, planned.parent, tokenizer))
    facts = run.store.facts(planned.result)
    run.say(
        f"encoder {planned.name}: {facts['parameters'] / 1e6:,.1f} of {facts['parameters_before'] / 1e6:,.1f} million "
        f"parameters left, with {facts['pieces']:,} of {facts['pieces_before']:,} pieces"
    )


def unfinished(run: Run, plan: Plan, encoders: Sequence[AnyPlanned]) -> list[AnyPlanned]:
    """The encoders still to make, once their text is there; checkpoints that a killed driver left of others go."""
    missing = [planned for planned in encoders if not run.store.manifest(planned.result)]
    for planned in encoders:
        if planned not in missing:
            run.store.storage.remove(f"{planned.result.directory}/checkpoints")
    run.require([*plan.extended.values(), *(one for planned in missing for one in planned.prepared)], "prepare")
    for planned in missing:
        # Shards are added to a result that is complete. Without them an encoder would see less text than its name says.
        if missing_shards(run.store, planned.tokens, planned.texts, *planned.ranks(run.store)):
            lacking = f"{planned.tokens.directory} lacks text that {planned.name} takes"
            raise InputError(f"{lacking}; first run: {run.command('prepare')}")
    return missing


def training_job(run: Run, planned: PlannedEncoder) -> TrainingJob:
    cutoffs, floors = planned.ranks(run.store)
    return TrainingJob(
        store=run.store,
        directory=planned.result.directory,
        name=planned.name,
        spec=planned.spec,
        seed=planned.seed,
        parent=planned.parent,
        tokenizer=planned.tokenizer,
        tokens=planned.tokens,
        cutoffs=cutoffs,
        floors=floors,
        start=planned.start,
        resources=run.experiment.resources.train,
    )
