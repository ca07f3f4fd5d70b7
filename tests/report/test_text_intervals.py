"""Which cells share their test texts, and what that does to an interval over texts."""

import numpy as np
import pytest

from raykd.report.inputs import Predictions
from raykd.report.text_intervals import text_influences, text_units
from raykd.statistics.claims import text_part
from raykd.statistics.item_bootstrap import Decisions

TEXTS = 300
LANGUAGES = ("eng", "deu", "fra", "spa")


@pytest.fixture
def parallel(generator):
    """parallel(kept, groups) -> decisions of two encoders on the same texts in four languages: a text that is hard for
    one of them in one language is so in all."""
    truth = generator.random(TEXTS) < 0.5
    hard = {encoder: generator.standard_normal(TEXTS) for encoder in "ab"}
    noise = generator.standard_normal((2, len(LANGUAGES), 5, TEXTS))
    names = np.array([f"text {place}" for place in range(TEXTS)], dtype=object)

    def make(kept=lambda place: np.ones(TEXTS, bool), groups=lambda place: np.full(TEXTS, "", dtype=object)):
        found = {}
        for place, language in enumerate(LANGUAGES):
            own = kept(place)
            for number, encoder in enumerate("ab"):
                right = 0.85 + hard[encoder] + 0.3 * noise[number, place] > 0
                predicted = (right == truth)[:, own, None]
                decisions = Decisions(truth[own, None], predicted)
                found["t", language, encoder, "frozen"] = Predictions(names[own], groups(place)[own], decisions)
        return found

    return make


@pytest.fixture
def generator():
    return np.random.default_rng(5)


def named(predictions):
    return text_units(predictions, lambda key: f"{key[0]} {key[1]}")


def spread(predictions):
    """Of the mean gain of one encoder over the other, from the texts."""
    influences = text_influences(predictions, named(predictions))
    signs = {"a": 1 / len(LANGUAGES), "b": -1 / len(LANGUAGES)}
    return text_part([(own, signs[key[2]]) for key, own in influences.items()]).variance ** 0.5


def without(place):
    return np.arange(TEXTS) != place


def test_a_text_that_one_language_lacks_does_not_part_the_others(parallel):
    """One row lost in each language made four independent sets of one, with half the spread."""
    whole, lacking = parallel(), parallel(without)
    assert {own.test_set for own in named(lacking).values()} == {"t eng"}
    assert spread(lacking) == pytest.approx(spread(whole), rel=0.03)
    unrelated = {
        key: Predictions(
            np.array([f"{key[1]} {text}" for text in own.doc_ids], dtype=object), own.groups, own.decisions
        )
        for key, own in whole.items()
    }
    assert len({own.test_set for own in named(unrelated).values()}) == len(LANGUAGES)
    assert spread(unrelated) < 0.7 * spread(whole)


def test_companies_are_the_same_ones_in_every_language(parallel):
    """Texts of their own in each language, from the same seven companies; a text in no company is by itself."""
    companies = np.array([f"company {place % 7}" if place else "" for place in range(TEXTS)], dtype=object)
    grouped = parallel(without, lambda place: companies)
    units = named(grouped)
    assert {own.test_set for own in units.values()} == {"t eng"}
    own = units["t", "fra", "a", "frozen"].units
    assert len(own) == TEXTS - 1
    assert len(set(own)) == 8
    influences = text_influences(grouped, units)
    assert text_part([(influences["t", "fra", "a", "frozen"], 1)]).freedom == 7


def test_a_company_that_one_cell_knows_is_known_in_all(parallel):
    companies = np.array([f"company {place % 7}" for place in range(TEXTS)], dtype=object)
    half = parallel(groups=lambda place: companies if place else np.full(TEXTS, "", dtype=object))
    everywhere = parallel(groups=lambda place: companies)
    assert spread(half) == pytest.approx(spread(everywhere))


def test_sets_that_a_third_one_connects_are_one(parallel):
    """German has the first half, French the second, Spanish both."""
    halves = {"eng": (0, 100), "deu": (0, 150), "fra": (150, 300), "spa": (100, 300)}

    def kept(place):
        start, stop = halves[LANGUAGES[place]]
        return (np.arange(TEXTS) >= start) & (np.arange(TEXTS) < stop)

    found = named(parallel(kept))
    assert {own.test_set for own in found.values()} == {"t eng"}
    assert (
        named({k: v for k, v in parallel(kept).items() if k[1] != "spa"})["t", "fra", "a", "frozen"].test_set == "t fra"
    )
