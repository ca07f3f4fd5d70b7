"""What became of rows, in words."""

from raykd.tasks.account import account_lines


def test_everything_left_out_is_told():
    counts = {"read": 120, "train": 50, "validation": 10, "test": 10, "rejected": 1, "empty": 2, "unlabelled": 3}
    facts = {
        "counts": {"eng": counts | {"outside": 40, "copies": 4, "not drawn": 0}},
        "outside": [{"file": "a.csv", "value": "Tea", "rows": 40}],
        "suspect": [],
        "filtered": [{"source": "*.csv", "file": "b.csv", "column": "company", "value": "Acme", "rows": 7}],
        "conflicts": {"eng": {"texts": 2, "rows": 5, "ties": 1}, "spa": {"texts": 0, "rows": 0, "ties": 0}},
        "halved": ["jpn"],
        "carved": {"eng": 6},
        "across_splits": {"eng": 3},
        "kept": False,
    }
    assert list(account_lines(facts)) == [
        "70 of 120 rows of eng are in the splits (left out: 1 cannot be read, 2 without text, 3 without a label, "
        "40 with labels outside the task alone, 4 copies of another row)",
        "40 of 120 rows have labels outside the task: Tea 40 in a.csv",
        "7 rows not read for what column 'company' holds: Acme 7 in b.csv",
        "2 texts of eng stand under several labels; each has its most frequent one, 5 rows gave way; 1 were tied, and "
        "go by the order of the task's labels",
        "jpn has too little for sizes and gets half of them",
        "eng has no validation rows of its own: 6 rows of train are validation now",
        "3 texts of eng stand in two splits, and are in one now, test first",
    ]
