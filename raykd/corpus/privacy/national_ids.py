"""Tax and national ids of people, by country, with the check digits of `stdnum` where a country has any.

A form that is an id's alone stands for itself; one that other numbers have too needs a word such as "CPF" before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from stdnum.ar import cuit
from stdnum.br import cnpj, cpf
from stdnum.es import cif, dni, nie
from stdnum.gb import nhs, utr
from stdnum.jp import in_ as my_number
from stdnum.mx import curp, rfc
from stdnum.pt import cc, nif
from stdnum.ru import inn
from stdnum.us import ein, itin, ssn

from raykd.corpus.privacy.spans import Span, digits_of, is_announced


class Form(NamedTuple):
    """pattern: of the id as it is written; is_valid: of its characters without separators; words: of which one must
    stand beside it, none where the form is enough."""

    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    words: re.Pattern[str] | None = None


def _form(pattern: str, is_valid: Callable[[str], bool], words: str | None = None) -> Form:
    bounded = rf"(?<![A-Za-z0-9_.,/=+$%-])(?:{pattern})(?![A-Za-z0-9_]|[-.,/]\d)"
    return Form(re.compile(bounded), is_valid, re.compile(words, re.IGNORECASE) if words else None)


def _any(_: str) -> bool:
    return True


def _nino(value: str) -> bool:
    """National Insurance: HMRC's prefixes that are never given (NIM39110)."""
    return value[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _snils(value: str) -> bool:
    weighted = sum((9 - place) * int(digit) for place, digit in enumerate(value[:9]))
    return weighted % 101 % 100 == int(value[9:])


def _nuss(value: str) -> bool:
    """Spain's social security number: the last two digits are the rest of the others by 97."""
    province, number = int(value[:2]), int(value[2:10])
    return (number + province * 10_000_000 if number < 10_000_000 else int(value[:10])) % 97 == int(value[10:])


_SPANISH_WORDS = r"\bdni\b|\bnif\b|\bnie\b|\bcif\b|identi|document|c[eé]dula|fiscal|\bid\b"
_CLAIMED = r"\bssn\b|social security|\bitin\b|\btin\b|tax(?:payer)? id"

FORMS: dict[str, tuple[Form, ...]] = {
    "US": (
        _form(r"\d{3}-\d{2}-\d{4}", lambda value: ssn.is_valid(value) or itin.is_valid(value)),
        _form(r"\d{3} \d{2} \d{4}|\d{9}", lambda value: ssn.is_valid(value) or itin.is_valid(value), _CLAIMED),
        _form(r"\d{2}-\d{7}", ein.is_valid, r"\bein\b|employer id|\bfein\b|tax id"),
    ),
    "GB": (
        _form(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", _nino),
        _form(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Z]", _any, r"\bnino?\b|\bni n|national insurance"),
        _form(r"\d{3}[ -]?\d{3}[ -]?\d{4}", nhs.is_valid, r"\bnhs\b"),
        _form(r"\d{5} ?\d{5}", utr.is_valid, r"\butr\b|taxpayer reference"),
    ),
    "ES": (
        _form(r"\d{8}[ -]?[A-HJ-NP-TV-Z]", dni.is_valid),
        _form(r"[XYZ][ -]?\d{7}[ -]?[A-Z]", nie.is_valid),
        _form(r"[A-HJ-NP-SUVW]-?\d{7}-?[0-9A-J]", cif.is_valid, _SPANISH_WORDS),
        _form(r"\d{2}[ /-]?\d{8}[ /-]?\d{2}", _nuss, r"\bnuss\b|\bnaf\b|seguridad social|seg\. social"),
    ),
    "MX": (
        _form(r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d", lambda value: curp.is_valid(value, validate_check_digits=False)),
        _form(r"[A-ZÑ&]{3,4}-?\d{6}-?[A-Z0-9]{3}", rfc.is_valid),
        _form(r"[A-Z]{6}\d{8}[HM]\d{3}", _any, r"elector|\bine\b|\bife\b"),
        _form(r"\d{11}", _any, r"\bimss\b|\bnss\b|seguro social|seguridad social"),
    ),
    "AR": (
        _form(r"\d{2}-\d{8}-\d", cuit.is_valid),
        _form(r"\d{11}|\d{2}[ .]\d{8}[ .]\d", cuit.is_valid, r"\bcui[tl]\b|\bafip\b"),
        _form(r"\d{1,2}\.\d{3}\.\d{3}|\d{7,8}", _any, r"\bdni\b|\bd\.n\.i|documento"),
    ),
    "BR": (
        _form(r"\d{3}\.\d{3}\.\d{3}[-/]\d{2}", cpf.is_valid),
        _form(r"\d{3}[ -]?\d{3}[ -]?\d{3}[ -]?\d{2}", cpf.is_valid, r"\bcpf\b|\bc\.p\.f|\bdocumento"),
        _form(r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", cnpj.is_valid),
        _form(r"\d{14}", cnpj.is_valid, r"\bcnpj\b"),
        _form(r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dXx]", _any, r"\brg\b|registro geral|identidade"),
    ),
    "PT": (
        _form(r"\d{3} ?\d{3} ?\d{3}", nif.is_valid, r"\bnif\b|contribuinte|\bnipc\b|fiscal"),
        _form(r"PT ?\d{3} ?\d{3} ?\d{3}", _any, r"\bnif\b|contribuinte|\biva\b|\bvat\b|fiscal"),
        _form(r"\d{8} ?-? ?\d ?[A-Z0-9]{2}\d", cc.is_valid, r"cart[aã]o de cidad|\bcc\b|\bbi\b|identifica"),
    ),
    "JP": (
        _form(r"\d{4}[ -]?\d{4}[ -]?\d{4}", my_number.is_valid, r"マイナンバー|個人番号|my ?number"),
        _form(r"[A-Z]{2}\d{7}", _any, r"旅券|パスポート|passport"),
    ),
    "RU": (
        _form(r"\d{3}-\d{3}-\d{3}[ -]\d{2}", _snils),
        _form(r"\d{3} ?\d{3} ?\d{3} ?\d{2}", _snils, r"снилс"),
        _form(r"\d{10}|\d{12}", inn.is_valid, r"инн\b|\binn\b"),
        _form(r"\d{2} ?\d{2} ?(?:№ ?)?\d{6}", _any, r"паспорт|серия"),
    ),
}
_SEPARATORS = re.compile(r"[ .,/№-]")


def national_ids(text: str, countries: Sequence[str]) -> Iterator[Span]:
    for country in countries:
        for form in FORMS[country]:
            for found in form.pattern.finditer(text):
                value = "".join(
                    digits_of(one) if one.isdecimal() else one for one in _SEPARATORS.sub("", found.group())
                )
                if form.words and not is_announced(text, *found.span(), form.words):
                    continue
                if form.is_valid(value):
                    yield Span(*found.span(), "national_id")
