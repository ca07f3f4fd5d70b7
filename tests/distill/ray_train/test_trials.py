"""Pieces of work as trials, on a real Ray: in order, as many at a time as there is room for, and tried again."""

import os
import signal
import threading
import time

import pytest

from raykd.distill.ray_train.trials import run_trials
from raykd.errors import InputError, LimitReached

pytestmark = pytest.mark.usefixtures("local_ray")

CPU = {"num_cpus": 1}


def note(file):
    """One more try in this file; how many there were."""
    with open(file, "a") as opened:
        opened.write("x")
    return file.stat().st_size


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


def test_what_fails_or_loses_its_process_is_tried_again(tmp_path):
    """Work 1 loses its process at first and work 2 raises; bad input, work 3, is no failure and is not tried again."""

    def work(index):
        tries = note(tmp_path / f"tries-{index}")
        if index == 1 and tries == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if index == 2 and tries == 1:
            raise RuntimeError("at first")
        if index == 3:
            raise InputError("bad for ever")
        return {"tries": tries}

    answers = {}
    with pytest.raises(InputError, match="bad for ever"):
        run_trials(
            work, range(4), list("abcd"), [CPU] * 4, 2, lambda index, name, answer: answers.update({name: answer})
        )
    assert {name: answers[name]["tries"] for name in "abc"} == {"a": 1, "b": 2, "c": 2}
    assert answers["d"] == {"problem": "bad for ever"} and (tmp_path / "tries-3").read_text() == "x"


def test_failures_that_are_used_up_are_told_with_the_last_line_of_their_traceback(tmp_path):
    def work(index):
        note(tmp_path / f"tries-{index}")
        if index == 0:
            raise ValueError("no good\nin two lines")
        if index == 1:
            os._exit(1)
        return {}

    answers = []
    with pytest.raises(RuntimeError, match=r"2 of 3 failed; .* The first is \w: ") as failure:
        run_trials(
            work, range(3), list("abc"), [CPU] * 3, 1, lambda index, name, answer: answers.append((name, answer))
        )
    assert sorted(answers, key=str) == [("a", None), ("b", None), ("c", {})]
    assert {(tmp_path / f"tries-{index}").read_text() for index in (0, 1)} == {"xx"}
    told = str(failure.value)
    assert told.endswith("a: ValueError: no good") or "b: ray.exceptions.WorkerCrashedError: The worker died" in told
    assert failure.value.__notes__


def test_a_limit_is_no_failure_and_is_not_tried_again(tmp_path):
    def work(index):
        note(tmp_path / "tries")
        raise LimitReached("resources.train.limits.steps 2 reached")

    lines = []
    with pytest.raises(LimitReached, match=r"limits\.steps 2 reached"):
        run_trials(work, range(1), ["a"], [CPU], 2, lambda *line: lines.append(line))
    assert (tmp_path / "tries").read_text() == "x" and lines[0][2]["limit"].startswith("resources.train")


def test_halves_of_a_cpu_run_twice_as_many(tmp_path):
    """Four trials that wait for each other, on two CPUs."""

    def work(index):
        (tmp_path / f"at-work-{index}").touch()
        wait_for(lambda: len(list(tmp_path.glob("at-work-*"))) == 4)
        return {"together": len(list(tmp_path.glob("at-work-*")))}

    answers = []
    run_trials(
        work, range(4), list("abcd"), [{"num_cpus": 0.5}] * 4, 0, lambda *line: answers.append(line[2]["together"])
    )
    assert answers == [4] * 4


def test_one_at_a_time_run_in_the_order_given_in_one_process_and_idleness_is_told():
    def work(index):
        time.sleep(1.5 if index == 0 else 0)
        return {"process": os.getpid()}

    ended, idle = [], []
    end, look = (lambda *line: ended.append(line)), (lambda: idle.append(1))
    run_trials(work, range(4), list("abcd"), [CPU] * 4, 0, end, concurrent=1, idle=look)
    assert [name for _, name, _ in ended] == list("abcd") and idle
    assert len({answer["process"] for _, _, answer in ended}) == 1


def test_an_interrupted_driver_ends_its_trials(tmp_path):
    """Ctrl-C where Ray stays, as in a notebook: what runs ends, and what waits does not begin.

    Pressed again once, after five seconds: Python drops an interrupt that comes in a destructor.
    """
    ended = threading.Event()

    def work(index):
        (tmp_path / f"{index}").write_text(str(os.getpid()))
        time.sleep(120)
        return {}

    def interrupt():
        wait_for(lambda: len([file for file in tmp_path.iterdir() if file.read_text()]) == 2)
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
            if ended.wait(5):
                return

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        try:
            run_trials(work, range(3), list("abc"), [CPU] * 3, 2, lambda *line: None)
        finally:
            ended.set()
    thread.join()
    pids = [int(file.read_text()) for file in tmp_path.iterdir()]
    wait_for(lambda: not any(is_alive(pid) for pid in pids))
    assert len(pids) == 2 and not any(is_alive(pid) for pid in pids)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
