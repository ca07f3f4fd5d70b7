"""Train the encoders of an experiment: teachers pretrained here, encoders trained on, students.

python jobs/distill.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/distill.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job, require

from raykd.corpus.quantity import cutoff_ranks
from raykd.distill.trainer import train_encoder
from raykd.distill.training import TrainingJob
from raykd.plan import PlannedEncoder


def distill(run: Run) -> None:
    for planned in unfinished(run, run.plan.encoders):
        run.start_ray()
        run.say(f"encoder {planned.name}, seed {planned.seed}")
        train_encoder(training_job(run, planned), planned.result)


def unfinished(run: Run, encoders: list[PlannedEncoder]) -> list[PlannedEncoder]:
    """The encoders still to train, once their text is there; checkpoints that a killed driver left of others go."""
    missing = [planned for planned in encoders if not run.store.manifest(planned.result)]
    for planned in encoders:
        if planned not in missing:
            run.store.storage.remove(f"{planned.result.directory}/checkpoints")
    require(run, [result for planned in missing for result in (planned.texts, planned.tokens)], "prepare")
    return missing


def training_job(run: Run, planned: PlannedEncoder) -> TrainingJob:
    return TrainingJob(
        store=run.store,
        directory=planned.result.directory,
        name=planned.name,
        spec=planned.spec,
        seed=planned.seed,
        parent=planned.parent,
        tokenizer=planned.tokenizer,
        tokens=planned.tokens,
        cutoffs=cutoff_ranks(run.store, planned.texts, planned.budget),
        resources=run.experiment.resources.train,
    )


if __name__ == "__main__":
    job(__doc__, distill)
