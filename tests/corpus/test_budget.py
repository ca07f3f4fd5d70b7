"""Quantities of text: how a budget is shared, and the cut-off that takes it; and held-out documents."""

import numpy as np
import pyarrow as pa
import pytest

from raykd.artifacts import Result
from raykd.config import Budget
from raykd.corpus.budget import (
    below_floors,
    cutoff_key,
    cutoff_keys,
    held_out_floors,
    language_budgets,
    shards_above,
    shards_up_to,
    shortfall,
    taken,
)
from raykd.corpus.token_shards import missing_shards
from raykd.errors import InputError

AVAILABLE = {"eng": 8_000, "jpn": 1_000, "spa": 1_000}


def test_no_budget_takes_everything():
    assert language_budgets(AVAILABLE, None) == AVAILABLE


def test_bytes_per_language_are_taken_as_far_as_there_are():
    assert language_budgets(AVAILABLE, Budget(per_language={"eng": 500, "jpn": 5_000})) == {"eng": 500, "jpn": 1_000}


def test_a_total_is_shared_by_size():
    assert language_budgets(AVAILABLE, Budget(total=5_000)) == {"eng": 4_000, "jpn": 500, "spa": 500}


def test_take_all_gives_all_and_the_others_share_the_rest():
    budget = Budget(total=5_000, take_all=("jpn", "spa"))
    assert language_budgets(AVAILABLE, budget) == {"eng": 3_000, "jpn": 1_000, "spa": 1_000}
    budget = Budget(total=5_500, take_all=("jpn",))
    assert language_budgets(AVAILABLE, budget) == {"eng": 4_000, "jpn": 1_000, "spa": 500}


def test_an_exponent_below_one_favours_small_languages():
    taken = language_budgets({"eng": 100_000, "jpn": 10_000}, Budget(total=1_000, exponent=0.7))
    share = 10**0.7 / (1 + 10**0.7)
    assert taken == {"eng": int(1_000 * share), "jpn": int(1_000 * (1 - share))}
    assert language_budgets(AVAILABLE, Budget(total=900, exponent=0)) == {"eng": 300, "jpn": 300, "spa": 300}


def test_what_a_language_lacks_is_shared_by_those_that_have_more():
    available = {"eng": 9_000, "jpn": 100, "spa": 2_000}
    # Equal shares of 3,000: jpn lacks 2,900, then of 8,900 - 4,450 each - spa lacks 2,450.
    assert language_budgets(available, Budget(total=9_000, exponent=0)) == {"eng": 6_900, "jpn": 100, "spa": 2_000}
    assert language_budgets(available, Budget(total=10**9, exponent=0)) == available


def test_what_a_budget_asks_for_beyond_what_there_is():
    assert shortfall(AVAILABLE, Budget(total=10_000)) == shortfall(AVAILABLE, Budget(per_language={"eng": 8_000})) == 0
    assert shortfall(AVAILABLE, Budget(total=10_300)) == 300
    assert shortfall(AVAILABLE, Budget(per_language={"eng": 9_000, "jpn": 10, "spa": 1_001})) == 1_001


def test_take_all_of_every_language_above_the_total_is_refused():
    budget = Budget(total=9_999, take_all=("eng", "jpn", "spa"))
    with pytest.raises(InputError, match="raise the total or shorten take_all"):
        language_budgets(AVAILABLE, budget)
    assert language_budgets(AVAILABLE, Budget(total=10_000, take_all=("eng", "jpn", "spa"))) == AVAILABLE


@pytest.mark.parametrize("total", [500, 2_000])
def test_take_all_above_the_total_is_refused_with_the_numbers(total):
    with pytest.raises(InputError, match=rf"budget.total: {total:,} bytes, but .* 2,000 and leave nothing"):
        language_budgets(AVAILABLE, Budget(total=total, take_all=("jpn", "spa")))


@pytest.fixture
def shards() -> list[list[str]]:
    generator = np.random.default_rng(0)
    return [["日x"[n % 2] * generator.integers(1, 40) for n in range(size)] for size in (7, 1, 12, 5)]


