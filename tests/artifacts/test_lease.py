"""One driver at a time: who is kept out, who may take over, and what the dead leave."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace

import pytest

from raykd.artifacts import lease as leases
from raykd.artifacts.lease import held, last_lease
from raykd.errors import InputError


@pytest.fixture(params=["local", "memory", "s3"])
def storage(request, new_storage):
    return new_storage(request.param)


@pytest.fixture
def local(new_storage):
    return new_storage("local")


@pytest.fixture(autouse=True)
def interruptible():
    """A process that a script put in the background ignores SIGINT, and the tests with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def write(storage, number, lease):
    storage.write_bytes(f"lease/{number:06}.json", json.dumps(asdict(lease)).encode())


def someone(storage, **changes):
    """The lease of a driver on another machine."""
    with held(storage, "prepare a.yaml") as holder:
        pass
    storage.remove("lease")
    return replace(holder.lease, id="x", user="eve", host="far", machine="far 1 2", ended=None, **changes)


def test_the_second_driver_is_told_who_holds_it_and_how_to_take_over(storage):
    told = r"in use by .*@.* \(process \d+\) with pipeline td.yaml since .*take-over"
    with held(storage, "pipeline td.yaml"), pytest.raises(InputError, match=told), held(storage, "prepare td.yaml"):
        pass
    with held(storage, "prepare td.yaml") as holder:
        assert holder.number == 2
    number, last = last_lease(storage)
    assert (number, last.command, last.outcome) == (2, "prepare td.yaml", "stopped") and last.ended >= last.since


def test_of_many_at_once_one_gets_it(storage):
    start, got, refused, done = threading.Barrier(6), [], [], threading.Event()

    def drive(name):
        start.wait()
        try:
            with held(storage, name):
                got.append(name)
                done.wait(20)
        except InputError:
            refused.append(name)

    threads = [threading.Thread(target=drive, args=(str(index),)) for index in range(6)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    while len(refused) < 5 and time.monotonic() < end:
        time.sleep(0.01)
    done.set()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 5)


def test_a_killed_driver_of_this_machine_is_seen_at_once(local):
    code = (
        "import os, signal, sys\nfrom raykd.artifacts import Storage\nfrom raykd.artifacts.lease import held\n"
        "with held(Storage(sys.argv[1]), 'x'):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    subprocess.run([sys.executable, "-c", code, local.uri], env=environment)
    assert last_lease(local)[1].ended is None
    started = time.monotonic()
    with held(local, "y"):
        pass
    assert time.monotonic() - started < 30  # one of another machine is waited for longer


def test_a_process_number_that_was_given_again_is_not_the_driver(local):
    write(local, 1, replace(someone(local), machine=leases.this_machine(), pid=os.getpid(), born="1"))
    with held(local, "y"):
        pass


def test_one_on_another_machine_expires(local, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    lease = someone(local)
    write(local, 1, replace(lease, renewed=time.time()))
    with pytest.raises(InputError, match="eve@far"), held(local, "y"):
        pass
    write(local, 1, replace(lease, renewed=time.time() - 61))
    with held(local, "y") as holder:
        assert holder.number == 2


def test_one_whose_clock_is_behind_is_not_taken_for_dead(local, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.2)
    lease = someone(local)
    write(local, 1, replace(lease, renewed=time.time() - 3600))
    timer = threading.Timer(0.1, lambda: write(local, 1, replace(lease, renewed=time.time() - 3599)))
    timer.start()
    with pytest.raises(InputError, match="eve@far"), held(local, "y"):
        pass


def test_a_driver_that_loses_its_lease_stops(local, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    write_new = threading.Timer(0.2, lambda: local.create("lease/000002.json", json.dumps(asdict(lease)).encode()))
    lease = someone(local)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), held(local, "x") as holder:
        write_new.start()
        time.sleep(30)
    assert time.monotonic() - started < 10
    assert "taken over by eve@far" in holder.lost
    number, last = last_lease(local)
    assert (number, last.user) == (2, "eve")


def test_on_a_store_that_creates_over_what_is_there_one_of_two_stops(local, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    lease = someone(local)
    with pytest.raises(KeyboardInterrupt), held(local, "x") as holder:
        write(local, holder.number, lease)
        time.sleep(30)
    assert "taken over by eve@far" in holder.lost
    assert last_lease(local) == (1, lease)


def test_taking_over_waits_for_the_other_to_notice(local, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    lease = someone(local)
    write(local, 1, replace(lease, renewed=time.time()))
    threading.Timer(0.5, lambda: write(local, 1, replace(lease, ended=time.time()))).start()
    started = time.monotonic()
    with held(local, "y", take_over=True) as holder:
        assert holder.number == 2
        assert 0.4 < time.monotonic() - started < 10


def test_it_is_renewed_and_says_what_is_done(local, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    with held(local, "x") as holder:
        holder.doing = "corpus technical"
        end = time.monotonic() + 10
        while (now := last_lease(local)[1]).doing != "corpus technical" and time.monotonic() < end:
            time.sleep(0.02)
        assert now.renewed > now.since
        assert now.is_alive(time.time())


def test_old_leases_go(local):
    for _ in range(5):
        with held(local, "x"):
            pass
    assert local.list("lease") == ["000004.json", "000005.json"]


def test_a_store_that_cannot_create_is_named(local, monkeypatch):
    def cannot(path, content):
        raise NotImplementedError(path)

    monkeypatch.setattr(local, "create", cannot)
    with pytest.raises(InputError, match=r"resources\.lease=false"), held(local, "x"):
        pass


@pytest.mark.parametrize("name", ["notes.json", "1.json", "-00001.json", "000001.json.bak", "٠٠٠٠٠١.json", "README"])
def test_files_that_are_no_leases_are_left_alone(local, name):
    local.write_bytes(f"lease/{name}", b"not ours")
    assert last_lease(local) == (0, None)
    with held(local, "prepare a.yaml"):
        assert last_lease(local)[0] == 1
    assert local.read_bytes(f"lease/{name}") == b"not ours"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"id": 1}', b"\xff", b"[" * 100_000, b'{"pid": "1", "since": 1e400, "renewed": 0}']
)
def test_a_lease_that_is_none_is_told_and_nobody_is_let_in(local, content):
    local.write_bytes("lease/000007.json", content)
    with pytest.raises(InputError, match=r"000007\.json: this is no lease"), held(local, "prepare a.yaml"):
        pass
    assert local.list("lease") == ["000007.json"]
