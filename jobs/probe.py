"""Measure what scores do not tell of encoders: the time of a forward pass, and where homonyms lie.

python jobs/probe.py configs/demo.yaml probe.latency.task=tags
ray job submit --working-dir . -- python jobs/probe.py configs/td.yaml

Encoders are probed one after the other, since times are right only on a machine that does nothing else: run it alone.
"""

from __future__ import annotations

from common import Run, job, require

from raykd.errors import InputError
from raykd.probe.run import ProbeJob, probe_encoder


def probe(run: Run) -> None:
    spec = run.experiment.probe
    if not spec:
        raise InputError("the experiment has no probe section")
    plan = run.plan
    if spec.latency and spec.latency.task:
        require(run, [plan.tasks[spec.latency.task]], "prepare")
    made = {planned.name: planned.result for planned in reversed(plan.encoders)}  # of several seeds the first
    require(run, [made[name] for name in plan.probes if name in made], "distill")
    todo = [asked for asked in plan.probes.values() if not run.store.manifest(asked.result)]
    if todo:
        run.start_ray()
        _check_resources(run)
    for number, asked in enumerate(todo, 1):
        _on_ray(run, asked)
        run.say(f"{number}/{len(todo)}: {asked.encoder.name} in {run.store.storage.address(asked.result.directory)}")


def _on_ray(run: Run, asked: ProbeJob) -> None:
    import ray

    latency = asked.latency
    resources = {
        "num_cpus": latency.threads if latency else run.experiment.resources.grid.cpus,
        "num_gpus": int(latency is not None and latency.device == "cuda"),
    }
    ray.get(ray.remote(**resources)(probe_encoder).remote(run.store, asked))


def _check_resources(run: Run) -> None:
    """A task that asks for more than there is would wait for ever."""
    import ray

    latency, have = run.experiment.probe and run.experiment.probe.latency, ray.cluster_resources()
    if latency and latency.threads > have.get("CPU", 0):
        raise InputError(f"probe.latency.threads: {latency.threads} asked, but there are {have.get('CPU', 0):g} CPUs")
    if latency and latency.device == "cuda" and not have.get("GPU"):
        raise InputError("probe.latency.device: cuda asked, but Ray knows of no GPU")


if __name__ == "__main__":
    job(__doc__, probe)
