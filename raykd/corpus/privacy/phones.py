"""Phone numbers, by the forms of a language's countries and the numbering plans of `phonenumbers` (Google's).

A number is one where it is possible there and looks like nothing else: an international one with "+" or "00", one in a
form that is a phone number's alone ((212) 555-0123, 03-1234-5678), one in a form that other numbers have too if the
plan knows it, and digits alone if a word such as "call" stands before them. So a number of technical text is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from raykd.corpus.privacy.spans import AFTER, BEFORE, Span, digits_of

_DASH = "\\-\u2010-\u2015\u2212\uff0d\u30fc"
_CANDIDATE = re.compile(
    rf"(?<![A-Za-z0-9_/=#&%@$*^<>.,{_DASH}])(?<!\d[:/])(?:[+\uff0b]\(?\d|\(\+?\d|\d)"
    rf"(?:[ \u00a0\u3000.{_DASH}()/]{{0,3}}\d){{6,16}}"
    r"(?P<extension>\s?(?:x|ext\.? ?|#|доб\.? ?|内線 ?|ramal ?|anexo ?)\d{1,6})?"
    rf"(?![A-Za-z0-9_%]|[.,:/=*+{_DASH}]\d|\()"
)
# What stands before a number that is a phone's, and, in a few words, behind it.
_WORDS = re.compile(
    r"(?<!i)(?<!windows )phone|\btel\b|\btelf?[.:]|t[eé]l[eé]f|\bmobile\b|"
    r"\bm[oó]vil|\bcell(?:ular|phone| phone|:| is| n)|"
    r"\bmy cell|\bcelular|telem[oó]vel|\bfax|whats ?app|\bwpp\b|\bsms\b|\bcall (?:me|us|him|her|back|at|on|now)\b|"
    r"\bcall:? ?\Z|\b(?:text|reach|ring) (?:me|us)\b|\bmy number|\bcontact (?:me|us|number)|\bliga[rm]\b|\bligue|"
    r"\bfono\b|\bll[aá]m[ae](?:me|nos|r|rme)?\b|\bcontacto\b|\bcontato\b|телефон|\bтел\b|тел\.|позвон|звон|мобильн|"
    r"номер для связи|電話|携帯|ケータイ|連絡先|ファックス|ＦＡＸ|ＴＥＬ|ｔｅｌ|\bm[ei]u? n[uú]mero|мой номер",
    re.IGNORECASE,
)
_WORDS_BEHIND = re.compile(r"\A\W{0,3}(?:is|es|é|это|が|は)\s?(?:my|mi|o meu|meu|мой|私の)", re.IGNORECASE)
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])(?!\d)|"
    r"\+\d{4,6}-(?:0[1-9]|1[0-2])-\d\d|(?<!\d)(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|[12]\d|3[01])[-./](?:19|20)\d\d(?!\d)|(?:19|20)\d\d\s?[-/]\s?(?:19|20)\d\d(?!\d)"
)
_DECIMAL = re.compile(r"(?:^|[ (+])\d+\.\d+(?:$|[ )])|(?:^|\D)(?:\d{1,3}\.){3}\d{1,3}(?!\d)")  # or an address of IPv4
MOST_GROUPS = 8  # of digits with blanks between them, that are looked at
# The bounds of integer types and the like, which are numbers of Dallas, and what people count up.
_KNOWN = {"2147483647", "2147483648", "4294967295", "4294967296", "1234567890", "0123456789", "9876543210"}

# Forms with d for a digit and one blank, "-" for any dash: what is a phone number's alone, and what else may have too.
_AMERICAN = r"(?:1[ .-])?\([2-9]dd\)[ -]?[d]{3}[ .-]?d{4}|(?:(?:00)?1[.-])?ddd([.-])[d]{3}\1d{4}|\(ddd\)ddd-dddd"
_STRONG = {
    "US": _AMERICAN,
    "GB": r"\(0d{2,5}\) ?d{3,4} ?d{3,4}|07ddd ddd ?ddd|0(?:[12]d{2,3}) d{5,6}|0[1238]dd ddd dddd|02d dddd ?dddd|"
    r"0ddd d{7}",
    "ES": r"\(34\) ?d{3} ?d{3} ?d{3}",
    "MX": _AMERICAN,
    "AR": r"\(0?[1-9]d{1,3}\) ?(?:15-?)?d{3,4}[ -]d{4}|0?11[ -](?:15-?)?d{4}-d{4}",
    "BR": r"\(0?[1-9]d\) ?9?d{4}[ -]?d{4}|0?[1-9]d[ -]9?d{4}-d{4}|0[358]00[ -]d{3}[ -]?d{4}",
    "PT": r"\(351\) ?[29]dd ?d{3} ?d{3}",
    "JP": r"0d{1,4}-d{1,4}-d{4}|\(0d{1,4}\) ?d{1,4}-d{4}|0d{1,4}\(d{1,4}\)d{4}|0d{1,3} d{3,4} d{4}|dd-d{4}-d{4}",
    "RU": r"[78][ -]?\(ddd\) ?d{3}[ -]?dd[ -]?dd|8[ -]ddd[ -]d{3}[ -](?:dd[ -]dd|dddd)|\(ddd\) ?d{3}-dd-dd",
}
_WEAK = {
    "US": r"(?:1[ -])?[2-9]dd d{3} d{4}",
    "GB": r"0d{2,4} d{3,4} ?d{3,4}|0d{2,4}-d{3,4}-?d{3,4}",
    "ES": r"[6-9]dd([ -])d{3}\1d{3}|[6-9]dd([ -])dd\2dd\2dd|9d([ -])d{3}\3dd\3dd",
    "MX": r"dd([ -])d{4}\1d{4}|ddd d{3} d{4}|ddd dd dd",
    "AR": r"0?d{2,4}[ -](?:15[ -])?d{3,4}-d{4}",
    "BR": r"dd 9d{4} d{4}|dd d{4} d{4}",
    "PT": r"[29]dd([ -])d{3}\1d{3}",
    "JP": r"0d{9,10}",
    "RU": r"8d{10}|[78]? ?9dd d{3} dd ?dd|ddd-d{3}-dd-dd",
}


def _compiled(forms: dict[str, str]) -> dict[str, re.Pattern[str]]:
    """d is any digit, a digit itself."""
    return {country: re.compile(re.sub(r"(?<![\\\[])d|\[d\]", "[0-9]", form)) for country, form in forms.items()}


# Digits alone, behind a word, that the plan does not know: it changes, and people write what it has not yet.
_DIGITS = {
    "US": r"1?[2-9]dd[2-9]d{6}",
    "GB": r"0[1-9]d{8,9}",
    "ES": r"[6-9]d{8}",
    "MX": r"0?[1-9]d{9}",
    "AR": r"0?[1-9]d{9}",
    "BR": r"0?[1-9]d[2-9]d{7,8}",
    "PT": r"[29]d{8}",
    "JP": r"0[1-9]d{8,9}",
    "RU": r"[78]d{10}",
}
STRONG, WEAK, DIGITS = _compiled(_STRONG), _compiled(_WEAK), _compiled(_DIGITS)
_INTERNATIONAL = re.compile(r"\(?\+\d{1,3}\)? ?(?:\(\d{1,4}\)[\d -]{6,12}|\d{1,4}(?:[ -]\d{2,4}){2,4})")
_GROUPS = re.compile(r"[+(]{0,2}\d{1,5}(?:\)? ?[-.]? ?\(?\d{2,10}\)?){1,5}")
_WITH_DASH, _WITH_BLANK = re.compile(rf" ?[{_DASH}] ?"), re.compile(r"[ \u00a0\u3000]+")


def phones(text: str, countries: Sequence[str], bare: bool) -> Iterator[Span]:
    """bare: whether digits alone that are a valid number need no word before them."""
    for found in _CANDIDATE.finditer(text):
        number = found.group()[: found.start("extension") - found.start()] if found["extension"] else found.group()
        digits = digits_of(number)
        if not 7 <= len(digits) <= 16 or digits in _KNOWN or len(set(digits)) < 3 or _DATE.search(number):
            continue
        if number.count("(") != number.count(")") or _DECIMAL.search(number):
            continue
        start, stop = found.span()
        announced = bool(
            _WORDS.search(text[max(0, start - BEFORE) : start]) or _WORDS_BEHIND.match(text[stop : stop + AFTER])
        )
        if _is_phone(number, digits, countries, announced, bare):
            yield Span(start, stop, "phone")
        elif " " in number and (part := _part_that_is_phone(number, countries)):
            yield Span(start + part[0], start + part[1], "phone")


def _part_that_is_phone(number: str, countries: Sequence[str]) -> tuple[int, int] | None:
    """Of numbers with blanks between them, the most that are a phone number by their form: `2 212-555-0123 10`."""
    places = [found.span() for found in re.finditer(r"[^ ]+", number)][:MOST_GROUPS]
    runs = [(places[first][0], places[last][1]) for first in range(len(places)) for last in range(first, len(places))]
    for start, stop in sorted(runs, key=lambda run: run[0] - run[1]):
        form = _form_of(number[start:stop])
        strong = any(STRONG[country].fullmatch(form) for country in countries)
        if strong or (_INTERNATIONAL.fullmatch(form) and len(digits_of(form)) > 9):
            return start, stop
    return None


def _form_of(number: str) -> str:
    """With ASCII digits, single blanks and "-" for any dash."""
    form = _WITH_BLANK.sub(" ", _WITH_DASH.sub("-", number))
    return "".join(str(int(one)) if one.isdecimal() else one for one in form).strip()


def _is_phone(number: str, digits: str, countries: Sequence[str], announced: bool, bare: bool) -> bool:
    form = _form_of(number)
    alone = form.isdecimal()
    if _INTERNATIONAL.fullmatch(form) and len(digits) > 9:
        return True
    if form.startswith(("+", "(+", "00")):
        international = _parsed("+" + digits.removeprefix("00"), None)
        if international and phonenumbers.is_possible_number(international):
            if phonenumbers.is_valid_number(international):
                return not alone or announced or bare
            if announced or (not form.startswith("00") and (not form.lstrip("+").isdecimal() or len(digits) > 10)):
                return True
    for country in countries:
        if STRONG[country].fullmatch(form):
            return True
        parsed = _parsed(digits, country)
        if parsed and phonenumbers.is_valid_number(parsed):
            if announced or (alone and bare) or (WEAK[country].fullmatch(form) and not alone):
                return True
        elif announced and alone and DIGITS[country].fullmatch(digits):
            return True
    return announced and not alone and bool(_GROUPS.fullmatch(form))


def _parsed(number: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number, country)
    except NumberParseException:
        return None
