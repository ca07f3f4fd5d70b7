"""One driver at a time on an experiment: who holds it since when, as everyone can read on its storage.

A lease is lease/<number>.json, made only where there is no file of that number; the highest number holds the
experiment. So all that a store must be able to do is to create a file unless it exists: links on local disks,
If-None-Match on S3, generations on Google's, etags on Azure's. The holder alone rewrites its file, every RENEW_SECONDS;
one that finds a higher number has lost the experiment and stops.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace

from raykd.artifacts.processes import birth, this_machine
from raykd.artifacts.storage import Storage
from raykd.errors import InputError

FOLDER = "lease"
RENEW_SECONDS = 15.0
EXPIRE_SECONDS = 60.0  # without a renewal
_NAME = re.compile(r"([0-9]{6,12})\.json")


@dataclass(frozen=True)
class Lease:
    """One driver's hold on an experiment. since, renewed, ended: seconds since 1970 by the driver's clock.

    machine: what tells process numbers of two machines, boots or containers apart; born: when the process started, in
    ticks since the machine did, because numbers come back; job: Ray's submission id; doing: the driver's last line;
    ended: None while it is at work, or was killed; outcome: in a line how it ended.
    """

    id: str
    user: str
    host: str
    machine: str
    pid: int
    born: str
    job: str
    command: str
    since: float
    renewed: float
    doing: str = ""
    ended: float | None = None
    outcome: str = ""

    @classmethod
    def of(cls, content: bytes) -> Lease:
        """Raises ValueError where it is no lease of ours: torn, or written by somebody else."""
        try:
            values = json.loads(content)
            lease = cls(**{field.name: values.get(field.name, field.default) for field in fields(cls)})
            numbers = (lease.since, lease.renewed, *(() if lease.ended is None else (lease.ended,)))
            texts = (lease.id, lease.user, lease.host, lease.machine, lease.born, lease.job, lease.command, lease.doing)
            of_kind = isinstance(lease.pid, int) and all(isinstance(one, float | int) for one in numbers)
            if of_kind and all(isinstance(one, str) for one in (*texts, lease.outcome)):
                for number in numbers:
                    time.localtime(number)
                return lease
        except (ValueError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
            pass
        raise ValueError("no lease")

    @property
    def is_here(self) -> bool:
        return self.machine == this_machine()

    def is_alive(self, now: float) -> bool:
        """Whether its driver is at work: known at once on the same machine, elsewhere by its last renewal."""
        if self.ended is not None:
            return False
        return birth(self.pid) == self.born if self.is_here else now - self.renewed < EXPIRE_SECONDS

    def __str__(self) -> str:
        job = f", Ray job {self.job}" if self.job else ""
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"{self.user}@{self.host} (process {self.pid}{job}) with {self.command} since {since}"


def last_lease(storage: Storage) -> tuple[int, Lease | None]:
    """The latest lease and its number; (0, None) where nobody has ever held the experiment."""
    while numbers := _numbers(storage):
        with suppress(FileNotFoundError):  # later drivers have cleared it away in between
            return numbers[-1], _read(storage, numbers[-1])
    return 0, None


def _read(storage: Storage, number: int) -> Lease:
    """Raises FileNotFoundError where it is gone, InputError where it is no lease."""
    try:
        return Lease.of(storage.read_bytes(_path(number)))
    except ValueError as error:
        raise InputError(
            f"{storage.address(_path(number))}: this is no lease, so nothing tells who is at work; make sure that "
            "nobody is, and remove it"
        ) from error


class Holder:
    """The driver's side: its lease, kept fresh by a thread."""

    def __init__(self, storage: Storage, number: int, lease: Lease) -> None:
        self.storage, self.number, self.lease = storage, number, lease
        self.doing = ""
        self.lost = ""  # why, once it is
        self.outcome = "stopped"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def release(self) -> None:
        self._stop.set()
        self._thread.join()
        if _read(self.storage, self.number).id == self.lease.id:
            self._write(ended=time.time(), outcome=self.lost or self.outcome)

    def _renew(self) -> None:
        renewed = time.monotonic()
        while not self._stop.wait(RENEW_SECONDS):
            try:
                _, last = last_lease(self.storage)
                if last is None or last.id != self.lease.id:  # by id, for stores that create over what is there
                    self.lost = f"taken over by {last}" if last else "somebody removed its lease"
                    break
                self._write()
                renewed = time.monotonic()
            except Exception:  # each store has its own
                if time.monotonic() - renewed > EXPIRE_SECONDS:
                    self.lost = f"not reached for {EXPIRE_SECONDS:.0f} s, so others take this driver for dead"
                    break
        else:
            return
        os.kill(os.getpid(), signal.SIGINT)  # unlike an exception in a thread, ends what the driver waits for
        if not self._stop.wait(EXPIRE_SECONDS):  # a process that a script put in the background ignores SIGINT
            print(f"error: {self.storage.uri}: {self.lost}; this driver stops", file=sys.stderr, flush=True)
            os._exit(1)

    def _write(self, ended: float | None = None, outcome: str = "") -> None:
        self.lease = replace(self.lease, renewed=time.time(), doing=self.doing, ended=ended, outcome=outcome)
        self.storage.write_bytes(_path(self.number), _content(self.lease))


