"""E-mail addresses, IP addresses, and what is secret in a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

import phonenumbers

from raykd.corpus.privacy.spans import AFTER, BEFORE, Span

# Top-level domains: all countries', and the others that mail really comes from. `x@w.shape` of code is none.
_COUNTRIES = {*(region.lower() for region in phonenumbers.SUPPORTED_REGIONS), "uk", "eu", "su"}
_GENERIC = set(
    re.split(
        " ",
        "com net org info biz edu gov mil int name pro mobi asia cat coop jobs tel travel museum aero post app dev xyz "
        "online site shop store tech cloud club blog live email agency company digital group media network news page "
        "services solutions studio systems team today tokyo top website work world zone рф example",
    )
)
_PART = r"[A-Za-z0-9\u00c0-\u024f\u0400-\u04ff]"
_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+\-])(?:mailto:)?"
    rf"([A-Za-z0-9_](?:(?:[A-Za-z0-9_%+\-]|\.(?!\.)|(?<=[a-z])'(?=[a-z])){{0,62}}[A-Za-z0-9_\-])?@"
    rf"((?:{_PART}(?:{_PART}|-){{0,61}}\.){{1,5}}({_PART}{{2,12}}|xn--[a-z0-9]{{2,20}})))(?!{_PART}|@|-\w)",
)
_REPOSITORY = re.compile(r"(?:git|hg|svn)@")  # git@github.com:owner/name is nobody's address
_STRING = re.compile(r"[ubrf]'")  # u'ann@example.com' of Python
_IN_URL = re.compile(r"://[^\s/@]*\Z")  # what stands before @ there is no mailbox
_FILES = {"py", "md", "sh", "so", "cc", "pl", "rs"}  # countries, and suffixes of files: after words such as file@2.py

_IPV4 = re.compile(
    r"(?<![\w.@-])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w-]|\.\d)",
    re.ASCII,
)
# Without these there is no address: a search that begins with one character is many times as fast.
_PERHAPS_IPV4, _PERHAPS_IPV6 = re.compile(r"\.\d{1,3}\.\d", re.ASCII), re.compile(r":[0-9A-Fa-f]{0,4}:")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?<=:))(?![\w:]|\.\d)", re.ASCII)
_IP_WORDS = re.compile(
    r"\bips?\b|\bipv[46]\b|\baddr|\bdirecci|\bendere|адрес|アドレス|\bhost|хост|ホスト|\bdns\b|\bping\b|\bgateway|\bsubnet|"
    r"\broute|\binet\b|\bnameserver|\blisten|\bbind|\bproxy|\bssh\b|\btelnet\b|\bcurl\b|\bnmap\b|\bnetstat\b|://\Z|"
    r"\A:\d{2,5}\b|\A/\d{1,2}\b",
    re.IGNORECASE,
)
_VERSION_WORDS = re.compile(
    r"(?:\bv|\bver|\bversion|\bversions|\bversi[oó]n|\bvers[aã]o|верси\w*|バージョン|ver\.|\brelease|\brev|\bbuild|\bsdk|\bsection|"
    r"\bchapter|\boid|\bnumber|\bn[uú]mero|номер|\b[A-Za-z]+/|\bupgrade\w*\s+to|\bupdate\w*\s+to)[\s:=\"'(]*$",
    re.IGNORECASE,
)
_SMALL = 64  # four numbers below it look like a version, unless a word says that they are an address

_URL = re.compile(r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s<>\"'`]+", re.IGNORECASE | re.ASCII)
_USER = re.compile(r"://([^/?#@\s:]*:[^/?#@\s]+)@")
_QUERY = re.compile(
    r"[?&#;](?:[\w.-]*(?:token|secret|password|passwd|signature)|(?:[\w.-]*(?:api|access|account|private|auth)[_-]?)?key|pwd|"
    r"auth|sig|sid|session_?id|jwt|code)=([!$%'-:=?-z|~]{6,})",  # ends where Japanese goes on without a blank
    re.IGNORECASE,
)
# Words that stand for a password in instructions, and names that a program puts a value in the place of: {user}, $user,
# %s, %(user)s, %USER%. A percent sign before two hexadecimal digits is any character of a real one.
_EXAMPLE = re.compile(
    r"your|passw(?:or)?d|\bpass\b|\bpwd|senha|contrase|clave|secret|парол|token|api_?key|example|x{3}|\*{3}|\.\.\.|"
    r"user(?:name)?:|usuari|[<{[]|[$%]\([^()]*+\)|(?:^|:)\$[a-z_]\w*+(?=:|$)|%(?![0-9a-f]{2})|%[a-z_]{3}\w*+%",
    re.IGNORECASE,
)


def emails(text: str) -> Iterator[Span]:
    for found in _EMAIL.finditer(text):
        domain = found[3].lower()
        if domain not in _COUNTRIES and domain not in _GENERIC and not domain.startswith("xn--"):
            continue
        if _REPOSITORY.match(found[1]) or (domain in _FILES and found[2].count(".") == 1 and found[2][0].isdigit()):
            continue
        start = found.start(1) + (2 if _STRING.match(found[1]) else 0)
        if not _IN_URL.search(text, max(0, start - 64), start):
            yield Span(start, found.end(1), "email")


def ip_addresses(text: str) -> Iterator[Span]:
    """Without those that are everybody's own (loopback), nobody's (0.0.0.0), or masks of networks."""
    for found in _IPV4.finditer(text) if _PERHAPS_IPV4.search(text) else ():
        address = IPv4Address(found.group())
        if _is_nobodys(address) or _is_mask(address):
            continue
        start, stop = found.span()
        if _VERSION_WORDS.search(text, max(0, start - 24), start):
            continue
        if _may_be_version(address.packed) and not _is_at(text, start, stop):
            continue
        yield Span(start, stop, "ip")
    if _PERHAPS_IPV6.search(text):
        for found in _IPV6.finditer(text):
            groups = [group for group in found.group().split(":") if group]
            if len(groups) < 3 or not any(one.isdigit() for one in found.group()) or max(map(len, groups)) < 3:
                continue
            try:
                address6 = ip_address(found.group())
            except ValueError:
                continue
            if not _is_nobodys(address6):
                yield Span(*found.span(), "ip")


def _may_be_version(octets: bytes) -> bool:
    return max(octets) < _SMALL or (octets[0] < _SMALL // 2 and octets[0] != 10 and 0 in octets[1:3])


def _is_at(text: str, start: int, stop: int) -> bool:
    """Whether a word before an address, or a port or prefix behind it, says that it is one."""
    return bool(_IP_WORDS.search(text[max(0, start - BEFORE) : start]) or _IP_WORDS.match(text[stop : stop + AFTER]))


def _is_nobodys(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified or address.is_multicast or address.packed[0] == 0


def _is_mask(address: IPv4Address) -> bool:
    """255.255.255.0, and what ends a network of 256 addresses at either side (10.0.0.0 is no machine)."""
    bits = f"{int(address):032b}"
    return (
        (address.packed[0] == 255 and "01" not in bits) or address.packed[0] == 255 or address.packed[1:] == b"\0\0\0"
    )


def url_secrets(text: str) -> Iterator[Span]:
    """User and password before a host, and the values of parameters that are called token, key and the like."""
    if "://" not in text:
        return
    for url in _URL.finditer(text):
        for pattern in (_USER, _QUERY):
            for found in pattern.finditer(text, url.start(), url.end()):
                if not _EXAMPLE.search(found[1]) and (pattern is _USER or _is_random(found[1])):
                    yield Span(*found.span(1), "url")


def _is_random(value: str) -> bool:
    """Whether a value is made by a machine: long enough, letters and digits mixed."""
    return (
        len(value) >= 8 and bool(re.search(r"\d", value)) and (bool(re.search(r"[A-Za-z]", value)) or len(value) > 15)
    )
