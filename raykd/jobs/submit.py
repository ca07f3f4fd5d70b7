"""`submit`: any verb on a cluster. What the job needs travels and nothing else, how it ended is this command's exit
status, and its lines can be followed again later."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from raykd.artifacts.store import git_commit
from raykd.config.base import base_of
from raykd.errors import InputError, Unavailable, shown_line
from raykd.jobs.command_line import VERBS, parse_verb
from raykd.planning.load import load_experiment

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

ADDRESS = "http://127.0.0.1:8265"  # where `ray dashboard` and `kubectl port-forward` bring a cluster's job server
LARGEST = 20_000_000  # bytes; the code has 2 MB, and what a job reads lies on a store
PACKAGE = Path(__file__).parents[1]  # raykd, of a checkout or installed
ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
POLL_SECONDS = 2.0
START_SECONDS = 120.0  # a head takes jobs some ten seconds after its job server answers


def arguments(parser: argparse.ArgumentParser) -> None:
    given = os.environ.get("RAY_API_SERVER_ADDRESS") or os.environ.get("RAY_ADDRESS") or ADDRESS
    parser.add_argument("--address", default=given, help="of the job server; else RAY_ADDRESS, else %(default)s")
    parser.add_argument("--env", action="append", default=[], metavar="NAME", help="hand a variable of here on")
    parser.add_argument("--no-wait", action="store_true", help="do not follow it")
    parser.add_argument("--follow", metavar="JOB", help="one that was submitted before, from its first line on")
    parser.add_argument("verb", nargs="?", help="such as pipeline")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the verb's own: its config, overrides, options")


def submit(parsed: argparse.Namespace, program: str) -> int:
    """Run a verb on the cluster of --address; the exit status is the job's: 0 done, 1 failed, 2 bad input.

    130 where following was interrupted; the job goes on then. program: what starts a verb, here and there. Raises
    InputError for what cannot run, and Unavailable where no job server answers.
    """
    job = parsed.follow
    if not job and not (parsed.verb and parsed.arguments):
        raise InputError("name a verb and its config, or a job to --follow")
    again = f"{program.format(verb='submit')} --address {parsed.address} --follow "
    try:
        what = None if job else _checked(parsed.verb, parsed.arguments, parsed.env, program)
        with _told_server(parsed.address):
            client = _connect(parsed.address)
            if what:
                job = _send(client, what)
                _say(f"submitted as {job}; its lines, also later: {again}{job}")
                if parsed.no_wait:
                    return 0
            return _follow(client, job)
    except KeyboardInterrupt:
        _say(f"the job goes on: {again}{job}; to end it: ray job stop {job}" if job else "interrupted")
        return 130


@contextmanager
def _told_server(address: str) -> Iterator[None]:
    """Raises Unavailable and InputError for what Ray's client raises."""
    from ray.exceptions import AuthenticationError
    from requests import RequestException

    try:
        yield
    except AuthenticationError as error:
        raise InputError(
            f"{address}: this cluster asks for its token: set RAY_AUTH_MODE=token, with the token in RAY_AUTH_TOKEN or "
            "~/.ray/auth_token"
        ) from error
    except (ConnectionError, RequestException) as error:
        raise Unavailable(
            f"no job server answers at {address}; `ray dashboard cluster.yaml` or `kubectl port-forward` brings a "
            "cluster's here"
        ) from error
    except RuntimeError as error:
        raise Unavailable(f"{address}: {str(error).splitlines()[0]}") from error


def _connect(address: str) -> JobSubmissionClient:
    from ray.job_submission import JobSubmissionClient

    logging.getLogger("ray.dashboard.modules.job.sdk").setLevel(logging.WARNING)  # it tells of every connection's end
    # Where they are set, Ray prefers both to the address that it is given.
    for name in ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS"):
        os.environ.pop(name, None)
    return JobSubmissionClient(address)


@dataclass(frozen=True)
class _Job:
    """name: its id, which the time follows; arguments: of the verb; configs: those of them that are files, and
    the bases of those; environment: what it is to have; program: what starts a verb there."""

    name: str
    verb: str
    arguments: Sequence[str]
    configs: Sequence[str]
    environment: Mapping[str, str]
    program: str


def _checked(verb: str, arguments: Sequence[str], variables: Sequence[str], program: str) -> _Job:
    """Raises InputError for what cannot run, before anything travels."""
    verbs = [name for name, one in VERBS.items() if one.on_experiment]
    if verb not in verbs:
        raise InputError(f"there is no verb {verb!r} of an experiment; there are: {', '.join(verbs)}")
    parsed = parse_verb(verb, arguments, program)
    configs = [parsed.config, *(one for one in parsed.overrides if "=" not in one)]
    experiment = load_experiment(parsed.config, [one for one in parsed.overrides if "=" in one])
    configs += [str(base) for one in configs if (base := base_of(Path(one)))]
    environment = _environment(configs, variables)
    there = "python jobs/{verb}.py" if program.endswith(".py") else program
    return _Job(f"{experiment.name}-{verb}", verb, arguments, configs, environment, there)


