"""Lists of labels as matrices."""

import pyarrow as pa

from raykd.report.collect.predictions import label_matrix


def test_labels_become_columns_and_others_are_left_out():
    lists = pa.chunked_array([[["b", "x"], []], [["a", "b"]]], type=pa.list_(pa.string()))
    assert label_matrix(lists, ["a", "b"]).tolist() == [[False, True], [False, False], [True, True]]
