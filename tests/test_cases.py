"""Inputs as people have them, each read right or refused in one line; `make cases` prints what became of all of them.

They lie outside the project, in a folder that the environment variable CASES names (or `cases` beside RAYKD_DATA).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from raykd import config
from raykd.artifacts import ResultStore, Storage
from raykd.corpus.text_shards import prepare_texts
from raykd.jobs.exit_status import find_input_error
from raykd.planning.checks.experiment import task_languages
from raykd.planning.plan import Plan
from raykd.tasks.prepare import prepare_task

DATA = os.environ.get("RAYKD_DATA")
CASES = Path(os.environ.get("CASES") or (Path(DATA).parent / "cases" if DATA else "nowhere")).absolute()

pytestmark = [
    pytest.mark.skipif(not CASES.is_dir(), reason="no folder of cases: name one by the environment variable CASES"),
    pytest.mark.usefixtures("local_ray"),
]

TABLE = {"reader": "table", "language": "eng"}


@dataclass
class Made:
    """texts: of each corpus, sorted; splits: rows of each split of the task t; facts: of its manifest."""

    texts: dict[str, list[str]]
    splits: dict[str, list[dict[str, Any]]]
    facts: dict[str, Any]

    @property
    def labels(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in (row for rows in self.splits.values() for row in rows):
            for label in row["labels"]:
                found[label] = found.get(label, 0) + 1
        return found

    def __str__(self) -> str:
        corpora = [f"{len(texts)} texts of {name}" for name, texts in self.texts.items()]
        splits = [f"{len(rows)} {split}" for split, rows in self.splits.items()]
        return ", ".join([*corpora, *splits])


Edit = Callable[[dict[str, Any]], object]


def source(value: dict[str, Any], **keys: Any) -> None:
    """Give the keys to every source of the tasks, or of the corpora where there are none."""
    for part in (value.get("tasks") or value["corpora"]).values():
        for one in part["sources"]:
            one.update(keys)


def task(value: dict[str, Any], **keys: Any) -> None:
    value["tasks"]["t"].update(keys)


def utf16(value: dict[str, Any], encoding: str) -> None:
    source(value, encoding=encoding)
    value["tasks"]["t"]["sizes"]["minimum"] = 1


def without_validation(value: dict[str, Any]) -> None:
    value["tasks"]["t"]["sources"].pop(1)


def corpus_of(path: str, **keys: Any) -> dict[str, Any]:
    sources = [{**TABLE, "path": str(CASES / path), **keys}]
    return {"name": "x", "storage": "x", "languages": ["eng"], "corpora": {"c": {"sources": sources}}}


# (file, what is changed in it, what must come of it): a pattern of the one line, or what holds of what is made.
Right = str | Callable[[Made], bool]
EXPECTED: list[tuple[str | dict[str, Any], Edit | None, Right]] = [
    ("01-se-comment/config.yaml", lambda v: v.pop("tasks"), lambda made: len(made.texts["c"]) == 60),
    ("03-utf16-csv/config.yaml", None, r"r\.csv.*(?i:utf-16).*encoding"),
    ("03-utf16-csv/config-nobom.yaml", None, r"n\.csv.*(?i:utf-16).*encoding"),
    ("03-utf16-csv/config.yaml", lambda v: utf16(v, "utf-16"), lambda made: sum(made.labels.values()) == 14),
    (
        "03-utf16-csv/config-nobom.yaml",
        lambda v: utf16(v, "utf-16-le"),
        lambda made: sum(made.labels.values()) == 14,
    ),
    ("03d-utf16-russian/config.yaml", None, r"r\.txt.*(?i:utf-16).*encoding"),
    (
        "03d-utf16-russian/config.yaml",
        lambda v: source(v, encoding="utf-16"),
        lambda made: made.texts["c"][0].isprintable() and made.texts["c"][-1][0] > "\u0400",
    ),
    ("04b-cr-txt/config.yaml", None, lambda made: len(made.texts["c"]) == 60),
    ("05-labels-joined/config.yaml", None, r"several labels in one cell: python\|java 34.*separator"),
    (
        "05-labels-joined/config.yaml",
        lambda v: source(v, separator="|"),
        lambda made: made.facts["counts"]["eng"]["not drawn"] == 70 and made.facts["outside"] == [],
    ),
    ("05-labels-joined/config.yaml", lambda v: task(v, without_labels=True), r"several labels in one cell"),
    ("06-float-labels/config.yaml", None, lambda made: set(made.labels) == {"0", "1"}),
    ("06-float-labels/config-float.yaml", None, lambda made: set(made.labels) == {"0.0", "1.0"}),
    ("06-float-labels/config-group.yaml", None, lambda made: len(made.texts["c"]) == 60 - 17),
    ("07-yaml-labels/config.yaml", None, lambda made: set(made.labels) == {"0", "1"}),
    ("07-yaml-labels/config-quoted.yaml", None, lambda made: set(made.labels) == {"0", "1"}),
    ("07-yaml-labels/config-bool.yaml", None, r"tasks\.t\.labels.*quotes.*'true'"),
    ("07-yaml-labels/config-boolquoted.yaml", None, lambda made: set(made.labels) == {"true", "false"}),
    ("07-yaml-labels/config-yesno.yaml", None, r"tasks\.t\.labels.*quotes.*'yes'"),
    ("07-yaml-labels/config-norway.yaml", None, r"codes.*quotes.*'no'"),
    ("09-label-nfd/config.yaml", None, r"18 of 90 rows have labels outside the task: Thé 18 in .*r\.jsonl"),
    (
        "09-label-nfd/config.yaml",
        lambda v: task(v, unmatched_share=1),
        lambda made: made.facts["counts"]["eng"]["outside"] == 18 and set(made.labels) == {"café", "thé"},
    ),
    ("10-zst-long/config-long.yaml", None, r"long\.jsonl\.zst.*window"),
    ("10-zst-long/config-two.yaml", None, lambda made: len(made.texts["c"]) == 90),
    ("15-wikiextractor/config.yaml", None, lambda made: len(made.texts["c"]) == 16),
    ("15-wikiextractor/config-folder.yaml", None, lambda made: len(made.texts["c"]) == 16),
    ("18-folder-licence/config.yaml", None, lambda made: len(made.texts["c"]) == 90),
    ("19b-duplicate-column-corpus/config.yaml", None, r"r\.csv.*'text'"),
    ("21-broken-gz/config.yaml", None, r"r\.jsonl\.gz.*cut off"),
    ("22-where-bool/config.yaml", None, lambda made: sum(made.labels.values()) == 14),
    ("22-where-bool/config-stars.yaml", None, lambda made: len(made.texts["c"]) == 12),
    ("22-where-bool/config-lang.yaml", None, r"no row has 'en' in column 'lang'.*EN 60 in .*r\.jsonl"),
    (
        corpus_of("csv-latin1/a.csv"),
        None,
        r"a\.csv.*encoding",
    ),
    (corpus_of("csv-latin1/a.csv", encoding="latin-1"), None, lambda made: "café one" in made.texts["c"]),
    (corpus_of("csv-semicolon/a.csv"), None, r"a\.csv.*delimiter"),
    (corpus_of("csv-semicolon/a.csv", delimiter=";"), None, lambda made: "kettle one" in made.texts["c"]),
    (
        "html-blocks/config.yaml",
        None,
        lambda made: made.texts["c"] == ["kettle", "kettle (http://x.example/a) on the stove", "one\ntwo\nthree\nfour"],
    ),
    (
        "label-conflict/config.yaml",
        None,
        lambda made: (
            made.facts["conflicts"]["eng"]["texts"] > 0
            and {tuple(row["labels"]) for row in made.splits["test"] if row["text"].startswith("ok thanks")}
            == {("tea",)}
        ),
    ),
    (
        "label-conflict/config.yaml",
        lambda v: task(v, duplicates="keep"),
        lambda made: (
            {split: len(rows) for split, rows in made.splits.items()} == {"train": 40, "validation": 40, "test": 240}
        ),
    ),
    (
        "label-conflict/config.yaml",
        lambda v: source(v, path=str(CASES / "label-conflict/dev.csv")),
        lambda made: len(made.splits["validation"]) > 0,
    ),
    ("lfs-pointer/config.yaml", None, r"Posts\.xml.*LFS"),
    ("multilabel-csv/config.yaml", None, r"several labels in one cell: steam\|heat 30"),
    (
        "multilabel-csv/config.yaml",
        lambda v: source(v, separator="|"),
        lambda made: {tuple(row["labels"]) for row in made.splits["test"]} == {("steam", "heat"), ("heat",)},
    ),
    ("no-validation/config.yaml", None, r"test\.csv is read for validation and for test; leave out one"),
    ("no-validation/config.yaml", without_validation, r"10 of 90 rows have labels outside the task: cup 10 in .*test"),
    (
        "no-validation/config.yaml",
        lambda v: (without_validation(v), task(v, unmatched_share=1)),
        lambda made: (
            {split: len(rows) for split, rows in made.splits.items()} == {"train": 54, "validation": 6, "test": 20}
        ),
    ),
    ("tsv/config.yaml", None, lambda made: "kettle one" in made.texts["c"]),
    (corpus_of("tsv/renamed.csv"), None, r"renamed\.csv.*delimiter"),
    (
        "wikitext-spacing/config.yaml",
        None,
        lambda made: (
            "The .NET kettle holds about .5 litres (see the .com list) and costs 3 :) coins."
            in "\n".join(made.texts["c"])
            and "__FILE__ and __LINE__ stand in prose." in "\n".join(made.texts["c"])
            and "wikitable" not in "\n".join(made.texts["c"])
            and "&" not in "\n".join(made.texts["c"])
        ),
    ),
]


@pytest.fixture(scope="module")
def table(request) -> Iterator[list[tuple[str, str, str]]]:
    rows: list[tuple[str, str, str]] = []
    yield rows
    width = max((len(name) for name, _, _ in rows), default=0)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print()
        for name, verdict, outcome in rows:
            print(f"{name:{width}}  {verdict:5}  {outcome}")


def name_of(case: str | dict[str, Any], edit: Edit | None) -> str:
    name = case if isinstance(case, str) else str(Path(case["corpora"]["c"]["sources"][0]["path"]).relative_to(CASES))
    keys = set() if isinstance(case, str) else case["corpora"]["c"]["sources"][0].keys() - {*TABLE, "path"}
    return name.removesuffix("/config.yaml") + ("".join(f" {key}" for key in keys)) + (" (edited)" if edit else "")


@pytest.mark.parametrize(("case", "edit", "right"), EXPECTED, ids=[name_of(case, edit) for case, edit, _ in EXPECTED])
def test_a_case_gives_the_right_value_or_one_line(case, edit, right, tmp_path, monkeypatch, table):
    monkeypatch.setenv("CASES", str(CASES))
    values = yaml.safe_load((CASES / case).read_text()) if isinstance(case, str) else {**case}
    if edit:
        edit(values)
    file = tmp_path / "config.yaml"
    # As it stands where it is not edited: YAML would come out with other quotes.
    file.write_text((CASES / case).read_text() if isinstance(case, str) and not edit else yaml.safe_dump(values))
    outcome = make(str(file), tmp_path)
    if isinstance(right, str):
        is_right = isinstance(outcome, str) and bool(re.search(right, outcome)) and "\n" not in outcome
    else:
        is_right = isinstance(outcome, Made) and right(outcome)
    table.append((name_of(case, edit), "right" if is_right else "WRONG", str(outcome)))
    assert is_right, outcome


def make(file: str, directory: Path) -> Made | str:
    """The tasks of an experiment or, where it has none, its corpora; else the line that a job would end with."""
    try:
        experiment = config.load(file, [f"storage={directory}"])
        store = ResultStore(Storage(str(directory / "results")))
        plan = Plan(experiment, store)
        made = Made({}, {}, {})
        for name, result in plan.tasks.items():
            languages = task_languages(experiment, name)
            prepare_task(store, result, name, experiment.tasks[name], languages, experiment.seed, experiment.cleaning)
            made.facts = store.facts(result)
            for split in ("train", "validation", "test"):
                rows = store.storage.read_table(f"{result.directory}/language={languages[0]}/{split}.parquet")
                made.splits[split] = rows.to_pylist()
        for name, result in plan.texts.items() if not plan.tasks else ():
            prepare_texts(store, result, name, experiment.corpora[name], experiment.seed, [], experiment.cleaning)
            texts = [
                text
                for language in store.facts(result)["languages"].values()
                for shard in language["shards"]
                for text in store.storage.read_table(f"{result.directory}/{shard['file']}")["text"].to_pylist()
            ]
            made.texts[name] = sorted(texts)
        return made
    except Exception as error:
        line = find_input_error(error)
        if line is None:
            raise
        return str(line)
