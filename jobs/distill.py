"""Train the encoders of an experiment: teachers pretrained here, encoders trained on, students.

python jobs/distill.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/distill.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job

from raykd.corpus.quantity import cutoff_ranks
from raykd.distill.trainer import train_encoder
from raykd.distill.training import TrainingJob
from raykd.plan import PlannedEncoder


def distill(run: Run) -> None:
    for planned in run.plan.encoders:
        if run.store.manifest(planned.result):
            continue
        run.start_ray()
        run.say(f"encoder {planned.name}, seed {planned.seed}")
        train_encoder(training_job(run, planned), planned.result)


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