def _send(client: JobSubmissionClient, job: _Job) -> str:
    """The id under which it runs."""
    name = f"{job.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    with TemporaryDirectory() as directory:
        names = _gather(Path(directory), job.configs, job.program)
        # A package is known by its content, and Ray removes it with the job that used it last: each job has its own.
        (Path(directory) / "submission").write_text(name)
        _say(_size(Path(directory)))
        command = [*job.program.format(verb=job.verb).split(), *(names.get(one, one) for one in job.arguments)]
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return client.submit_job(
                    entrypoint=shlex.join(command),
                    submission_id=name,
                    runtime_env={"working_dir": directory, "env_vars": dict(job.environment)},
                    metadata={"commit": job.environment["RAYKD_COMMIT"]},
                )
            except RuntimeError as error:
                # A head that has just started answers before anything there can take a job; none was taken then.
                if "No available agent" not in str(error) or time.monotonic() > deadline:
                    raise
                _say("the cluster is still starting; trying again")
                time.sleep(POLL_SECONDS)


def _environment(configs: Sequence[str], variables: Collection[str]) -> dict[str, str]:
    """What the job's environment is to have: the variables that its configs name, those asked for, and the commit."""
    if missing := [name for name in variables if name not in os.environ]:
        raise InputError(f"--env {missing[0]}: it is not set here")
    named = {name for path in configs for name in re.findall(r"\$\{oc\.env:\s*(\w+)", Path(path).read_text())}
    here = {name: os.environ[name] for name in sorted({*named, *variables}) if name in os.environ}
    return {**here, "RAYKD_COMMIT": _commit()}


def _commit() -> str:
    """Of the code that travels; with "-dirty" where it is not quite that of the commit."""
    commit = git_commit()
    if not shutil.which("git"):
        return commit
    changed = ["git", "-C", str(PACKAGE), "status", "--porcelain", "--", str(PACKAGE), str(PACKAGE.parent / "jobs")]
    return commit + "-dirty" * bool(subprocess.run(changed, capture_output=True, text=True).stdout.strip())


def _gather(directory: Path, configs: Sequence[str], program: str) -> Mapping[str, str]:
    """Copy what the job needs: the package, its scripts where they start it, and the configs.

    Returns what the configs are called there.
    """
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, directory / PACKAGE.name, ignore=unneeded)
    if program.endswith(".py"):
        shutil.copytree(PACKAGE.parent / "jobs", directory / "jobs", ignore=unneeded)
    names, places = dict[str, str](), dict[str, Path]()
    for path in configs:
        here = Path(path).resolve()
        inside = here.is_relative_to(Path.cwd())
        names[path] = str(here.relative_to(Path.cwd()) if inside else Path("configs", here.name))
        if places.setdefault(names[path], here) != here:
            raise InputError(f"{path}: it would be {names[path]} there, as {places[names[path]]} is; rename one")
        (directory / names[path]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(here, directory / names[path])
    return names


def _size(directory: Path) -> str:
    """What travels, in a line. Raises InputError for more than LARGEST."""
    sizes = {path: path.stat().st_size for path in directory.rglob("*") if path.is_file()}
    total, largest = sum(sizes.values()), max(sizes, key=lambda path: sizes[path])
    if total > LARGEST:
        raise InputError(
            f"{total / 1e6:.1f} MB would travel with the job, at most {LARGEST / 1e6:.0f} may; the largest file is "
            f"{largest.relative_to(directory)} with {sizes[largest] / 1e6:.1f} MB"
        )
    return f"{len(sizes)} files travel with the job, {total / 1e6:.1f} MB"


def _follow(client: JobSubmissionClient, job: str) -> int:
    """Show a job's lines until it ends; the exit status of its command."""
    from aiohttp import ClientError

    try:
        asyncio.run(_show_lines(client, job))
    except (RuntimeError, ClientError):
        if client.get_job_info(job).status not in ENDED:
            _say(f"{job}: the connection to its lines broke off; waiting for its end")
    while (info := client.get_job_info(job)).status not in ENDED:
        time.sleep(POLL_SECONDS)
    code = info.driver_exit_code
    if info.status == "SUCCEEDED":
        _say(f"{job}: done")
        return 0
    if info.status == "STOPPED":
        _say(f"{job}: stopped; the same command resumes")
        return 1
    if code is None:
        _say(f"{job}: did not start, or was lost: {' '.join((info.message or 'Ray does not say why').split())[:300]}")
        return 1
    _say(f"{job}: failed with exit status {code}")
    return code if code > 0 else 1


async def _show_lines(client: JobSubmissionClient, job: str) -> None:
    async for lines in client.tail_job_logs(job):
        print(lines, end="", flush=True)


def _say(line: str) -> None:
    print(shown_line(line), flush=True)
