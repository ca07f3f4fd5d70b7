"""Ray for a job: the cluster that it was submitted to, or one of its own on this machine, open to nobody else.

A Ray of its own listens on the loopback alone, answers nobody without its token, keeps its files in a directory that
only its user may enter, and has no dashboard unless resources.dashboard asks for one. It ends with the job.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import gettempdir

from raykd.artifacts.permissions import UMASKS
from raykd.artifacts.scratch import private_directory
from raykd.config import Experiment, Resources
from raykd.errors import InputError, Unavailable
from raykd.jobs.exit_status import interrupt_on_sigterm
from raykd.jobs.preflight import check_cluster, on_cluster
from raykd.jobs.ray_messages import Messages
from raykd.planning.checks.capacity import STAGES
from raykd.ray_internals import core

# Ray reads some of these once, when it is imported; its workers inherit them all.
ENVIRONMENT = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # the default of 2 s is added to every short training run
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # else workers print every line twice
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",  # unreadable in a log file
    "RAY_DEDUP_LOGS": "0",
    "TOKENIZERS_PARALLELISM": "false",  # Ray runs one tokenizer a CPU
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_VERBOSITY": "error",  # it warns of each try where the hub is away
}
# Of a Ray of this machine alone.
LOCAL_ENVIRONMENT = {
    # Ray's own switch for machines that are no part of a cluster: all its processes listen on the loopback.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Its metrics are served to whoever asks. Two of their servers stay down where their port is none, and log that.
    "RAY_enable_metrics_collection": "0",
    "AUTOSCALER_METRIC_PORT": "-1",
    "DASHBOARD_METRIC_PORT": "-1",
    # Torch's threads wait for each other by spinning, for milliseconds. Where something else runs on their cores, a
    # small model's step then takes 20 times as long (1,800 ms instead of 50 were measured); workers inherit this bound.
    "GOMP_SPINCOUNT": "20000",
    # On a machine with much else to do a process may need minutes to start: the default is one.
    "RAY_gcs_server_port_wait_time_s": "120",
    "RAY_worker_register_timeout_seconds": "300",
}
PATH = 4096  # bytes of any other path
SOCKET_PATH = 107  # bytes that the path of a socket may have (unix(7)); Ray's end in what follows
SOCKET = "/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
TMPDIR = "RAY_TMPDIR"  # Ray's own variable for its directory
TRIES = 2

_directory: Path | None = None  # of the Ray that this process has started
_messages: Messages | None = None  # of the Ray that this process has started or is connected to
_set: dict[str, str] = {}  # what of ENVIRONMENT this process has set, and not its user


def set_environment() -> None:
    """What Ray and the libraries in its workers are told by environment variables, unless the user has set them."""
    for name, value in ENVIRONMENT.items():
        if name not in os.environ:
            os.environ[name] = _set[name] = value


def start_ray(
    experiment: Experiment, say: Callable[[str], None], stages: Collection[str] = STAGES, verbose: bool = False
) -> None:
    """Connect to the cluster of RAY_ADDRESS, or start Ray here; nothing where this process has one already.

    verbose: whether Ray's own messages are all shown. Raises InputError for a cluster that has no room for these stages
    and does not grow, Unavailable where Ray does not come up.
    """
    import ray
    import ray.data  # sets its own loggers as it is imported

    if not ray.is_initialized():
        if on_cluster():
            _connect(experiment, say, stages, verbose)
        else:
            say("starting Ray on this machine")
            _start_local_ray(experiment.resources, say, verbose)
        interrupt_on_sigterm()
    if not verbose:
        _quiet_loggers()


def _quiet_loggers() -> None:
    """What Ray Data says of a failure is raised too, and is in its log file whatever its console shows.

    Handlers that are not Ray's (of a test, of a notebook) stay as they are.
    """
    for handler in logging.getLogger("ray.data").handlers:
        if handler.name == "console":
            handler.setLevel(logging.CRITICAL)
    logging.getLogger("ray.train").setLevel(logging.WARNING)


def stop_ray(failed: bool, verbose: bool = False) -> None:
    """End the Ray that `start_ray` started, and remove its files; of a job that failed or is verbose they stay until
    the next one.

    Where RAY_TMPDIR says where they are to lie, they stay there.
    """
    global _directory, _messages
    directory, messages = _directory, _messages
    _directory = _messages = None
    if directory:
        import ray

        ray.shutdown()
    if messages:
        messages.close()
    if failed or verbose:
        _tell_logs(directory, messages)
    elif directory and TMPDIR not in os.environ:
        shutil.rmtree(directory.parent, ignore_errors=True)
    elif messages and not directory:
        shutil.rmtree(messages.file.parent, ignore_errors=True)


def _tell_logs(directory: Path | None, messages: Messages | None) -> None:
    """Once, at the end: where Ray's own logs are, and what of them was not shown."""
    told = [f"Ray's logs are in {directory}/session_latest/logs until the next run here"] if directory else []
    if messages and messages.folded:
        told.append(f"{messages.folded:,} of its lines, which tell of no failure that is known, in {messages.file}")
    if told:
        print("; ".join(told), file=sys.stderr)


