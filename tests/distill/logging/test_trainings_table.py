"""What several trainings show while they run: a table on a terminal, a line now and then in a log."""

import io

import pytest
from rich.console import Console

from raykd.distill.logging.progress import Progress
from raykd.distill.logging.trainings_table import TrainingsTable

TRAININGS = [("td-1GB", 1), ("td-1GB", 2), ("td-2GB", 1)]


def progress(step: int) -> Progress:
    return Progress("td", step, 480, (("loss", 5.25), ("kd", 0.4)), 12_000.0, 0.3, 0.0, 0.0, seconds_left=130.0)


@pytest.fixture
def make_table(clock):
    """make_table(is_terminal): a table and the file that it is written to."""

    def make(is_terminal):
        console = Console(file=io.StringIO(), force_terminal=is_terminal, width=100)
        return TrainingsTable("sweep", TRAININGS, console, clock), console.file

    return make


def test_a_row_a_training(make_table):
    table, file = make_table(is_terminal=True)
    with table:
        table.say("td-1GB: a worker of 2 was lost after step 3")
        table.show(0, progress(480))
        table.end(0, "done")
        table.show(1, progress(120))
    rows = [[cell for cell in column.cells] for column in table.table().columns]
    assert list(zip(*rows, strict=True)) == [
        ("td-1GB", "1", "done", "480 of 480", "5.250", ""),
        ("td-1GB", "2", "running", "120 of 480", "5.250", "2 min"),
        ("td-2GB", "1", "queued", "", "", ""),
    ]
    assert "a worker of 2 was lost" in file.getvalue() and "120 of 480" in file.getvalue()


def test_a_line_every_five_seconds_in_a_log(make_table, clock):
    table, file = make_table(is_terminal=False)
    table.note = (noted := []).append
    with table:
        for second in range(25):
            clock.now = float(second)
            table.show(1, progress(second))
    assert file.getvalue().splitlines() == [
        f"sweep: 0 of 3 ended, 2 queued; td-1GB 2: step {step} of 480, loss 5.250, 2 min left"
        for step in (5, 10, 15, 20)
    ]
    assert len(noted) == 25 and "step 24 of 480" in noted[-1]


def test_all_ended(make_table):
    table, _ = make_table(is_terminal=False)
    for place in range(3):
        table.end(place, "done")
    assert table.line() == "sweep: 3 of 3 ended, 0 queued"
