"""Writing the sample data of an experiment."""

from __future__ import annotations

from raykd.errors import InputError
from raykd.jobs.run import Run
from raykd.sample import write_sample


def sample(run: Run) -> None:
    spec = run.experiment.sample
    if not spec:
        raise InputError("the experiment has no sample section, so there is nothing to write")
    write_sample(
        spec.directory,
        seed=spec.seed,
        languages=run.experiment.languages,
        technical=int(spec.technical),
        messages=int(spec.messages),
        general=int(spec.general),
    )
    run.say(f"sample data in {spec.directory}")