def _fold_messages(directory: Path, verbose: bool) -> None:
    """Before Ray is connected: its messages from here on, and without a terminal's colours in a log."""
    global _messages
    _messages = Messages(directory / "ray-messages.txt", verbose)
    core.sift_lines(_messages.sift)
    if not sys.stdout.isatty():
        os.environ.setdefault("RAY_COLOR_PREFIX", "0")


def _connect(experiment: Experiment, say: Callable[[str], None], stages: Collection[str], verbose: bool) -> None:
    import ray

    if private := private_directory(Path(gettempdir()), PATH):
        _fold_messages(private, verbose)
    # A cluster's workers do not inherit this process's environment. What the user has set is in the job's already.
    ray.init(logging_level=logging.WARNING, runtime_env={"env_vars": _set} if _set else None)
    have = ray.cluster_resources()
    say(f"connected to a cluster of {have.get('CPU', 0):g} logical CPUs, {have.get('GPU', 0):g} GPUs")
    if not core.asks_for_token():
        say("this Ray asks for no token: whoever reaches its ports runs code as its user (RAY_AUTH_MODE=token)")
    if wait := check_cluster(experiment, stages):
        say(wait)


def _start_local_ray(resources: Resources, say: Callable[[str], None], verbose: bool = False) -> None:
    global _directory
    for name, value in LOCAL_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for attempt in range(1, TRIES + 1):
        _directory = _temporary_directory()
        token = _use_own_token(_directory)
        _fold_messages(_directory.parent, verbose)
        try:
            dashboard = _init(resources, _directory)
        except ValueError as error:  # ray.init refuses a number
            raise InputError(f"resources: {' '.join(str(error).split())}") from error
        except Exception as error:  # Ray raises Exception, RuntimeError and errors of its own alike
            stop_ray(failed=attempt == TRIES)
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            if attempt == TRIES:
                raise Unavailable(
                    f"Ray did not start on this machine, tried {TRIES} times ({reason}); the machine may be overloaded "
                    "or out of memory: the same command resumes"
                ) from error
            say(f"Ray did not start ({reason}); trying once more")
        else:
            break
    if dashboard:
        say(f"dashboard: http://{dashboard}, its token is in {token}")


def _init(resources: Resources, directory: Path) -> str | None:
    """The address of the dashboard, if it has one."""
    import ray

    core.listen_on_loopback()  # as LOCAL_ENVIRONMENT says, where Ray was imported before
    core.take_any_agent_port()
    before = os.umask(UMASKS[resources.readable_by])  # its workers write results
    try:
        context = ray.init(
            address="local",
            num_cpus=resources.logical_cpus or os.cpu_count(),
            object_store_memory=int(resources.object_store),
            include_dashboard=resources.dashboard,
            logging_level=logging.WARNING,
            _temp_dir=str(directory),
        )
    finally:
        os.umask(before)
    # Where jobs that are submitted to this Ray look for it; without it they would take any other of this machine.
    (directory / "ray_current_cluster").write_text(ray.get_runtime_context().gcs_address)
    return context.dashboard_url


def _temporary_directory() -> Path:
    """Ray gives its own directory to everybody (mode 0777), so it lies in one that is this user's (0700)."""
    longest = SOCKET_PATH - len(f"/r{SOCKET}")
    if named := os.environ.get(TMPDIR):
        parent = Path(named, str(os.getpid()))
        if len(os.fsencode(parent)) > longest:
            raise InputError(f"{named}: its path is too long for Ray's sockets; set {TMPDIR} to a shorter one")
        parent.mkdir(mode=0o700, parents=True)
        return parent / "r"
    for root in (gettempdir(), "/tmp"):
        if private := private_directory(Path(root), longest):
            return private / "r"
    raise InputError(f"{gettempdir()}: its path is too long for Ray's sockets; set TMPDIR to a shorter one")


def _use_own_token(directory: Path) -> Path:
    """Have this Ray ask for a token that nobody else has; returns the file that holds it."""
    token, file = secrets.token_hex(32), directory.parent / "token"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(token)
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    os.environ.pop("RAY_AUTH_TOKEN_PATH", None)
    core.read_token_again()
    return file
