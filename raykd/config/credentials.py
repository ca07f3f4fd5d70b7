"""A config holds no passwords, keys, tokens or signatures, since manifests and reports show the config.

Not in its addresses, nor by way of the environment: there is no key that a credential is meant for. Stores and the hub
take theirs from where their own tools look (docs/storage.md).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from raykd.errors import InputError

# Anywhere, since an address may be chained (simplecache::s3://...), and keys of S3 may have slashes in them.
PASSWORD = re.compile(r"://[^/@\s]*:(?!\d+/)[^@\s]*@|\bhttps?://[^/@\s]+@")
SIGNATURE = re.compile(
    r"[?&#;](sig|X-Amz-\w+|X-Goog-\w+|AWSAccessKeyId|Signature|[\w-]*(token|secret|password|passwd)|"
    r"([\w-]*(api|access|account|private)[_-]?)?key|pwd|auth)=",
    re.IGNORECASE,
)
# What services put in front of their tokens, so that one is known wherever it stands.
TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:gh[opsu]|hf|github_pat)_[A-Za-z0-9]{20}|(?:glpat|sk|sk-proj|sk-ant|xox[abprs])-[A-Za-z0-9]{20}"
    r"|A[KS]IA[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{10,200}\.)"
)
# Of an environment variable. PWD is a directory, DB_PWD is none.
SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:(?:API|ACCESS|ACCOUNT|PRIVATE)?KEYS?|TOKENS?|SECRETS?|PASS(?:WORD|WD|PHRASE)?|PAT|SAS|CREDENTIALS?"
    r"|SIGNATURE|AUTH|CONNECTION_STRING)(?=$|[_\d-])|[_-]PWD$",
    re.IGNORECASE,
)
SECRET_CHARACTERS = 12  # that the value of such a variable has at least: shorter ones are settings ("token", "true")
_VARIABLE = re.compile(r"\$\{\s*oc\.env\s*:\s*['\"]?([^,}'\"\s]+)")
_PARAMETER = re.compile(r"[?&;#]([^=&;#\s]*)=([^&;#\s]*)")
_VERSIONS = re.compile(r"versionid|generation|snapshot|revision|ref|commit|sha\d*|md5|etag", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{32,}")
_SEGMENT = re.compile(r"[A-Za-z0-9]{20,}")
_MEANS = "give credentials by the store's own means (docs/storage.md)"


def check_no_credentials(values: Any) -> None:
    """Raises InputError, which names the key but no secret, where a tree of resolved settings holds one."""
    secrets = {
        value: name
        for name, value in os.environ.items()
        if SECRET_NAME.search(name) and len(value) >= SECRET_CHARACTERS
    }
    for where, text in _texts(values):
        if name := next((name for value, name in secrets.items() if value in text), ""):
            raise InputError(
                f"{where}: it holds the value of the environment variable {name}, which manifests and reports would "
                f"show; {_MEANS}"
            )
        if TOKEN.search(text) or ("://" in text and _is_signed(text)):
            raise InputError(
                f"{where}: an address with a password, key or signature in it, which manifests and reports would show; "
                f"take it out, and {_MEANS}"
            )


def check_variables(unresolved: Any) -> None:
    """Raises InputError where `${oc.env:NAME}` asks for a variable whose name is that of a secret."""
    for where, text in _texts(unresolved):
        for name in _VARIABLE.findall(text):
            if SECRET_NAME.search(name):
                raise InputError(
                    f"{where}: ${{oc.env:{name}}} has the name of a secret, which manifests and reports would show; "
                    f"{_MEANS}, or rename the variable if it is none"
                )


def _texts(values: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """(key, text) of every text in a tree, keys too."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            inside = f"{where}.{key}" if where else str(key)
            yield where or "the file", str(key)
            yield from _texts(value, inside)
    elif isinstance(values, (list, tuple)):
        for index, value in enumerate(values):
            yield from _texts(value, f"{where}.{index}")
    elif isinstance(values, str):
        yield where, values


def _is_signed(address: str) -> bool:
    if PASSWORD.search(address) or SIGNATURE.search(address):
        return True
    signed = any(
        _is_random(re.sub("[^A-Za-z0-9]", "", unquote(value)), 16, 2) and not _VERSIONS.fullmatch(name)
        for name, value in _PARAMETER.findall(address)
    )
    # A web server's path may be the key itself. Paths of stores are names, for which their credentials are asked.
    path = re.split("[?#]", address)[0] if "http" in address else ""
    return signed or any(_is_random(word, 20, 3) for word in _SEGMENT.findall(path))


def _is_random(word: str, length: int, fewest: int) -> bool:
    """Whether digits, capitals and small letters, or `fewest` of these, take turns as they do by chance and in no name:
    62 % of the time, of two kinds 40 %. Hashes, which are names in paths, count where two kinds do."""
    kinds = ["0" if one.isdigit() else "A" if one.isupper() else "a" for one in word]
    turns, several = sum(one != other for one, other in pairwise(kinds)), len(set(kinds))
    if fewest == 2 and _HEXADECIMAL.search(word):
        return True
    return len(word) >= length and several >= fewest and turns >= (0.45 if several == 3 else 0.3) * len(word)
