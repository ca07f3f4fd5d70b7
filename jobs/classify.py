"""Label texts of any source: one frozen encoder, each text encoded once, and the heads of every task on its states.

python jobs/classify.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/classify.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job

from raykd.errors import InputError
from raykd.evaluate.cell import is_complete
from raykd.evaluate.classify import ClassifyJob
from raykd.evaluate.classify import classify as classify_texts
from raykd.evaluate.saved_heads import chosen_seed, saved_head


def classify(run: Run) -> None:
    experiment, plan, store = run.experiment, run.plan, run.store
    spec, result = experiment.classify, plan.classified
    if not (spec and result and experiment.evaluate):
        raise InputError("the experiment has no classify section")
    if not store.manifest(result):
        run.start_ray()
        classify_texts(store, result, spec, classify_job(run), run.say)
    facts = store.facts(result)
    run.say(
        f"{facts['texts']:,} texts with {len(facts['heads'])} heads in {store.storage.address(result.directory)} "
        f"({facts['empty']:,} empty, {facts['rejected']:,} unreadable)"
    )


def classify_job(run: Run) -> ClassifyJob:
    """Raises InputError unless every head is there."""
    experiment, plan, store = run.experiment, run.plan, run.store
    assert plan.classified and experiment.evaluate
    for cell in plan.classify_cells:
        if not is_complete(store, cell):
            raise InputError(f"{cell.result.directory} is not complete; run jobs/evaluate.py with this config first")
    languages = {cell.language for cell in plan.classify_cells}
    heads = {
        language: tuple(
            saved_head(store, cell, chosen_seed(store, cell))
            for cell in plan.classify_cells
            if cell.language == language
        )
        for language in sorted(languages)
    }
    return ClassifyJob(
        storage=store.storage,
        directory=plan.classified.directory,
        cleaning=experiment.cleaning,
        seed=experiment.seed,
        encoder=plan.classify_cells[0].encoders[0],
        heads=heads,
        tasks=tuple(dict.fromkeys(cell.task for cell in plan.classify_cells)),
        max_length=experiment.evaluate.max_length,
        resources=experiment.resources,
    )


if __name__ == "__main__":
    job(__doc__, classify)
