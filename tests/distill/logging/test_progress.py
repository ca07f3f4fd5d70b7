"""What a run shows of itself: on a terminal, in a log, and with which numbers."""

import io

import pytest
from rich.console import Console

from raykd.distill.logging.progress import Display, Meter, Progress, line
from raykd.distill.train.timing import TimingRow

LOSSES = (("loss", 5.25), ("kd", 0.4), ("mlm", 1.5), ("cosine", 0.25))


def progress(step: int = 120, steps: int = 480, **values) -> Progress:
    given = {
        "losses": LOSSES,
        "tokens_per_second": 12345.6,
        "peak_share": 0.34,
        "padding": 0.03,
        "data_wait": 0.01,
        "seconds_left": 130.0,
    }
    return Progress("student", step, steps, **(given | values))


def row(step: int, seconds: float = 2.0, tokens: int = 1000, padding: float = 0.25) -> TimingRow:
    return TimingRow(step, seconds, data_wait=0.5, tokens=tokens, padding=padding, attended=20.0)


def test_one_line_tells_all():
    assert line(progress()) == (
        "student: step 120 of 480, loss 5.250 (kd 0.400, mlm 1.500, cosine 0.250); 12,346 tokens/s, 34% of peak, "
        "3% padding, 1% waiting for text, 2 min left"
    )
    assert "loss 5.250; " in line(progress(losses=LOSSES[:1]))


def test_rates_are_of_the_last_seconds():
    meter = Meter("student", 100, peak=1e6)
    for step in range(20):
        meter.add(LOSSES, row(step, tokens=9000), flops=10.0)
    for step in range(20, 25):
        shown = meter.add(LOSSES, row(step), flops=400.0)
    # Five steps of 2 s and 1,000 tokens: the window of 10 s.
    assert shown.tokens_per_second == 500 and shown.step == 25
    assert shown.peak_share == pytest.approx(500 * 400 / 1e6)
    assert shown.padding == 0.25 and shown.data_wait == 0.25
    assert shown.seconds_left == 75 * 2


def test_a_step_longer_than_the_window_is_shown():
    shown = Meter("student", 3, peak=1.0).add(LOSSES, row(0, seconds=60), flops=1.0)
    assert shown.seconds_left == 120


def test_a_log_gets_a_plain_line_now_and_then():
    now, out, noted = [0.0], io.StringIO(), list[str]()
    with Display(Console(file=out, width=80), lambda: now[0], noted.append) as display:
        for second in range(1, 26):
            now[0] = float(second)
            display.show(progress(step=second))
        display.show(progress(step=480))
    lines = out.getvalue().splitlines()
    assert [text.split(",")[0] for text in lines] == [
        f"student: step {step} of 480" for step in (5, 10, 15, 20, 25, 480)
    ]
    assert all("\x1b" not in text and text.endswith("left") for text in lines)
    assert len(noted) == 26 and noted[:10:5] == [line(progress(1)), line(progress(6))]


def test_a_terminal_gets_one_place_that_is_drawn_anew():
    out = io.StringIO()
    with Display(Console(file=out, force_terminal=True, width=80)) as display:
        display.show(progress(step=1))
        display.show(progress(step=2))
    text = out.getvalue()
    assert "step 1 of 480" in text and "step 2 of 480" in text
    assert "\x1b[2K" in text  # lines are wiped, not repeated