@contextmanager
def held(storage: Storage, command: str, take_over: bool = False) -> Iterator[Holder]:
    """Hold the experiment while the context lasts; SIGINT comes to this process if it is lost.

    take_over: from a driver that is at work, which then stops. Raises InputError where somebody holds it, and where the
    store cannot create a file only if there is none.
    """
    holder = _acquire(storage, command, take_over)
    holder.start()
    try:
        yield holder
    finally:
        with suppress(Exception):  # it then expires
            holder.release()


def _acquire(storage: Storage, command: str, take_over: bool) -> Holder:
    while True:
        number, last = last_lease(storage)
        alive = last is not None and _watched(storage, number, last)
        if last and alive and not take_over:
            raise InputError(
                f"{storage.uri} is in use by {last}, last seen {_ago(last)}; wait for it, or stop it and take over "
                "with the same command and --take-over"
            )
        lease = _new_lease(command)
        try:
            created = storage.create(_path(number + 1), _content(lease))
        except NotImplementedError as error:
            raise InputError(
                f"{storage.uri}: this store cannot create a file only where there is none, so two drivers cannot be "
                "kept apart; set resources.lease=false and start one at a time"
            ) from error
        if not created:
            continue  # another driver was first
        if last_lease(storage)[0] != number + 1:
            storage.remove(_path(number + 1))  # a number long gone, taken from a listing that was old
            continue
        for old in _numbers(storage):
            if old < number:  # the last but one stays, to say how it ended
                storage.remove(_path(old))
        if last and alive:
            _wait_for_end(storage, number)
        return Holder(storage, number + 1, lease)


def _watched(storage: Storage, number: int, lease: Lease) -> bool:
    """As `is_alive`; one that seems to have expired elsewhere is watched for a renewal, since clocks differ."""
    if lease.ended is not None or lease.is_here or lease.is_alive(time.time()):
        return lease.is_alive(time.time())
    time.sleep(2 * RENEW_SECONDS)
    with suppress(FileNotFoundError):
        return _read(storage, number).renewed != lease.renewed
    return True  # taken by yet another driver, which the next look will find


def _wait_for_end(storage: Storage, number: int) -> None:
    """Give a driver that is still at work the time to notice."""
    end = time.monotonic() + EXPIRE_SECONDS
    while time.monotonic() < end:
        with suppress(FileNotFoundError):
            if not _read(storage, number).is_alive(time.time()):
                return
        time.sleep(1)


def _new_lease(command: str) -> Lease:
    now = time.time()
    return Lease(
        id=uuid.uuid4().hex,
        user=_user(),
        host=socket.gethostname(),
        machine=this_machine(),
        pid=os.getpid(),
        born=birth(os.getpid()),
        job=_submission(),
        command=command,
        since=now,
        renewed=now,
    )


def _numbers(storage: Storage) -> list[int]:
    """Of the leases that lie there. What is called otherwise is none of ours, and is left alone."""
    return sorted(int(found[1]) for name in storage.list(FOLDER) if (found := _NAME.fullmatch(name)))


def _path(number: int) -> str:
    return f"{FOLDER}/{number:06}.json"


def _content(lease: Lease) -> bytes:
    return (json.dumps(asdict(lease), indent=1, ensure_ascii=False) + "\n").encode()


def _ago(lease: Lease) -> str:
    return f"{max(0.0, time.time() - lease.renewed):.0f} s ago"


def _submission() -> str:
    """The id that `ray job submit` gave this process; "" where it was started otherwise."""
    config = json.loads(os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}"))
    return str(config.get("metadata", {}).get("job_submission_id", ""))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())
