"""What every job does: arguments, logging, the experiment and its plan, its lease, Ray, exit status."""

from __future__ import annotations

import argparse
import logging
import os
import re
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Set before Ray is imported: Ray reads some of these once, and its workers inherit them all.
SETTINGS = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # the default of 2 s is added to every short training run
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # else workers print every line twice
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",  # unreadable in a log file
    "RAY_DEDUP_LOGS": "0",
    "TOKENIZERS_PARALLELISM": "false",  # Ray runs one tokenizer a CPU
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
for name, value in SETTINGS.items():
    os.environ.setdefault(name, value)

from machines import check_cluster, check_machine, on_cluster  # noqa: E402
from outcomes import find_input_error, told_access  # noqa: E402

from raykd import config  # noqa: E402
from raykd.artifacts import Result, ResultStore, Storage  # noqa: E402
from raykd.artifacts.lease import Holder, held  # noqa: E402
from raykd.corpus.archives import missing_archives  # noqa: E402
from raykd.errors import InputError, LimitReached  # noqa: E402
from raykd.estimates import estimate  # noqa: E402
from raykd.evaluate.cell import is_complete  # noqa: E402
from raykd.plan import Plan  # noqa: E402
from raykd.readings import FilesToCome  # noqa: E402
from raykd.translations import are_translated  # noqa: E402

LOCAL_SCHEME = re.compile(r"^(file|local)://")  # of a path, which may be relative behind it


@dataclass
class Run:
    """An experiment in a job: its storage, its plan, and Ray from the moment that there is work for it.

    config: the path of its file; overrides: as given; options: those of the job's own; holder: of the lease, if any.
    """

    experiment: config.Experiment
    store: ResultStore
    began: float
    config: str = ""
    overrides: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    holder: Holder | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Ray Tune pickles what it reports to; the lease stays with this process."""
        return {**vars(self), "holder": None}

    @property
    def plan(self) -> Plan:
        """Made anew by each stage, since sources may be written by the stage before."""
        if self.experiment.fetch and (missing := missing_archives(self.experiment.fetch)):
            raise InputError(f"{next(iter(missing))} is not there yet; run jobs/fetch.py with this config first")
        if not are_translated(self.experiment):
            raise InputError("translations are not there yet; run jobs/translate.py with this config first")
        return Plan(self.experiment, self.store)

    def command(self, verb: str) -> str:
        """The command line of a job on this experiment."""
        return shlex.join(["python", f"jobs/{verb}.py", self.config, *self.overrides])

    def say(self, line: str) -> None:
        if self.holder:
            self.holder.doing = line
        print(f"[{time.monotonic() - self.began:5.0f} s] {line}", flush=True)

    def start_ray(self) -> None:
        """Connect to the cluster of RAY_ADDRESS (a submitted job has one), or start Ray on this machine."""
        import ray

        if not ray.is_initialized():
            if on_cluster():
                ray.init(logging_level=logging.WARNING)
                have = ray.cluster_resources()
                self.say(f"connected to a cluster of {have.get('CPU', 0):g} logical CPUs, {have.get('GPU', 0):g} GPUs")
                if wait := check_cluster(self.experiment):
                    self.say(wait)
            else:
                _start_local_ray(self.experiment.resources)
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # it warns of every dataset that its bars are off
        for logger in ("ray.tune", "ray.train"):
            logging.getLogger(logger).setLevel(logging.WARNING)


def _start_local_ray(resources: config.Resources) -> None:
    import ray

    # A bare ray.init turns token authentication on for this machine's later Rays, which job submission lacks.
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    # Torch's threads wait for each other by spinning, for milliseconds. Where something else runs on their cores, a
    # small model's step then takes 20 times as long (1,800 ms instead of 50 were measured); workers inherit this bound.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    ray.init(
        address="local",
        num_cpus=resources.logical_cpus or os.cpu_count(),
        object_store_memory=int(resources.object_store),
        logging_level=logging.WARNING,
    )


def job(
    description: str,
    work: Callable[[Run], None],
    *,
    exclusive: bool = True,
    computes: bool = True,
    options: Mapping[str, str] = {},
) -> None:
    """Run a verb on the config named on the command line and exit: 0 done, 1 failed (a rerun resumes), 2 bad input.

    exclusive: whether it holds the experiment's lease; computes: whether this machine must be able to run what the
    config asks for; options: the verb's own, with their help.
    """
    arguments = _parse(description, exclusive, options)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    run = None
    try:
        run = open_run(arguments.config, arguments.overrides, computes and not arguments.dry_run)
        run.options = frozenset(name for name in options if vars(arguments)[name])
        if arguments.dry_run:
            print(config.to_yaml(run.experiment))
            for line in describe(run, computes):
                print(line)
            sys.exit(0)
        if exclusive and run.experiment.resources.lease:
            with _lease(run, arguments.take_over), _interrupted_as_ever():
                work(run)
        else:
            with _interrupted_as_ever():
                work(run)
    except KeyboardInterrupt:
        if run and run.holder and run.holder.lost:
            print(f"error: {run.store.storage.uri}: {run.holder.lost}; this driver stops", file=sys.stderr)
            sys.exit(1)
        print("interrupted; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        if bad_input := find_input_error(error):
            print(f"error: {bad_input}", file=sys.stderr)
            sys.exit(2)
        if isinstance(error, LimitReached):
            print(f"stopped: {error}", file=sys.stderr)
            sys.exit(1)
        traceback.print_exc()
        print("failed; the same command goes on from here", file=sys.stderr)
        sys.exit(1)


@contextmanager
def _interrupted_as_ever() -> Iterator[None]:
    """Ray Train's handler of SIGINT, which stays once a training has begun, exits with status 0 as if all were done."""
    try:
        yield
    except SystemExit as end:
        raise KeyboardInterrupt from end


