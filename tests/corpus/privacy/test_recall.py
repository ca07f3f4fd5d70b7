"""Recall and precision of masking on what Faker's locales write, which knows nothing of the maskers' patterns."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from faker import Faker

from raykd.config import Privacy
from raykd.corpus.privacy import Masker, Span

LOCALES = {
    "eng": ("en_US", "en_GB"),
    "spa": ("es_ES", "es_MX", "es_AR"),
    "por": ("pt_BR", "pt_PT"),
    "jpn": ("ja_JP",),
    "rus": ("ru_RU",),
}
OWN_IBAN = {"en_GB", "es_ES", "pt_PT"}  # locales that Faker has the country's own form of; others need the word
BEFORE_PHONES = {
    "eng": ("Please call me at ", "phone: ", "My number is ", ""),
    "spa": ("mi teléfono es ", "tel. ", "llámame al ", ""),
    "por": ("meu telefone é ", "tel: ", "whatsapp ", ""),
    "jpn": ("電話番号は", "TEL: ", "携帯", ""),
    "rus": ("мой телефон ", "тел. ", "позвоните ", ""),
}
CARD = {
    "eng": "card number ",
    "spa": "mi tarjeta ",
    "por": "cartão ",
    "jpn": "カード番号は",
    "rus": "карта ",
}
Makers = list[tuple[str, Callable[[], str]]]  # words before a value, and what writes one
RECORDS = 120  # of each kind and locale
END = datetime(2025, 1, 1)  # of times, which would otherwise be others each day


def ids(fake: Faker, locale: str) -> Makers:
    return {
        "en_US": lambda: [("My SSN is ", fake.ssn), ("EIN: ", fake.ein), ("", fake.ssn)],
        "en_GB": lambda: [("NI number ", fake.ssn)],
        "es_ES": lambda: [("", fake.nif), ("NIE: ", fake.nie), ("el CIF es ", fake.cif), ("Seg. Social ", fake.nuss)],
        "es_MX": lambda: [("RFC ", fake.rfc), ("", fake.curp), ("NSS ", fake.ssn)],
        "es_AR": lambda: [("CUIL ", fake.cuil), ("DNI: ", fake.dni), ("", fake.cuit)],
        "pt_BR": lambda: [("", fake.cpf), ("meu cpf ", fake.ssn), ("RG: ", fake.rg), ("", fake.cnpj)],
        "pt_PT": lambda: [("NIF ", fake.vat_id)],
        "ru_RU": lambda: [
            ("ИНН ", fake.individuals_inn),
            ("СНИЛС ", fake.snils),
            ("паспорт ", fake.passport_number),
        ],
        "ja_JP": lambda: [("マイナンバー", lambda: my_number(fake))],
    }[locale]()


def my_number(fake: Faker) -> str:
    """Faker has none: eleven digits of its own and the check digit of the ministry's formula."""
    digits = [fake.random_int(0, 9) for _ in range(11)]
    rest = sum(one * weight for one, weight in zip(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    return "".join(map(str, digits)) + str(0 if rest <= 1 else 11 - rest)


def makers(fake: Faker, language: str, locale: str) -> dict[str, Makers]:
    host = fake.domain_name
    return {
        "email": [("", fake.email), ("e-mail: ", fake.safe_email), ("", fake.company_email), ("", fake.free_email)],
        "phone": [(words, fake.phone_number) for words in BEFORE_PHONES[language]],
        "card": [(CARD[language], fake.credit_card_number), ("", lambda: fake.credit_card_number("mastercard"))],
        "iban": [("IBAN ", fake.iban), ("" if locale in OWN_IBAN else "IBAN: ", fake.iban)],
        "national_id": ids(fake, locale),
        "ip": [("IP ", fake.ipv4), ("from ", fake.ipv4_public), ("", fake.ipv6)],
        "url": [
            ("", lambda: f"https://{fake.user_name()}:{fake.bothify('??##??##')}@{host()}/x"),
            ("", lambda: f"https://{host()}/cb?user=3&access_token={fake.sha1()}&x=1"),
        ],
        "key": [
            ("", lambda: "ghp_" + fake.password(36, special_chars=False)),
            ("", lambda: "AKIA" + fake.bothify("????????########").upper()),
        ],
    }


def records(language: str, locale: str, seed: int) -> Iterator[tuple[str, str, int, int]]:
    """(kind, text, where the value starts, where it ends)."""
    fake, draw = Faker(locale), random.Random(seed)
    fake.seed_instance(seed)
    blank = "" if language == "jpn" else " "
    for kind, several in makers(fake, language, locale).items():
        for _ in range(RECORDS):
            words, make = draw.choice(several)
            before, value = f"{fake.sentence()}{blank}{words}", make()
            yield kind, f"{before}{value}{blank or 'です。'}{fake.sentence()}", len(before), len(before) + len(value)


def is_masked(kind: str, start: int, stop: int, spans: list[Span]) -> bool:
    if kind == "url":  # what is secret in it
        return any(span.kind == kind and start <= span.start and span.stop <= stop for span in spans)
    return any(span.kind == kind and span.start <= start and stop <= span.stop for span in spans)


@pytest.mark.parametrize("language", LOCALES)
def test_recall_and_precision_of_each_kind(language: str):
    masker = Masker(Privacy())
    made, found, right, claimed = Counter(), Counter(), Counter(), Counter()
    for seed, locale in enumerate(LOCALES[language]):
        for kind, text, start, stop in records(language, locale, seed):
            spans = masker.spans(text, language)
            made[kind] += 1
            found[kind] += is_masked(kind, start, stop, spans)
            for span in spans:
                claimed[span.kind] += 1
                right[span.kind] += span.kind == kind and start <= span.start and span.stop <= stop
    assert {kind: found[kind] / made[kind] for kind in made if found[kind] < 0.95 * made[kind]} == {}
    assert {kind: right[kind] / claimed[kind] for kind in claimed if right[kind] < 0.95 * claimed[kind]} == {}


@pytest.mark.parametrize("language", LOCALES)
def test_what_looks_like_personal_data_and_is_none(language: str):
    fake = Faker(LOCALES[language][0])
    fake.seed_instance(3)
    others: dict[str, Callable[[], object]] = {
        "uuid": fake.uuid4,
        "sha256": fake.sha256,
        "md5": fake.md5,
        "ISO 8601": lambda: fake.iso8601(end_datetime=END),
        "date": lambda: fake.date(end_datetime=END),
        "time": lambda: fake.date_time(end_datetime=END),
        "epoch": lambda: fake.unix_time(end_datetime=END),
        "milliseconds": lambda: int(fake.unix_time(end_datetime=END) * 1000),
        "barcode": fake.ean13,
        "isbn": fake.isbn13,
        "mac": fake.mac_address,
        "path": fake.file_path,
        "user agent": fake.user_agent,
        "article": lambda: fake.bothify("??-####-##"),
        "price": lambda: f"{fake.random_int(1, 99999)}.{fake.random_int(10, 99)}",
        "version": lambda: ".".join(str(fake.random_int(0, 20)) for _ in range(3)),
        "colour": fake.hex_color,
        "url": fake.uri,
        "float": lambda: fake.pyfloat(right_digits=8),
        "integer": lambda: fake.random_int(10**6, 10**10),
        "range": lambda: f"{fake.random_int(1, 999)}-{fake.random_int(1000, 9999)}",
    }
    masker = Masker(Privacy())
    false = Counter()
    for name, make in others.items():
        for _ in range(RECORDS):
            text = f"{fake.sentence()} {make()} {fake.sentence()}"
            false[name] += bool(masker.spans(text, language))
    assert {name: count for name, count in false.items() if count > 0.01 * RECORDS} == {}