def test_cut_off_ranks_agree_with_a_brute_force(store, write_texts, read_shards, shards):
    texts = write_texts({"eng": shards})
    rows = read_shards(texts)
    sizes = np.cumsum([row["bytes"] for row in rows])
    for budget in range(0, int(sizes[-1]) + 20, 3):
        fitting = max(1, int((sizes <= budget).sum()))
        cutoff = cutoff_key(store, texts, "eng", budget)
        assert cutoff == rows[fitting - 1]["rank"]
        assert sum(row["rank"] <= cutoff for row in rows) == fitting


def test_quantities_are_nested_within_one_document(store, write_texts, read_shards, shards):
    texts = write_texts({"eng": shards})
    rows, before = read_shards(texts), set()
    for budget in range(150, 900, 50):
        cutoff = cutoff_key(store, texts, "eng", budget)
        ids = {row["doc_id"] for row in rows if row["rank"] <= cutoff}
        size = sum(row["bytes"] for row in rows if row["rank"] <= cutoff)
        assert before <= ids
        assert size <= budget < size + max(row["bytes"] for row in rows)
        before = ids


def test_cut_offs_of_several_languages(store, write_texts, read_shards, shards):
    texts = write_texts({"eng": shards, "jpn": [["日本語"] * 4]})
    cutoffs = cutoff_keys(store, texts, Budget(per_language={"jpn": 18}))
    assert cutoffs == {"jpn": read_shards(texts, "jpn")[1]["rank"]}
    assert cutoff_keys(store, texts, None) == {
        language: read_shards(texts, language)[-1]["rank"] for language in ("eng", "jpn")
    }


def test_shards_up_to_a_cut_off_hold_all_that_is_taken_and_no_more(store, write_texts, read_shards, shards):
    texts = write_texts({"eng": shards})
    listed = store.facts(texts)["languages"]["eng"]["shards"]
    ends = np.cumsum([len(shard) for shard in shards])
    for index, row in enumerate(read_shards(texts)):
        assert shards_up_to(listed, row["rank"]) == listed[: int(np.searchsorted(ends, index, side="right")) + 1]


def test_taken_compares_all_64_bits():
    ranks = pa.table({"rank": pa.array([0, 2**63, 2**64 - 2, 2**64 - 1], pa.uint64())})
    assert taken(ranks, 2**64 - 2).to_pylist() == [True, True, True, False]
    assert taken(ranks, 2**63 - 1).to_pylist() == [True, False, False, False]


@pytest.fixture
def held_out_texts(write_texts) -> Result:
    """Shards of 4, 3 and 5 documents of English, and one of 3 of Japanese."""
    return write_texts({"eng": [["a"] * 4, ["b"] * 3, ["c"] * 5], "jpn": [["d"] * 3]})


@pytest.mark.parametrize(("documents", "shards"), [(1, 1), (4, 1), (5, 1), (6, 2), (8, 2), (11, 3)])
def test_so_many_documents_lie_above_the_floor(store, held_out_texts, read_shards, documents, shards):
    floor = held_out_floors(store, held_out_texts, ["eng"], documents)["eng"]
    ranks = [row["rank"] for row in read_shards(held_out_texts)]
    assert sum(rank > floor for rank in ranks) == documents and floor in ranks
    assert len(shards_above(store.facts(held_out_texts)["languages"]["eng"]["shards"], floor)) == shards


def test_a_language_must_have_something_left(store, held_out_texts):
    floors = held_out_floors(store, held_out_texts, ["eng", "jpn"], 2)
    assert below_floors({"eng": 2**64 - 1, "jpn": 5}, floors) == {"eng": floors["eng"], "jpn": min(5, floors["jpn"])}
    with pytest.raises(InputError, match=r"3 documents of jpn are to be held out, but corpora.corpus has 3"):
        held_out_floors(store, held_out_texts, ["eng", "jpn"], 3)


def test_token_shards_are_made_of_what_is_held_out_too(store, held_out_texts):
    """A budget of the first shard alone; the one in between stays without."""
    tokens = Result("tokens", "corpus-teacher", 1, {})
    cutoffs = cutoff_keys(store, held_out_texts, Budget(per_language={"eng": 3}))
    floors = held_out_floors(store, held_out_texts, ["eng"], 2)
    missing = [shard["file"][-13:] for shard in missing_shards(store, tokens, held_out_texts, cutoffs, floors)]
    assert missing == ["00000.parquet", "00002.parquet"]
    everything = missing_shards(store, tokens, held_out_texts, cutoff_keys(store, held_out_texts, None), floors)
    assert len(everything) == 4  # one that is wanted for both comes once
