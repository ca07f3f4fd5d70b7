"""What reading and tokenising cost, by hand: as stated, and as measured where something is done."""

import pytest

from raykd.planning.costs.preparing import Texts, reading, tokenising
from raykd.planning.source_files import FilesToCome

LANGUAGES = ("eng", "spa", "jpn", "por", "rus")
NONE = [f"resources.prepare.{key}=null" for key in ("source_bytes", "bytes_per_second", "tokenised_per_second")]


def text_facts(sizes: dict[str, int]) -> dict:
    """Of a corpus whose languages have a first shard of a million bytes."""
    return {
        "languages": {
            language: {"bytes": size, "shards": [{"file": f"language={language}/part-00000.parquet", "bytes": 10**6}]}
            for language, size in sizes.items()
        }
    }


def test_as_shipped_before_anything_is_there(make_plan, monkeypatch, tmp_path):
    """200 GB at 13 MB/s are 4.27 hours; 3.07 GB at 2.2 MB/s .388, at three bytes a token 1.02 thousand million."""
    monkeypatch.setenv("DUMPS", str(tmp_path / "no-dumps"))
    plan = make_plan("td", files=FilesToCome())
    one = reading(plan)
    assert one and (one.todo, one.results, one.text, one.kept, one.speed) == (2, 2, 200e9, 200e9, "stated")
    assert one.hours == pytest.approx(200e9 / 13e6 / 3600) and one.money == pytest.approx(0.05 * one.hours)
    assert (one.share.cpu_hours(one.hours), one.share.gpu_hours(one.hours)) == (one.hours, 0)
    two = tokenising(plan, Texts(plan))
    assert two and (two.todo, two.text) == (1, 3.07e9) and two.tokens == pytest.approx(3.07e9 / 3)
    assert two.hours == pytest.approx(3.07e9 / 2.2e6 / 3600) and two.kept == pytest.approx(5 * two.tokens)


def test_files_that_are_there_are_counted_for_each_who_reads_them(make_plan):
    """Five empty dumps of 15 bytes, for the corpus and for the task."""
    one = reading(make_plan("td"))
    assert one and one.text == 2 * 5 * len("<posts></posts>")


def test_what_is_done_tells_speed_and_storage(make_plan):
    """75 bytes in 5 seconds, of which 30 lie on storage."""
    plan = make_plan("td")
    plan.store.storage.write_bytes(f"{plan.tasks['tags'].directory}/data", b"x" * 30)
    plan.store.complete(plan.tasks["tags"], {}, 0.0, task_seconds=5.0)
    one = reading(plan)
    assert one and (one.todo, one.results, one.text, one.speed) == (1, 2, 75, "measured")
    assert one.hours == pytest.approx(5 / 3600) and one.kept == pytest.approx(30)


def test_where_nothing_tells_it_is_said(make_plan, monkeypatch, tmp_path):
    monkeypatch.setenv("DUMPS", str(tmp_path / "no-dumps"))
    plan = make_plan("td", *NONE, "resources.prepare.bytes_per_token=null", files=FilesToCome())
    one, two = reading(plan), tokenising(plan, Texts(plan))
    assert one and two
    assert (one.text, one.hours, one.money, one.kept) == (None, None, None, None)
    assert [line.split(",")[0] for line in one.missing] == [
        "no size without the sources",
        "no time without resources.prepare.bytes_per_second",
    ]
    assert two.text == 3.07e9 and (two.tokens, two.hours, two.kept) == (None, None, None)
    assert [line.split(",")[0] for line in two.missing] == [
        "no number of tokens without resources.prepare.bytes_per_token",
        "no time without resources.prepare.tokenised_per_second",
    ]


def test_a_corpus_that_is_taken_whole_is_not_known_before_it_is_there(make_plan):
    plan = make_plan("td", "corpora.technical.budget=null")
    one = tokenising(plan, Texts(plan))
    assert (
        one and one.text is None and one.missing[0].startswith("the size of corpora.technical, of which all is taken")
    )
    plan.store.complete(plan.texts["technical"], text_facts(dict.fromkeys(LANGUAGES, 6_000_000)), 0.0)
    one = tokenising(plan, Texts(plan))
    assert one and (one.text, one.tokens) == (30e6, 10e6)


def test_tokens_are_counted_where_they_are_there(make_plan):
    """All of four languages, 10 MB each, leave English 3.03 GB of 3.07; it has four bytes a token, the others, of which
    nothing is tokenised, three as stated."""
    plan = make_plan("td")
    sizes = {language: 4 * 10**9 if language == "eng" else 10**7 for language in LANGUAGES}
    plan.store.complete(plan.texts["technical"], text_facts(sizes), 0.0)
    (planned,) = plan.encoders
    shard = {"file": "language=eng/part-00000.parquet", "language": "eng", "tokens": 250_000, "sequences": 1000}
    plan.store.complete(planned.tokens, {"shards": [shard]}, 0.0, task_seconds=2.0)
    texts = Texts(plan)
    assert texts.bytes(planned) == {"eng": 3_030_000_000, **dict.fromkeys(LANGUAGES[1:], 10**7)}
    assert texts.tokens(planned) == pytest.approx(3.03e9 / 4 + 4e7 / 3)
    assert texts.sequence(planned) == 250
    done = texts.done(planned)
    assert done and (done.text, done.seconds) == (1e6, 2.0)
    assert tokenising(plan, texts) is None
