import numpy as np
import pytest

from raykd.distill.train.timing import read_timing, timing_row, write_timing


def test_a_row_tells_padding_and_attended_length():
    row = timing_row(3, 500, np.array([10, 30]), positions=50, seconds=2.0, data_wait=0.5)
    assert (row.step, row.tokens, row.seconds, row.data_wait) == (3, 500, 2.0, 0.5)
    assert row.padding == pytest.approx(0.2)
    assert row.attended == pytest.approx((10 * 10 + 30 * 30) / 40)


def test_a_worker_without_sequences_pads_nothing():
    row = timing_row(0, 500, np.array([], np.int64), positions=0, seconds=2.0, data_wait=0.5)
    assert row.padding == 0 and row.attended == 0


def test_rows_are_read_back_as_written(tmp_path):
    rows = [timing_row(step, 500, np.array([10]), 10, 1.0, 0.1) for step in range(3)]
    write_timing(tmp_path, rows)
    assert read_timing(tmp_path) == rows
