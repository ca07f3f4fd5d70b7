import pytest

from raykd.config import Cleaning, OwnPattern, Privacy
from raykd.corpus.clean_rows import RowCleaner
from raykd.corpus.privacy import Masker, Pseudonyms
from raykd.corpus.readers import Row
from raykd.corpus.values import Tally

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"


def mask(text: str, language: str = "eng", **settings: object) -> str:
    return Masker(Privacy(**settings)).mask(text, language)


@pytest.mark.parametrize(
    ("text", "language", "masked"),
    [
        ("Mail ann.lee+x@shop.example.com, please.", "eng", "Mail [EMAIL], please."),
        ("メールはann@example.jpです", "jpn", "メールは[EMAIL]です"),
        ("Call (212) 555-0123 x45 now", "eng", "Call [PHONE] now"),
        ("電話は０９０－１２３４－５６７８です", "jpn", "電話は[PHONE]です"),
        ("позвоните 8 (912) 345-67-89", "rus", "позвоните [PHONE]"),
        ("2 212-555-0123 10 and 7 4111 1111 1111 1111 9", "eng", "2 [PHONE] 10 and 7 [CARD] 9"),
        ("my card: 4111 1111 1111 1111.", "eng", "my card: [CARD]."),
        ("IBAN ES91 2100 0418 4502 0005 1332 Madrid", "spa", "IBAN [IBAN] Madrid"),
        ("CPF 529.982.247-25", "por", "CPF [ID]"),
        ("SSN 536-90-4399", "eng", "SSN [ID]"),
        ("from 93.184.216.34:8080", "eng", "from [IP]:8080"),
        ("listen 10.1.2.3:80", "eng", "listen [IP]:80"),
        ("see 2606:2800:220:1:248:1893:25c8:1946", "eng", "see [IP]"),
        ("https://ann:hunter2z@host.com/x", "eng", "https://[SECRET]@host.com/x"),
        ("amqp://ann:x%40(9)$kQ%2A*2@host.com/x", "eng", "amqp://[SECRET]@host.com/x"),
        ("https://h.com/?sv=1&sig=Zm9v%2FYmFy1%3D&x=2", "eng", "https://h.com/?sv=1&sig=[SECRET]&x=2"),
        ("https://h.com/?token=ab12cd34ef56です。", "jpn", "https://h.com/?token=[SECRET]です。"),
        ("{u'mail': u'ann@example.com'}", "eng", "{u'mail': u'[EMAIL]'}"),
        ("https://h.com/?id=1&access_token=ab12cd34ef56&x=2", "eng", "https://h.com/?id=1&access_token=[SECRET]&x=2"),
        (f"Authorization: Bearer {JWT}", "eng", "Authorization: Bearer [SECRET]"),
        (f"-----BEGIN PRIVATE KEY-----\n{'MIIEvQ+/' * 10}\n-----END PRIVATE KEY-----", "eng", "[SECRET]"),
        ("key AKIAABCDEFGH12345678 leaked", "eng", "key [SECRET] leaked"),
    ],
)
def test_what_is_masked(text: str, language: str, masked: str):
    assert mask(text, language) == masked


@pytest.mark.parametrize(
    "text",
    [
        "git clone git@github.com:owner/name.git",
        "import x@2x.png and lodash@4.17.21",
        "y = x@w.shape",
        "ServerVersion 4.0.30319.0, upgrade to 12.1.0.2",
        "Chrome/73.0.36.83 and Version=2.0.0.0",
        "OID 1.3.6.1.4.1.311",
        "http://127.0.0.1:8000, 0.0.0.0, 255.255.255.0",
        "std::vector<int> a::b::c dead::beef::cafe",
        "int max = 2147483647; // 4294967295",
        "2019-03-12 10:20:30 and 12.03.2019, 2003-2015",
        "123e4567-e89b-12d3-a456-426614174000",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "4111 1111 1111 1112",  # Luhn's sum is wrong
        "mysql://user:password@localhost/db",
        "https://api.com/?key=YOUR_API_KEY",
        "http://%s:%s@h.com, http://${USER}:${PW}@h.com, http://$usr:$pw@h.com, ftp://%FTP_USR%:%FTP_PW%@h.com",
        "a row of a table: 9505 9131 5404 5147 4812 4709 3981 3679, and 4200000000000000",
        "ssh://deploy@host.example.com/repo, ftp://user:password@ftp.example.com",
        "it begins with -----BEGIN RSA PRIVATE KEY----- and ends with -----END RSA PRIVATE KEY-----",
        "Bearer authentication, basic understanding",
        "3.14159265358979 1e10 0x7fffffff #ff00ff 100,000,000",
    ],
)
def test_code_survives(text: str):
    assert mask(text) == text


def test_ones_own_pattern_comes_first_and_its_group_alone_is_masked():
    own = {"order": OwnPattern(pattern=r"order (\d{3}-\d{3}-\d{4})", words="order number")}
    assert mask("order 212-555-0123, call 212-555-0124", own=own) == "order [ORDER], call [PHONE]"


