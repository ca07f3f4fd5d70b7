"""Write the sample data of an experiment: Posts.xml, customer messages and general text, the same bytes each time.

python jobs/sample.py configs/demo.yaml
"""

from __future__ import annotations

from common import Run, job

from raykd.errors import InputError
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


if __name__ == "__main__":
    job(__doc__, sample, exclusive=False)
