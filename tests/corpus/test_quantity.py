"""Quantities of text: how a budget is shared, and the cut-off rank that takes it."""

import numpy as np
import pyarrow as pa
import pytest

from raykd.config import Budget
from raykd.corpus.quantity import cutoff_rank, cutoff_ranks, language_budgets, shards_up_to, shortfall, taken
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
        cutoff = cutoff_rank(store, texts, "eng", budget)
        assert cutoff == rows[fitting - 1]["rank"]
        assert sum(row["rank"] <= cutoff for row in rows) == fitting


def test_quantities_are_nested_within_one_document(store, write_texts, read_shards, shards):
    texts = write_texts({"eng": shards})
    rows, before = read_shards(texts), set()
    for budget in range(150, 900, 50):
        cutoff = cutoff_rank(store, texts, "eng", budget)
        ids = {row["doc_id"] for row in rows if row["rank"] <= cutoff}
        size = sum(row["bytes"] for row in rows if row["rank"] <= cutoff)
        assert before <= ids
        assert size <= budget < size + max(row["bytes"] for row in rows)
        before = ids


def test_cut_offs_of_several_languages(store, write_texts, read_shards, shards):
    texts = write_texts({"eng": shards, "jpn": [["日本語"] * 4]})
    cutoffs = cutoff_ranks(store, texts, Budget(per_language={"jpn": 18}))
    assert cutoffs == {"jpn": read_shards(texts, "jpn")[1]["rank"]}
    assert cutoff_ranks(store, texts, None) == {
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
