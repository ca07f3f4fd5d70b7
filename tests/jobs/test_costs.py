"""The tables of costs, as they are shown."""

import json

from raykd.jobs.costs import plan_lines, spent_lines
from raykd.planning.costs.estimate import Estimate, Share
from raykd.planning.costs.spent import Spent

CPU, GPU = Share(1, 0, 0.05), Share(4, 1, 2.5)


def test_a_plan_is_a_row_a_stage_and_their_sum():
    found = [
        Estimate("read", 1, 2, CPU, text=200e9, hours=4.0, kept=200e9, speed="measured"),
        Estimate("distill", 1, 1, GPU, tokens=3.07e9, operations=3.72e18, hours=8.0, kept=537e6, speed="stated"),
        Estimate("grid", 30, 30, GPU, tokens=1e9, operations=1e17, missing=("no time",), notes=("300 classifiers",)),
    ]
    assert list(plan_lines(found)) == [
        "to do    results    text  tokens  operations  CPU hours  GPU hours     storage      money     speed",
        "read      1 of 2  200 GB                           4.00                 200 GB       0.20  measured",
        "distill        1          3.07e9     3.72e18                  8.00      537 MB      20.00    stated",
        "grid          30          1.00e9     1.00e17                     ?           ?          ?",
        "in all                                             4.00   8.00 + ?  201 GB + ?  20.20 + ?",
        "grid: no time",
        "grid: 300 classifiers",
    ]


def test_without_prices_there_is_no_money_and_where_nothing_is_known_no_sum():
    found = [Estimate("read", 1, 1, Share(1, 0, None)), Estimate("distill", 1, 1, Share(0.5, 0, None), hours=2.0)]
    assert list(plan_lines(found)) == [
        "to do    results  text  tokens  operations  CPU hours  storage",
        "read           1     ?                              ?        ?",
        "distill        1             ?           ?       1.00        ?",
        "in all                                       1.00 + ?        ?",
    ]
    assert not list(plan_lines([]))


def test_what_was_spent_stands_beside_what_was_planned():
    found = [
        Spent("read", CPU, 2, 1, 5.0, {"hours": 4.0, "money": 0.2}),
        Spent("distill", GPU, 1, 1, 120.0, {"hours": 100.0, "money": 250.0}),
        Spent("grid", GPU, 30, 30, 1.0),
    ]
    assert list(spent_lines(found)) == [
        "spent    results  CPU hours  planned  GPU hours  planned  money  planned",
        "read      1 of 2       5.00     4.00                       0.25     0.20",
        "distill        1                            120      100    300      250",
        "grid          30                           1.00        ?   2.50        ?",
    ]


def test_status_tells_it(call, stored):
    """Two hours of tasks for one of the results of a price of 0.5; of the others nothing was counted."""
    root = stored / "runs/demo"
    directory = json.loads((root / "experiment.json").read_text())["results"]["texts/technical"]
    path = root / directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"task_seconds": 7200}))
    (root / "planned-costs.json").write_text(json.dumps({"read": {"hours": 3.0, "money": 1.5}}))
    _, output, _ = call("status", stored / "small.yaml", "resources.prepare.hour=0.5")
    lines = output.splitlines()
    head = next(place for place, line in enumerate(lines) if line.startswith("spent"))
    assert lines[head].split() == ["spent", "results", "CPU", "hours", "planned", "money", "planned"]
    assert lines[head + 1].split() == ["read", "1", "of", "3", "2.00", "3.00", "1.00", "1.50"]
