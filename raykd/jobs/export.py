"""Frozen encoders with their heads as ONNX graphs, in int8 where that keeps parity, and on the hub."""

from __future__ import annotations

import time
from importlib.util import find_spec

from raykd.errors import InputError
from raykd.evaluate.cell import is_complete
from raykd.export.job import ExportJob
from raykd.export.push import push
from raykd.jobs.cards import card_of
from raykd.jobs.run import Run
from raykd.wording import time_left

NEEDED = ("onnx", "onnxruntime", "onnxscript")


def export(run: Run) -> None:
    if not run.experiment.export:
        raise InputError("the experiment has no export section; add: export: {encoders: [NAME]} (docs/export.md)")
    exports, repo = run.plan.exports, run.values.get("push")
    if repo and len(exports) != 1:
        raise InputError(f"--push {repo}: {len(exports)} encoders are exported; name one in export.encoders")
    todo = [asked for asked in exports.values() if not run.store.manifest(asked.result)]
    for cell in (cell for asked in todo for cell in asked.cells):
        if not is_complete(run.store, cell):
            raise InputError(f"{cell.result.directory} is not complete; first run: {run.command('evaluate')}")
    if todo:
        if lacking := [name for name in NEEDED if not find_spec(name)]:
            raise InputError(f"export: {', '.join(lacking)} not installed; pip install 'raykd[export]'")
        run.start_ray()
    began = time.monotonic()
    for number, asked in enumerate(todo, 1):
        _on_ray(run, asked)
        left = time_left(number, len(todo), time.monotonic() - began)
        run.say(f"{number}/{len(todo)}: {asked.encoder.name} is written{left}")
    for name, asked in exports.items():
        run.say(f"{name}: {describe(run, asked)}")
        run.store.storage.write_bytes(f"cards/{name}/README.md", card_of(run, asked).encode())
    if repo:
        (asked,) = exports.values()
        with run.store.storage.local_directory(asked.result.directory) as directory:
            run.say(f"pushed: {push(directory, card_of(run, asked), repo)}")


def _on_ray(run: Run, asked: ExportJob) -> None:
    import ray

    from raykd.export.run import export_encoder

    resources = run.experiment.resources.grid
    ray.get(ray.remote(num_cpus=resources.cpus)(export_encoder).remote(run.store, asked))


def describe(run: Run, asked: ExportJob) -> str:
    """Where an export lies, its size and its parity, in a line."""
    facts, storage = run.store.facts(asked.result), run.store.storage
    graph = asked.graph.removeprefix(f"{asked.result.directory}/")
    parity = facts["parity"][graph]
    worst = min(head["agreement"] for head in parity["heads"].values())
    left = f", {len(facts['in_float'])} layers in float" if facts["in_float"] else ""
    return (
        f"{facts['bytes'][graph] / 1e6:,.1f} MB with {len(parity['heads'])} heads, {worst:.2%} of decisions as in "
        f"torch, cosine {parity['cosine']:.5f}{left}: {storage.address(asked.graph)}"
    )
