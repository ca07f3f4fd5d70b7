"""Document ids and ranks: fixed for ever, and a uniform shuffle."""

import numpy as np

from raykd.corpus.hashing import document_id, shuffle_key, text_key


def test_ids_tell_sources_and_documents_apart():
    ids = {document_id(source, native) for source in ("a", "ab", "b") for native in ("c", "bc", "1", "01")}
    assert len(ids) == 12
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in ids)


def test_ids_and_ranks_never_change():
    assert document_id("technical-eng", "42") == "9a7a88c96be97eaee67a4adb0fd9141b"
    assert shuffle_key(56, "0" * 32) == 10_446_025_426_900_828_384


def test_ranks_are_uniform_and_the_seed_gives_another_order():
    ids = [document_id("source", str(n)) for n in range(10_000)]
    ranks, others = (np.array([shuffle_key(seed, one) for one in ids], np.uint64) for seed in (56, 57))
    for values in (ranks, others):
        tenths = np.histogram(values / 2**64, bins=10, range=(0, 1))[0]
        assert ((tenths - 1000) ** 2 / 1000).sum() < 27.9  # chi-squared, 9 degrees of freedom, p = .001
    assert abs(np.corrcoef(ranks.argsort().argsort(), others.argsort().argsort())[0, 1]) < 0.04
    assert abs(np.corrcoef(ranks.argsort().argsort(), np.arange(10_000))[0, 1]) < 0.04


def test_equal_texts_have_equal_keys():
    assert text_key("日本語") == text_key("日本" + "語")
    assert text_key("a") != text_key("a ")
    assert 0 <= text_key("") < 2**64
