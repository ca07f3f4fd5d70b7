"""What is known of the machine, and that other work on it is noticed."""

import os
import subprocess
import sys
import time

import pytest

from raykd.probe import machine
from raykd.probe.machine import Quiet, Watch, cpu_features, processor

QUIET = {"cores": 2, "others": 0.03, "steal": 0.0, "switches": 1.0, "waiting": 0.01}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"others": None, "steal": None, "waiting": None}, None),
        ({"others": 0.523}, "other processes had 52% of the machine's time"),
        ({"steal": 0.034}, "3.4% of the machine's time was stolen by others on its host"),
        ({"switches": 250.0, "waiting": None}, "250 involuntary context switches a second"),
        ({"switches": 250.0}, None),  # none of which cost it time
        ({"waiting": 0.41}, "41% of the time it waited for a core"),
    ],
)
def test_a_busy_machine_is_told_of(changed, reason):
    quiet = Quiet(**(QUIET | changed))
    assert quiet.busy == ([reason] if reason else [])
    assert quiet.facts()["busy"] == quiet.busy and quiet.facts()["cores"] == 2


def test_steal_and_other_work_are_shares_of_the_time_between(monkeypatch):
    ticks = iter([[100, 0, 50, 800, 0, 0, 0, 50], [150, 0, 60, 830, 0, 0, 0, 60]])
    monkeypatch.setattr(machine, "_ticks", lambda: next(ticks))
    quiet = Watch().quiet(None)
    assert quiet.steal == pytest.approx(0.1)
    assert quiet.others == pytest.approx(0.6, abs=0.02)  # this process did nothing


def test_a_system_that_does_not_count_tells_nothing(monkeypatch):
    monkeypatch.setattr(machine, "_ticks", list)
    quiet = Watch().quiet(None)
    assert (quiet.others, quiet.steal) == (None, None)


def test_what_a_process_does_itself_is_none_of_others(monkeypatch):
    second = os.sysconf("SC_CLK_TCK")
    ticks = iter([[0] * 8, [second, 0, 0, second, 0, 0, 0, 0]])
    cpu = iter([0.0, 1.0])
    monkeypatch.setattr(machine, "_ticks", lambda: next(ticks))
    monkeypatch.setattr(machine.time, "process_time", lambda: next(cpu))
    assert Watch().quiet(0.0).others == 0


def test_another_process_on_the_same_core_is_noticed():
    """On a core with other work this process is made to give way, which it sees in its own counters."""
    code = "import os; os.sched_setaffinity(0, {0})\nwhile True: pass"
    others = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {0})
        time.sleep(0.5)
        watch, began, cpu = Watch(), time.perf_counter(), time.process_time()
        while time.perf_counter() - began < 2:
            pass
        share = 1 - (time.process_time() - cpu) / (time.perf_counter() - began)
        assert any("waited for a core" in reason for reason in watch.quiet(share).busy)
        assert watch.quiet(share).switches > 1
    finally:
        os.sched_setaffinity(0, allowed)
        for other in others:
            other.kill()
            other.wait()


def test_the_processor_has_a_name():
    assert processor() and set(cpu_features()) <= set(machine.FEATURES)
