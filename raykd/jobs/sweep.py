"""Distilling one encoder on growing quantities of text, and scoring each (paper, section 5)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from raykd.config import Resources, size_name, to_yaml
from raykd.distill.ray_train.trainings import train_encoders
from raykd.distill.train.job import TrainingJob
from raykd.distill.train.usage import SharedLimit
from raykd.errors import InputError
from raykd.evaluate.cell import is_complete
from raykd.jobs.distill import training_job, unfinished
from raykd.jobs.evaluate import score
from raykd.jobs.preflight import check_models, trainings_at_once
from raykd.jobs.run import Run
from raykd.planning.costs.planned import write_plan
from raykd.planning.encoders import DROPPED, WEIGHTS, PlannedEncoder
from raykd.planning.plan import Plan
from raykd.planning.planned_tests import freeze
from raykd.planning.sweep_rule import decide


def sweep(run: Run) -> None:
    spec, plan = run.experiment.sweep, run.plan
    if not spec:
        raise InputError(
            "the experiment has no sweep section; add: sweep: {encoder: NAME, language: eng, task: NAME, "
            "quantities: [1MB, 2MB, 4MB]} (docs/sweep.md)"
        )
    run.require(plan.tasks.values(), "prepare")
    run.require([planned.result for planned in plan.encoders], "distill")
    check_models(plan, {"sweep", "grid"})
    freeze(run.store, run.experiment, plan.cells)
    write_plan(plan)
    for students in rounds(plan, one_by_one=spec.warm_start or spec.stop_when_flat):
        distil(run, plan, students)
        if stops_after(run, plan, students[0].name):
            plan = run.plan  # which ends there
            run.store.write_index(plan.results(), to_yaml(run.experiment), plan.seeds())
            break
    score(run, plan.sweep_cells)
    if spec.students == "drop":
        drop_weights(run, plan)
    address = run.store.storage.address
    run.say(f"sweep: students in {address('encoders')}, their scores in {address('scores')}")


def stops_after(run: Run, plan: Plan, student: str) -> bool:
    """Whether the curve is flat up to this student, as was decided; decided now, from its scores, where it was not."""
    asked = plan.sweep_decisions.get(student)
    if asked is None:
        return False
    if not run.store.manifest(asked.result):
        started = time.time()
        score(run, list(asked.cells))
        run.store.complete(asked.result, decide(run.store, asked), started)
    facts, rule = run.store.facts(asked.result), asked.rule
    run.say(
        f"sweep: after {student}, {size_name(asked.coming)} would gain {100 * facts['gain']:.2f} points of F1 "
        f"[{100 * facts['low']:.2f}, {100 * facts['high']:.2f}], and more than {rule.gain:g} with a chance of "
        f"{facts['chance']:.1%}: {'it stops' if facts['stop'] else 'it goes on'} (below {rule.chance:.0%})"
    )
    return bool(facts["stop"])


def rounds(plan: Plan, one_by_one: bool) -> list[list[PlannedEncoder]]:
    """The students that can be distilled at the same time: all of them, or, one by one, those of each quantity."""
    if not one_by_one:
        return [plan.sweep_encoders]
    return [[one for one in plan.sweep_encoders if one.name == name] for _, name in plan.sweep_quantities]


def distil(run: Run, plan: Plan, students: Sequence[PlannedEncoder]) -> None:
    """Those that are missing; those without weights too, where a score of them is."""
    for planned in students:
        if not planned.is_there(run.store) and run.store.manifest(planned.result) and _is_needed(run, plan, planned):
            run.store.reopen(planned.result)
    missing = unfinished(run, plan, students)
    if missing:
        run.start_ray()
        jobs = [(_job(run, plan, planned), planned.result) for planned in missing]
        at_once = trainings_at_once(run.experiment, len(jobs))
        run.say(f"sweep: {len(jobs)} students to distil, {at_once} at a time")
        train_encoders("sweep", jobs, at_once, run.say, run.note)


def _job(run: Run, plan: Plan, student: PlannedEncoder) -> TrainingJob:
    job, limit = training_job(run, student), shared_worker_hours(run.experiment.resources)
    if limit is None:
        return job
    others = (one.result.directory for one in plan.sweep_encoders if one.result.directory != job.directory)
    return replace(job, shared=SharedLimit(*limit, tuple(others)))


def shared_worker_hours(resources: Resources) -> tuple[str, float] | None:
    """(the key with its value, worker hours) of the tighter of the limits over the whole sweep, if there is any."""
    limits, price = resources.sweep_limits, resources.train.limits.worker_hour
    found = []
    if limits.worker_hours:
        found.append((f"resources.sweep_limits.worker_hours {limits.worker_hours:g}", limits.worker_hours))
    if limits.money and price:
        found.append((f"resources.sweep_limits.money {limits.money:g}", limits.money / price))
    return min(found, key=lambda limit: limit[1], default=None)


def _is_needed(run: Run, plan: Plan, student: PlannedEncoder) -> bool:
    """For a score, or for a student that starts from it."""
    if any(student.saved in cell.encoders and not is_complete(run.store, cell) for cell in plan.sweep_cells):
        return True
    later = [one for one in plan.sweep_encoders if one.start == student.saved]
    return any(not run.store.manifest(one.result) or _is_needed(run, plan, one) for one in later)


def drop_weights(run: Run, plan: Plan) -> None:
    """Of all students, which are scored, but the one that homonyms are still to be looked for in."""
    shift = plan.homonym_shift
    kept = shift.first if shift and not run.store.manifest(shift.result) else None
    for planned in plan.sweep_encoders:
        if planned.is_there(run.store) and planned.saved != kept:
            size = run.store.storage.size(f"{planned.result.directory}/{WEIGHTS}")
            run.store.remove_files(planned.result, [WEIGHTS], {DROPPED: size})
