"""Bad input is found in whatever Ray makes of it, and told as the line that it was."""

import pytest

from raykd.errors import InputError, LimitReached, Unavailable
from raykd.jobs.exit_status import exit_status_of, find_input_error, outcome_of

LINE = "corpora.chat: /data/rows.jsonl: byte 7: not valid JSON; mend it"


@pytest.fixture
def told(capsys):
    """told(error) -> (exit status, what is printed)."""

    def of(error: BaseException, lost: str = "") -> tuple[int, str]:
        status = exit_status_of(error, lost)
        return status, capsys.readouterr().err

    return of


def raised(call):
    with pytest.raises(Exception) as failure:
        call()
    return failure.value


def test_a_task_an_actor_and_an_actor_that_does_not_begin(local_ray, told):
    import ray
    import ray.data

    def fail(*batch):
        raise InputError(LINE)

    class Begins:
        def __init__(self):
            fail()

        def work(self, *batch):
            return batch

        __call__ = work

    class Works:
        def work(self):
            fail()

    data = ray.data.from_items([1, 2])
    for call in (
        lambda: ray.get(ray.remote(fail).remote()),
        lambda: ray.get(ray.remote(Works).remote().work.remote()),
        lambda: ray.get(ray.remote(Begins).remote().work.remote()),
        lambda: data.map_batches(fail).take_all(),
        lambda: data.map_batches(Begins, compute=ray.data.ActorPoolStrategy(size=1)).take_all(),
    ):
        error = raised(call)
        assert told(error) == (2, f"error: {LINE}\n")
        assert outcome_of(error) == f"failed: {LINE}"


def test_what_is_no_bad_input_keeps_its_traceback(told):
    status, printed = told(raised(lambda: {}["key"]))
    assert status == 1 and "Traceback" in printed and "KeyError: 'key'" in printed
    assert find_input_error(ValueError("InputError: said by somebody else")) is None


def test_the_other_ends(told):
    assert told(LimitReached("limits.steps 2 reached")) == (1, "stopped: limits.steps 2 reached\n")
    assert told(Unavailable("Ray did not start")) == (1, "failed: Ray did not start\n")
    assert told(KeyboardInterrupt()) == (130, "interrupted; the same command resumes\n")
    assert told(KeyboardInterrupt(), "s3://x: taken over") == (1, "error: s3://x: taken over; this driver stops\n")
