"""Timing encoders, all in one run on a machine that does nothing else, and finding where they put homonyms."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from raykd.errors import InputError
from raykd.jobs.run import Run
from raykd.probe.job import LatencyJob
from raykd.probe.run import probe_homonym_shift, probe_homonyms, probe_latency
from raykd.wording import is_due, time_left

if TYPE_CHECKING:
    from ray.util.queue import Queue


def probe(run: Run) -> None:
    spec = run.experiment.probe
    if not spec:
        raise InputError("the experiment has no probe section")
    plan, store = run.plan, run.store
    if spec.latency and spec.latency.task:
        run.require([plan.tasks[spec.latency.task]], "prepare")
    run.require(plan.extended.values(), "prepare")
    names = {saved.name for saved in plan.latency.encoders} if plan.latency else set(plan.homonyms)
    shift = plan.homonym_shift if plan.homonym_shift and not store.manifest(plan.homonym_shift.result) else None
    if shift:
        names |= {shift.first.name, shift.second.name}
    made = {
        planned.name: planned.result for planned in reversed([*plan.encoders, *plan.sweep_encoders])
    }  # of several seeds the first
    run.require([made[name] for name in made if name in names], "distill")
    if plan.latency and plan.latency.graphs:
        run.require([plan.exports[saved.name].result for saved in plan.latency.encoders], "export")
    homonyms = [asked for asked in plan.homonyms.values() if not store.manifest(asked.result)]
    timed = plan.latency if plan.latency and not store.manifest(plan.latency.result) else None
    if homonyms or timed or shift:
        run.start_ray()
    if timed:
        _time(run, timed)
    began = time.monotonic()
    for number, asked in enumerate(homonyms, 1):
        import ray

        ray.get(ray.remote(num_cpus=run.experiment.resources.grid.cpus)(probe_homonyms).remote(store, asked))
        where = store.storage.address(asked.result.directory)
        left = time_left(number, len(homonyms), time.monotonic() - began)
        run.say(f"{number}/{len(homonyms)}: homonyms of {asked.encoder.name} in {where}{left}")
    if shift:
        import ray

        ray.get(ray.remote(num_cpus=run.experiment.resources.grid.cpus)(probe_homonym_shift).remote(store, shift))
        where = store.storage.address(shift.result.directory)
        run.say(f"homonyms of {shift.first.name} against {shift.second.name} in {where}")
    run.say(f"probe: {store.storage.address('probe')}")


def _time(run: Run, asked: LatencyJob) -> None:
    import ray

    from raykd.distill.ray_train.reporting import listened_to

    _check_resources(run)
    resources: dict[str, Any] = {"num_cpus": asked.spec.threads, "num_gpus": int(asked.spec.device == "cuda")}
    run.say(f"timing {len(asked.encoders)} encoders")
    with listened_to(partial(_show, run)) as queue:
        ray.get(ray.remote(**resources)(probe_latency).remote(run.store, asked, queue.put))
    run.say(f"times of {len(asked.encoders)} encoders in {run.store.storage.address(asked.result.directory)}")
    if busy := run.store.facts(asked.result)["busy"]:
        run.say(f"the machine was busy, so times are too long; ratios are of CPU seconds: {'; '.join(busy)}")


def _show(run: Run, queue: Queue) -> None:
    said, first = time.monotonic(), None  # encoders are loaded before the first round, whose time tells nothing of it
    while heard := queue.get():
        (done, total), now = heard, time.monotonic()
        first = first or (done, now)
        if is_due(now, first[1], said):
            left = time_left(done - first[0], total - first[0], now - first[1])
            run.say(f"timing: {done / total:.0%} of the tokens encoded{left}")
            said = now


def _check_resources(run: Run) -> None:
    """A task that asks for more than there is would wait for ever."""
    import ray

    latency, have = run.experiment.probe and run.experiment.probe.latency, ray.cluster_resources()
    if latency and latency.threads > have.get("CPU", 0):
        raise InputError(f"probe.latency.threads: {latency.threads} asked, but there are {have.get('CPU', 0):g} CPUs")
    if latency and latency.device == "cuda" and not have.get("GPU"):
        raise InputError("probe.latency.device: cuda asked, but Ray knows of no GPU")
