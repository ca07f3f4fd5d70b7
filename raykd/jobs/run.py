"""An experiment in a job: its storage, its plan, what it says, and Ray from the moment that there is work for it."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from raykd import config
from raykd.artifacts import Result, ResultStore, Storage
from raykd.artifacts.lease import Holder
from raykd.artifacts.permissions import close_directory, share_files
from raykd.corpus.fetch.catalogue import missing_archives
from raykd.errors import InputError, shown_line
from raykd.jobs.exit_status import told_access
from raykd.jobs.machine_hours import MachineHours
from raykd.jobs.preflight import check_machine, on_cluster
from raykd.planning.load import load_experiment
from raykd.planning.plan import Plan
from raykd.planning.source_files import SourceFiles
from raykd.planning.translations import are_translated

LOCAL_SCHEME = re.compile(r"^(file|local)://")  # of a path, which may be relative behind it


@dataclass
class Run:
    """config: the path of its file; overrides: as given; stages: those that ask Ray for room; options: those of the
    verb; values: of its options that take a word; others: further configs, of verbs that take some; program: what
    starts a verb, for the command lines that messages give; verbose: whether all that Ray says is shown; holder: of the
    lease, if any; files: of the sources, once they are planned with; machines: the account of the cluster's, once it is
    connected to.
    """

    experiment: config.Experiment
    store: ResultStore
    began: float
    config: str = ""
    overrides: tuple[str, ...] = ()
    stages: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    program: str = "raykd {verb}"
    verbose: bool = False
    holder: Holder | None = None
    files: SourceFiles | None = None
    machines: MachineHours | None = None

    @property
    def plan(self) -> Plan:
        """Made anew by each stage, since what is to be done may follow from the results of the stage before.

        Sources are listed, and hashed, by the first that plans: the stages that write some come before, and plan
        nothing.
        """
        if self.experiment.fetch and (missing := missing_archives(self.experiment.fetch)):
            raise InputError(f"{next(iter(missing))} is not there yet; first run: {self.command('fetch')}")
        if not are_translated(self.experiment):
            raise InputError(f"translations are not there yet; first run: {self.command('translate')}")
        plan = Plan(self.experiment, self.store, self.files)
        self.files = plan.files
        return plan

    def command(self, verb: str) -> str:
        """The command line of another verb on this experiment, in the way in which this one was started."""
        return f"{self.program.format(verb=verb)} {shlex.join([self.config, *self.overrides])}"

    def say(self, line: str) -> None:
        self.note(line)
        print(f"[{time.monotonic() - self.began:5.0f} s] {shown_line(line)}", flush=True)

    def note(self, line: str) -> None:
        """For `status` alone, which tells the last one."""
        if self.holder:
            self.holder.doing = shown_line(line)

    def start_ray(self) -> None:
        """Connect to the cluster of RAY_ADDRESS (a submitted job has one), or start Ray on this machine."""
        from raykd.jobs.local_ray import start_ray

        start_ray(self.experiment, self.say, self.stages, self.verbose)
        if on_cluster() and not self.machines:
            self.machines = MachineHours(self.store.storage)
            self.machines.start()

    def require(self, results: Iterable[Result], verb: str) -> None:
        """Raises InputError unless all of these, which another verb makes, are complete."""
        for result in results:
            if not self.store.manifest(result):
                raise InputError(f"{result.directory} is not there yet; first run: {self.command(verb)}")


def open_run(path: str, overrides: Iterable[str], computes: bool = True, stages: Collection[str] = frozenset()) -> Run:
    """computes: whether this machine must be able to run what the config asks of these stages (capacity.STAGES), and to
    write where it says.

    Raises InputError for a config that cannot run, and a storage that cannot be reached.
    """
    experiment = load_experiment(path, list(overrides))
    if computes:
        check_machine(experiment, stages)
    share_files(experiment.resources.readable_by)
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
                root = Path(storage, experiment.name)
                root.mkdir(parents=True, exist_ok=True)
                close_directory(root, experiment.resources.readable_by)
        except OSError as error:
            raise InputError(
                f"{path}: storage: {storage} cannot be written ({error.strerror}); name another directory, or mend its "
                "permissions"
            ) from error
    store = ResultStore(Storage(f"{storage}/{experiment.name}"))
    with told_access(path, store.storage):
        store.storage.exists("experiment.json")
    return Run(experiment, store, time.monotonic(), path, tuple(overrides), frozenset(stages))
