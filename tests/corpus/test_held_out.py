import pytest

from raykd.artifacts import Result
from raykd.config import Budget
from raykd.corpus.held_out import below_floors, held_out_floors, shards_above
from raykd.corpus.quantity import cutoff_ranks
from raykd.corpus.tokens import missing_shards
from raykd.errors import InputError


@pytest.fixture
def texts(write_texts) -> Result:
    """Shards of 4, 3 and 5 documents of English, and one of 3 of Japanese."""
    return write_texts({"eng": [["a"] * 4, ["b"] * 3, ["c"] * 5], "jpn": [["d"] * 3]})


@pytest.mark.parametrize(("documents", "shards"), [(1, 1), (4, 1), (5, 1), (6, 2), (8, 2), (11, 3)])
def test_so_many_documents_lie_above_the_floor(store, texts, read_shards, documents, shards):
    floor = held_out_floors(store, texts, ["eng"], documents)["eng"]
    ranks = [row["rank"] for row in read_shards(texts)]
    assert sum(rank > floor for rank in ranks) == documents and floor in ranks
    assert len(shards_above(store.facts(texts)["languages"]["eng"]["shards"], floor)) == shards


def test_a_language_must_have_something_left(store, texts):
    floors = held_out_floors(store, texts, ["eng", "jpn"], 2)
    assert below_floors({"eng": 2**64 - 1, "jpn": 5}, floors) == {"eng": floors["eng"], "jpn": min(5, floors["jpn"])}
    with pytest.raises(InputError, match=r"3 documents of jpn are to be held out, but corpora.corpus has 3"):
        held_out_floors(store, texts, ["eng", "jpn"], 3)


def test_token_shards_are_made_of_what_is_held_out_too(store, texts):
    """A budget of the first shard alone; the one in between stays without."""
    tokens = Result("tokens", "corpus-teacher", 1, {})
    cutoffs = cutoff_ranks(store, texts, Budget(per_language={"eng": 3}))
    floors = held_out_floors(store, texts, ["eng"], 2)
    missing = [shard["file"][-13:] for shard in missing_shards(store, tokens, texts, cutoffs, floors)]
    assert missing == ["00000.parquet", "00002.parquet"]
    everything = missing_shards(store, tokens, texts, cutoff_ranks(store, texts, None), floors)
    assert len(everything) == 4  # one that is wanted for both comes once