@contextmanager
def _lease(run: Run, take_over: bool) -> Iterator[None]:
    """Hold the experiment, and leave in a line where jobs/status.py finds it how this job ended."""
    command = " ".join([Path(sys.argv[0]).stem, *sys.argv[1:]])
    with ExitStack() as stack:
        with told_access(run.config, run.store.storage):
            run.holder = stack.enter_context(held(run.store.storage, command, take_over))
        try:
            yield
            run.holder.outcome = "done"
        except KeyboardInterrupt:
            run.holder.outcome = "interrupted"
            raise
        except LimitReached as error:
            run.holder.outcome = f"stopped: {error}"
            raise
        except Exception as error:
            reason = find_input_error(error) or f"{type(error).__name__}: {error}"
            run.holder.outcome = f"failed: {' '.join(str(reason).split())}"
            raise


def open_run(path: str, overrides: list[str], computes: bool = True) -> Run:
    experiment = config.load(path, overrides)
    if computes:
        check_machine(experiment)
    storage = re.sub(r"(?<=[^/:])/+$", "", LOCAL_SCHEME.sub("", experiment.storage))
    if "://" not in storage:
        if on_cluster() and not Path(storage).is_absolute():
            raise InputError(
                f"{path}: storage: {experiment.storage!r} is relative, and a submitted job's working directory is "
                "thrown away; give an absolute path that all nodes share, or a URI such as s3://bucket/prefix"
            )
        storage = str(Path(storage).expanduser().absolute())
        try:
            if computes:
                Path(storage, experiment.name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{path}: storage: {storage} cannot be written ({error.strerror})") from error
    store = ResultStore(Storage(f"{storage}/{experiment.name}"))
    with told_access(path, store.storage):
        store.storage.exists("experiment.json")
    return Run(experiment, store, time.monotonic(), path, tuple(overrides))


def require(run: Run, results: Iterable[Result], verb: str) -> None:
    """Raises InputError unless all of these, which another job makes, are complete."""
    for result in results:
        if not run.store.manifest(result):
            raise InputError(f"{result.directory} is not there yet; run jobs/{verb}.py with this config first")


def describe(run: Run, computes: bool) -> Iterator[str]:
    """Whether each result is there or would be made, and what the grid would cost.

    computes: whether to say, too, what this machine has too little of. A config for a cluster is planned anywhere.
    """
    if computes:
        try:
            check_machine(run.experiment)
        except InputError as error:
            yield f"not on this machine: {error}"
    first, plan = list[str](), None
    try:
        first = list(_before_all(run))
        plan = None if first else run.plan
    except InputError as error:
        first = [f"cannot begin: {error}"]
    if plan is None:
        yield from first
        yield from estimate(Plan(run.experiment, run.store, FilesToCome()))
        return
    lacking = {cell.result.directory for cell in plan.all_cells if not is_complete(run.store, cell)}
    for name, result in plan.results().items():
        done = run.store.manifest(result) and result.directory not in lacking
        yield f"{'done' if done else 'to do':6} {name:50} {run.store.storage.address(result.directory)}"
    yield from estimate(plan)


def _before_all(run: Run) -> Iterator[str]:
    """What writes the files that all results depend on, and has not yet."""
    sample = run.experiment.sample
    if sample and not Path(sample.directory, "manifest.json").exists():
        yield f"to do  sample data in {sample.directory}; the rest follows from its files (jobs/sample.py writes them)"
        return
    if run.experiment.fetch and (missing := missing_archives(run.experiment.fetch)):
        yield from (f"to do  fetch {site} to {path}" for path, site in missing.items())
        yield "the rest follows from these files (jobs/fetch.py fetches them)"
        return
    if not are_translated(run.experiment):
        yield "to do  translate; the rest follows from its files (jobs/translate.py writes them)"


def _parse(description: str, exclusive: bool, options: Mapping[str, str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("config", help="an experiment, such as configs/demo.yaml")
    parser.add_argument("overrides", nargs="*", metavar="key.path=value", help="changes to the experiment")
    parser.add_argument("--dry-run", action="store_true", help="print the resolved config and the plan, and exit")
    if exclusive:
        parser.add_argument("--take-over", action="store_true", help="from another driver, which then stops")
    for name, what in options.items():
        parser.add_argument(f"--{name}", action="store_true", help=what)
    return parser.parse_intermixed_args()