@pytest.mark.parametrize("pattern", ["(", "a*", "(a)(b)"])
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str):
    with pytest.raises(ValueError, match="pattern"):
        Privacy(own={"order": {"pattern": pattern, "words": "order"}})


def test_a_kind_of_ones_own_has_a_name_of_its_own():
    with pytest.raises(ValueError, match="a kind of this name"):
        Privacy(own={"secret": {"pattern": "x", "words": "order"}})


def test_names_are_kinds_where_they_are_looked_for():
    own = {"name": {"pattern": "x", "words": "a name"}}
    assert list(Privacy(own=own, names={"eng": None}).placeholders)[-1] == "[NAME]"
    with pytest.raises(ValueError, match="a kind of this name"):
        Privacy(own=own, names={"eng": "en_core_web_lg"})
    assert "names" not in Privacy().model_dump()  # so that hashes of results without them stay


def test_kinds_and_countries_are_chosen():
    text = "ann@x.com, DNI 12345678Z, 192.0.34.166"
    assert mask(text, kinds=["ip"]) == "ann@x.com, DNI 12345678Z, [IP]"
    assert mask(text, countries=["ES"]) == "[EMAIL], DNI [ID], [IP]"


def test_digits_alone_are_a_phone_behind_a_word_or_where_that_is_set():
    assert mask("call 2125550123") == "call [PHONE]"
    assert mask("it is 2125550123") == "it is 2125550123"
    assert mask("it is 2125550123", bare_phones=True) == "it is [PHONE]"


def test_values_are_counted_by_language_and_kind():
    masker = Masker(Privacy())
    masker.mask("a@x.com b@x.com", "eng")
    masker.mask("c@x.com 10.9.200.77", "spa")
    assert masker.counts == {("eng", "email"): 2, ("spa", "email"): 1, ("spa", "ip"): 1}


def test_pseudonyms_return_with_their_value():
    masker, numbers = Masker(Privacy(pseudonyms=True)), Pseudonyms()
    assert masker.mask("a@x.com and B@x.com", "eng", numbers) == "[EMAIL]1 and [EMAIL]2"
    assert masker.mask("b@x.com, (212) 555-0123", "eng", numbers) == "[EMAIL]2, [PHONE]1"


def test_pseudonyms_go_on_through_a_conversation_and_no_further():
    cleaner = RowCleaner(Cleaning(privacy=Privacy(pseudonyms=True)), "eng")
    rows = [Row("1", "", "a@x.com b@x.com", conversation="c"), Row("2", "", "b@x.com", conversation="c")]
    other = [Row("3", "", "b@x.com", conversation="d"), Row("4", "", "c@x.com"), Row("5", "", "d@x.com")]
    texts = [cleaner.row(row).text for row in (*rows, *other)]
    assert texts == ["[EMAIL]1 [EMAIL]2", "[EMAIL]2", "[EMAIL]1", "[EMAIL]1", "[EMAIL]1"]


def test_nothing_beside_the_text_keeps_a_value():
    secret = "ann@x.com"
    cleaner = RowCleaner(Cleaning(privacy=Privacy()), "eng")
    row = Row("1", "f: 1", secret, labels=(secret, "ok"), group=secret, problem=f"is {secret}", id=secret)
    clean = cleaner.row(row)
    assert secret not in repr(clean)
    assert clean.labels == ("[EMAIL]", "ok")
    assert clean.group == clean.id == cleaner.row(row).group != cleaner.row(row._replace(group="b@x.com")).group
    tally = Tally()
    tally.counts.update({("to", secret): 2, ("to", "b@x.com"): 1})
    cleaner.mask_tally(tally, {"b@x.com"})  # which the config names
    assert tally.counts == {("to", "[EMAIL]"): 2, ("to", "b@x.com"): 1}


def test_without_privacy_rows_are_only_cleaned():
    row = Row("1", "f: 1", " ann@x.com ", group="ann@x.com")
    assert RowCleaner(Cleaning(), "eng").row(row) == row._replace(text="ann@x.com")


@pytest.mark.parametrize(
    "text", ["1" * 10**6, "1 " * 500_000, "a@" * 500_000, "a." * 500_000 + "@x.com", "://a:" * 200_000, "A1 " * 300_000,
             "(1" * 500_000, "1-" * 500_000, ":a" * 500_000, ("-----BEGIN PRIVATE KEY-----" + "A" * 70) * 10_000,
             "eyJ" * 300_000, "?key=" * 200_000, "12.3" * 250_000, "1.1.1." * 150_000,
             "ab://h/?key=%" + "a" * 10**6, "ab://u:" + "$(" * 300_000 + "@h"],
    ids=lambda text: text[:6],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_no_text_takes_more_than_linear_time(text: str):
    mask(text, "spa")
