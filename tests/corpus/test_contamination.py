"""What a document shares with a task's text, against every run of it looked up one by one."""

import random

import numpy as np
import pytest

from raykd.corpus.contamination import Overlap
from raykd.corpus.ngrams import BLOCK, comparable, run_hashes


def plain(tasks: list[str], text: str, characters: int) -> bool:
    runs = {task[at : at + characters] for task in map(comparable, tasks) for at in range(len(task) - characters + 1)}
    text = comparable(text)
    return any(text[at : at + characters] in runs for at in range(len(text) - characters + 1))


@pytest.mark.parametrize("characters", [20, 50])
def test_as_every_run_looked_up_one_by_one(characters: int):
    draw = random.Random(characters)
    letters = "ab日é \n"
    tasks = ["".join(draw.choices(letters, k=draw.randrange(10, 120))) for _ in range(60)]
    documents = []
    for _ in range(400):
        task, length = draw.choice(tasks), draw.randrange(characters - 4, characters + 5)
        start = draw.randrange(max(1, len(task) - length))
        part = task[start : start + length].upper()
        around = ["".join(draw.choices("xyz", k=draw.randrange(0, 40))) for _ in range(2)]
        documents.append(around[0] + part + around[1])
    overlap = Overlap(tasks, characters)
    expected = [plain(tasks, document, characters) for document in documents]
    assert overlap.held(documents).tolist() == expected
    assert 50 < sum(expected) < 350
    assert [overlap.holds(document) for document in documents[:50]] == expected[:50]


def test_a_run_across_two_documents_is_none():
    overlap = Overlap(["the quick brown fox jumps over the lazy dog"], 30)
    assert overlap.held(["the quick brown fox ju", "mps over the lazy dog"]).tolist() == [False, False]


def test_long_documents_and_many(monkeypatch):
    monkeypatch.setattr("raykd.corpus.contamination.BLOCK", 1000)
    task = "a task's own text, which is long enough to be told from all others"
    documents = [f"{'x' * number} {task if number % 3 == 0 else ''}" for number in range(0, 900, 7)]
    expected = [task in document for document in documents]
    assert Overlap([task], 50).held(documents).tolist() == expected


def test_without_texts_nothing_is_held():
    assert Overlap(["too short"], 50).held(["too short", "x" * 100]).tolist() == [False, False]


def test_equal_runs_have_equal_hashes_wherever_they_stand():
    hashes = run_hashes("abcabcabd" + "x" * 70000 + "abc", 3)
    assert hashes[0] == hashes[3] == hashes[-1] != hashes[6]
    assert len(np.unique(run_hashes("abcdefghij" * 3, 5))) == 10
    assert BLOCK > 70000
