"""Whatever a stage counts and leaves out is found, under its own name."""

from raykd.report.collect.left_out import TASK_FACTS, counts


def test_numbers_are_found_however_deep_they_lie():
    facts = {
        "read": 10,
        "rows": [{"rows": 5}],
        "groups": {"eng": {"train": {"Acme": 3}}},
        "rejected": 2,
        "counts": {"eng": {"read": 20, "train": 9, "test": 1, "empty": 3, "copies": 0}},
        "outside": [{"file": "a.csv", "value": "Colour", "rows": 5}],
        "copies": {"eng": 0, "jpn": 4},
        "unmatched": {"labels": {"colour": 7}, "files": {"a.csv": {"group Acme": 1}}},
        "halved": ["jpn"],
        "flag": True,
    }
    assert list(counts("task tags", facts, TASK_FACTS)) == [
        {"where": "task tags", "fact": "counts", "what": "eng, empty", "number": 3},
        {"where": "task tags", "fact": "outside", "what": "a.csv, Colour", "number": 5},
        {"where": "task tags", "fact": "copies", "what": "jpn", "number": 4},
        {"where": "task tags", "fact": "unmatched", "what": "labels, colour", "number": 7},
        {"where": "task tags", "fact": "unmatched", "what": "files, a.csv, group Acme", "number": 1},
    ]
