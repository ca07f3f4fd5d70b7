import subprocess
import sys

from raykd.distill.logging.events import Leaving, Lost, Started, Story, Unreadable, Validated, silence


def story(step: int = 0, workers: int = 0) -> Story:
    told = Story("student")
    told.step, told.workers = step, workers
    return told


def test_a_plain_start_needs_no_line():
    assert Story("student").tell(Started(0, 480, 2)) is None
    told = Story("student").tell(Started(0, 480, 2, has_head=False))
    assert told == "student: its teacher has no vocabulary head, so the student has none either"


def test_a_resumed_job_says_from_where():
    assert Story("student").tell(Started(120, 480, 1)) == "student: resuming after step 120 of 480 with 1 worker"


def test_a_loss_and_what_is_done_again():
    told = Story("student")
    told.tell(Started(0, 480, 2))
    told.step = 134
    assert told.tell(Lost({1: "The actor died"})) == "student: worker 1 of 2 lost after step 134 (The actor died)"
    assert told.tell(Started(120, 480, 1)) == "student: resuming after step 120 of 480 with 1 worker; 14 steps again"
    assert told.step == 120 and told.workers == 1
    assert told.tell(Lost({0: "c"})).startswith("student: worker 0 of 1 lost")
    assert told.tell(Lost({0: "c"})) is None  # until they start again
    told.tell(Started(120, 480, 1))
    told.step = 121
    assert told.tell(Lost({0: "a", 1: "b"})).startswith("student: 2 workers of 1 lost after step 121 (a)")
    assert told.tell(Started(0, 480, 2)) == "student: resuming after step 0 of 480 with 2 workers; 121 steps again"


def test_a_notice_is_told():
    told = story(7, 2)  # progress is told now and then, and training has gone on since
    assert told.tell(Leaving(1, 1, step=9)) == (
        "student: 1 machine(s) with 1 worker(s) will be taken away; saved after step 9"
    )
    assert told.workers == 0
    assert told.tell(Started(9, 480, 2)) == "student: resuming after step 9 of 480 with 2 workers"


def test_what_neighbours_of_a_lost_worker_saw_blames_none_of_them():
    assert story(7, 2).tell(Lost({0: "Connection closed by peer"}, seen=True)) == (
        "student: a worker of 2 was lost after step 7; worker 0 saw: Connection closed by peer"
    )


def test_a_checkpoint_that_cannot_be_read_is_told():
    assert story().tell(Unreadable(120, "header too large")) == (
        "student: the checkpoint after step 120 cannot be read (header too large)"
    )


def test_a_validation_is_told():
    told = story(20, 1)
    assert told.tell(Validated(20, {"eng": 2.0, "spa": 3.0}, best=True)) == (
        "student: validation loss 2.500 (eng 2.000, spa 3.000) after step 20, the best so far"
    )
    assert told.tell(Validated(40, {"eng": 2.0}, best=False)) == "student: validation loss 2.000 after step 40"


def test_silence_names_what_is_missing():
    def why(told, asked, have, free):
        return silence(told, 5, asked, have, free)

    never = why(story(), {"CPU": 4, "GPU": 2}, {"CPU": 8, "GPU": 1}, {"CPU": 8, "GPU": 1})
    assert never.startswith("student: no step for 5 minutes; its workers ask for 2 GPU where the cluster has 1:")
    held = why(story(), {"CPU": 4}, {"CPU": 8}, {"CPU": 3})
    assert "its workers ask for 4 CPU, 3 free: they are starting, or wait for what other work holds" in held
    assert "have not started though there is room" in why(story(), {"CPU": 4}, {"CPU": 8}, {"CPU": 8})
    assert "2 workers at work, but no step ends" in why(story(3, 2), {"CPU": 2}, {"CPU": 2}, {"CPU": 0})


def test_the_process_that_tells_needs_no_torch():
    code = "import raykd.distill.logging.events, sys; sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
