"""What is known of the machine, and that other work on it is noticed."""

import os
import subprocess
import sys
import time

import pytest

from raykd.probe import machine
from raykd.probe.machine import Quiet, Watch, cpu_features, processor

QUIET = {"cores": 2, "load": 0.3, "steal": 0.0, "switches": 1.0, "waiting": 0.01}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"steal": None, "waiting": None}, None),
        ({"load": 5.21}, "load 5.2 on 2 cores before it began"),
        ({"steal": 0.034}, "3.4% of the machine's time was stolen by others on its host"),
        ({"switches": 250.0}, "250 involuntary context switches a second"),
        ({"waiting": 0.41}, "41% of the time it waited for a core"),
    ],
)
def test_a_busy_machine_is_told_of(changed, reason):
    quiet = Quiet(**(QUIET | changed))
    assert quiet.busy == ([reason] if reason else [])
    assert quiet.facts()["busy"] == quiet.busy and quiet.facts()["cores"] == 2


def test_steal_is_a_share_of_the_time_between(monkeypatch):
    ticks = iter([[100, 0, 50, 800, 0, 0, 0, 50], [150, 0, 60, 830, 0, 0, 0, 60]])
    monkeypatch.setattr(machine, "_ticks", lambda: next(ticks))
    assert Watch().quiet(None).steal == pytest.approx(0.1)


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
