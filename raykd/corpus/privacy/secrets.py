"""Keys and tokens known by their form: of cloud providers and code hosts, JWTs, private keys, bearer tokens."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from raykd.corpus.privacy.spans import Span

# What a text must hold for the pattern beside it to be looked for: an `in` is twenty times as fast.
_FORMS = tuple(
    (hints, re.compile(pattern, re.ASCII))
    for hints, pattern in (
        (("AKIA", "ASIA"), r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        (("gho_", "ghp_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
        (("github_pat_",), r"\bgithub_pat_[A-Za-z0-9_]{40,255}\b"),
        (("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}"),
        (("xox",), r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
        (("sk_live_", "sk_test_", "rk_live_", "pk_live_"), r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}"),
        (("sk-",), r"(?<![A-Za-z0-9-])sk-(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{24,}"),
        (("AIza",), r"(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        (("ya29.",), r"\bya29\.[A-Za-z0-9_-]{20,}"),
        (("SG.",), r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
        (("hf_",), r"\bhf_[A-Za-z0-9]{30,}\b"),
        (("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
        (
            ("PRIVATE KEY-----",),
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s(?:Proc-Type|DEK-Info): [A-Za-z0-9,-]{1,80})*"
            r"[A-Za-z0-9+/=\s:,]{60,}+(?:-----END [A-Z ]*PRIVATE KEY-----)?",
        ),
    )
)
_HINTS = tuple((hint, pattern) for hints, pattern in _FORMS for hint in hints)
_WITHOUT_UNDERSCORE = tuple((hint, pattern) for hint, pattern in _HINTS if "_" not in hint)
_SHORTEST = 15  # characters of any of these keys
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{10,}")
_AUTHORIZATION = re.compile(
    r"\b(?:Bearer|bearer|BEARER|Basic|basic)\s+(?=[A-Za-z+/._~=-]*\d)(?=[^\s]*[A-Za-z])([A-Za-z0-9+/._~-]{16,}={0,2})",
    re.ASCII,
)


def keys(text: str) -> Iterator[Span]:
    if len(text) < _SHORTEST:
        return
    patterns = [pattern for hint, pattern in (_HINTS if "_" in text else _WITHOUT_UNDERSCORE) if hint in text]
    for pattern in dict.fromkeys(patterns):
        yield from (Span(*found.span(), "key") for found in pattern.finditer(text))
    if "eyJ" in text:
        yield from (Span(*found.span(), "key") for found in _JWT.finditer(text))
    if "earer" in text or "BEARER" in text or "asic" in text:
        for found in _AUTHORIZATION.finditer(text):
            if found.group()[:1] in "Bb" and (found.group()[1] in "eE" or _holds_a_colon(found[1])):
                yield Span(*found.span(1), "key")


def _holds_a_colon(value: str) -> bool:
    """Whether base64 of `user:password`, as HTTP's Basic has it, and no word after "basic"."""
    try:
        return b":" in base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
