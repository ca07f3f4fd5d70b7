"""Which column is which, by names and values."""

import pytest

from raykd.config import TableSource
from raykd.corpus.languages import LANGUAGES
from raykd.errors import InputError
from raykd.inspection.columns import find_roles, own_names, plain
from raykd.inspection.language_names import language_of

ROWS = 120
TEXTS = [f"where is my order number {n} that I paid for" for n in range(ROWS)]
CYCLE = {name: [values[n % len(values)] for n in range(ROWS)] for name, values in {
    "two": ["yes", "no"], "three": ["a", "b", "c"], "marks": ["1", "0"], "other": ["0", "1", "1"]}.items()}  # fmt: skip


def roles(**columns):
    return find_roles({"text": TEXTS, **columns})


@pytest.mark.parametrize(
    ("name", "form"), [("customerId", "customer_id"), ("Customer ID", "customer_id"), ("a.b", "a_b")]
)
def test_names_are_compared_in_one_form(name, form):
    assert plain(name) == form


def test_names_say_what_columns_are():
    found = roles(
        message_id=[f"m{n}" for n in range(ROWS)],
        intent=CYCLE["three"],
        customerId=CYCLE["two"],
        lang=["en"] * ROWS,
        channel=["web"] * ROWS,
    )
    assert (found.text, found.id, found.labels, found.group) == ("text", "message_id", ("intent",), "customerId")
    assert found.language == ("lang", {"en": "eng"}) and not found.candidates


def test_without_a_name_the_longest_prose_is_the_text():
    found = find_roles({"q1": ["yes", "no"] * 60, "q2": TEXTS, "q3": ["a b c d"] * ROWS})
    assert found.text == "q2"


def test_short_messages_are_the_text_where_the_labels_are_named():
    short = {"text": ["ok", "yes", "no", "thx"] * 30}
    found = find_roles({**short, "label": CYCLE["two"]})
    assert (found.text, found.labels) == ("text", ("label",))
    with pytest.raises(InputError, match="text has 4 short values in 120 rows, as labels are"):
        find_roles({**short, "price": list(range(ROWS))})
    with pytest.raises(InputError, match="there are: text, label"):
        find_roles({"text": CYCLE["marks"], "label": CYCLE["two"]})


def test_a_group_is_no_candidate_for_labels():
    found = roles(priority=CYCLE["three"], channel=CYCLE["two"])
    assert (found.labels, found.group, found.candidates) == (("priority",), "channel", ())


def test_an_id_that_repeats_is_none():
    assert roles(id=["a"] * ROWS).id is None
    assert roles(id=[None, *map(str, range(ROWS - 1))]).id is None


def test_values_alone_make_labels_where_one_column_has_few():
    assert roles(kind_of=CYCLE["three"]).labels == ("kind_of",)
    found = roles(kind_of=CYCLE["three"], urgency=CYCLE["two"])
    assert found.labels == () and set(found.candidates) == {"kind_of", "urgency"}


def test_columns_of_ones_and_zeros_are_labels_each():
    found = roles(toxic=CYCLE["marks"], insult=CYCLE["other"])
    assert (found.labels, found.one_each) == (("toxic", "insult"), True)


@pytest.mark.parametrize("separator", ["|", ";", ","])
def test_what_stands_between_labels_is_found(separator):
    cells = [separator.join(["a", "b", "c"][: 1 + n % 3]) for n in range(ROWS)]
    assert roles(tags=cells).separator == separator


def test_a_label_that_holds_a_comma_is_one():
    assert roles(label=["toys, games", "food"] * 60).separator is None


def test_long_labels_are_labels_too():
    names = ["card_payment_wrong_exchange_rate_and_fee_charged", "top_up_by_bank_transfer_charge", "refund"]
    cells = ["|".join(names[: 1 + n % 3]) for n in range(ROWS)]
    assert roles(tags=cells).separator == "|" and roles(queue=names * (ROWS // 3)).labels == ("queue",)


def test_a_column_that_never_repeats_holds_no_labels():
    assert roles(label=[f"value {n}" for n in range(ROWS)]).labels == ()


def test_a_split_needs_train_and_test():
    found = roles(split=["train", "held", "Test"] * 40)
    assert found.split is None
    found = roles(split=["train", "dev", "Test"] * 40)
    assert found.split.values == {"train": ("train",), "validation": ("dev",), "test": ("Test",)}
    assert own_names(found.split) == {}


def test_no_text_is_said_with_the_columns_that_there_are():
    with pytest.raises(InputError, match="no column holds text; there are: price, day"):
        find_roles({"price": [str(n) for n in range(40)], "day": ["2024-01-01"] * 40})


def test_a_file_without_a_header_is_refused():
    with pytest.raises(InputError, match="first line looks like a row"):
        find_roles({"where is my order that I paid for": TEXTS, "delivery": CYCLE["three"]})
    with pytest.raises(InputError, match=r"first line looks like a row \(delivery is also a value below it\)"):
        find_roles({"ok thanks": TEXTS, "delivery": ["delivery", "refund"] * (ROWS // 2)})
    assert find_roles({"text": TEXTS, "label": ["label", "other"] * (ROWS // 2)}).labels == ("label",)


def test_one_column_of_short_texts_is_the_text():
    assert find_roles({"thanks": ["ok", "yes please", "no"] * 9}).text == "thanks"


@pytest.mark.parametrize("value", ["en", "EN-us", "en_GB", "en_US.UTF-8", "eng", "English", " english (US) "])
def test_languages_in_many_forms(value):
    assert language_of(value) == "eng"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("zh-Hans-CN", "zho"),
        ("ger", "deu"),
        ("iw", "heb"),
        ("Farsi", "fas"),
        ("Swahili", "swa"),
        ("Brazilian Portuguese", "por"),
    ],
)
def test_other_codes_and_names(value, code):
    assert language_of(value) == code


@pytest.mark.parametrize(
    "value", ["", " ", "web", "Java", "JavaScript", "C#", "xx", "12", "x-own", "und", "mul", "other", "-"]
)
def test_what_is_no_language(value):
    assert language_of(value) is None


def test_every_language_that_is_detected_has_a_name():
    assert None not in [language_of(name) for name in LANGUAGES]
    assert TableSource(reader="table", language=language_of("Japanese"), path="x").language == "jpn"
