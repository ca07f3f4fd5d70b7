"""Make the encoders of an experiment: teachers pretrained here, encoders trained on, trimmed ones, students.

python jobs/distill.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/distill.py configs/td.yaml
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from common import Run, job, require

from raykd.corpus.tokens import missing_shards
from raykd.distill.trainer import train_encoder
from raykd.distill.training import TrainingJob
from raykd.distill.trimming import trim_encoder
from raykd.errors import InputError
from raykd.plan import Plan
from raykd.planned import Planned, PlannedEncoder, PlannedTrim

AnyPlanned = TypeVar("AnyPlanned", bound=Planned)


def distill(run: Run) -> None:
    plan = run.plan
    for planned in unfinished(run, plan.encoders):
        run.start_ray()
        if isinstance(planned, PlannedTrim):
            trim(run, plan, planned)
            continue
        run.say(f"encoder {planned.name}, seed {planned.seed}")
        train_encoder(training_job(run, planned), planned.result)
        facts = run.store.facts(planned.result)
        run.say(
            f"encoder {planned.name}, seed {planned.seed}: {facts['steps']:,} steps, {facts['tokens']:,} tokens at "
            f"{facts['tokens_per_second']:,.0f} a second, {facts['data_wait']:.1%} of the time waiting for text, "
            f"last loss {facts['loss']:.3f}"
        )


def trim(run: Run, plan: Plan, planned: PlannedTrim) -> None:
    """One task somewhere on the cluster: the whole parent is loaded, which the driver need not have memory for."""
    import ray

    tokenizer = plan.tokenizer_owner(planned.name)
    ray.get(ray.remote(trim_encoder).remote(run.store, planned.result, planned.parent, tokenizer))
    facts = run.store.facts(planned.result)
    run.say(
        f"encoder {planned.name}: {facts['parameters'] / 1e6:,.1f} of {facts['parameters_before'] / 1e6:,.1f} million "
        f"parameters left, with {facts['pieces']:,} of {facts['pieces_before']:,} pieces"
    )


def unfinished(run: Run, encoders: Sequence[AnyPlanned]) -> list[AnyPlanned]:
    """The encoders still to make, once their text is there; checkpoints that a killed driver left of others go."""
    missing = [planned for planned in encoders if not run.store.manifest(planned.result)]
    for planned in encoders:
        if planned not in missing:
            run.store.storage.remove(f"{planned.result.directory}/checkpoints")
    require(run, [result for planned in missing for result in planned.prepared], "prepare")
    for planned in missing:
        # Shards are added to a result that is complete. Without them an encoder would see less text than its name says.
        if missing_shards(run.store, planned.tokens, planned.texts, *planned.ranks(run.store)):
            lacking = f"{planned.tokens.directory} lacks text that {planned.name} takes"
            raise InputError(f"{lacking}; run jobs/prepare.py with this config first")
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
        resources=run.experiment.resources.train,
    )


if __name__ == "__main__":
    job(__doc__, distill)
