"""The filesystem behind a path or URL, how long it is waited for, and which extra of raykd brings it.

Credentials and endpoints come from where each store's own tools take them (AWS_* variables, profiles and instance
roles, Google's and Azure's default credentials) or from fsspec's configuration (FSSPEC_S3 and so on,
https://filesystem-spec.readthedocs.io/en/latest/features.html#configuration), never from a config of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import fsspec

from raykd.errors import InputError

EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "abfs"),
}
CONNECT_SECONDS = 10
READ_SECONDS = 30  # without a single byte; the stores' own default is a minute or more
ATTEMPTS = 5  # of one request to S3; s3fs tries five times more where nothing answers at all
# Anywhere, since an address may be chained (simplecache::s3://...), and keys of S3 may have slashes in them.
PASSWORD = re.compile(r"://[^/@\s]*:(?!\d+/)[^@\s]*@|\bhttps?://[^/@\s]+@")
SIGNATURE = re.compile(
    r"[?&#;](sig|X-Amz-\w+|X-Goog-\w+|AWSAccessKeyId|Signature|[\w-]*(token|secret|password|passwd)|"
    r"([\w-]*(api|access|account|private)[_-]?)?key|pwd|auth)=",
    re.IGNORECASE,
)


def filesystem_of(url: str, **options: Any) -> tuple[fsspec.AbstractFileSystem, str]:
    """The filesystem and the path on it, with timeouts and retries that fsspec's configuration may change.

    Raises InputError where it is unknown, not installed or cannot be opened.
    """
    scheme = url.split("://")[0] if "://" in url else "file"
    extra = EXTRAS.get(scheme)
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **_patience(scheme), **options)
    except (ImportError, ValueError, OSError) as error:
        missing = extra and not isinstance(error, OSError)
        how = f"install what reads it with: pip install 'raykd[{extra}]'" if missing else " ".join(str(error).split())
        raise InputError(f"{url}: {how}") from error
    return filesystem, str(path)


def check_no_credentials(values: Any, where: str = "") -> None:
    """Raises InputError, which names the key but no secret, where an address in a tree of settings holds one."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            check_no_credentials(value, f"{where}.{key}" if where else str(key))
    elif isinstance(values, (list, tuple)):
        for index, value in enumerate(values):
            check_no_credentials(value, f"{where}.{index}")
    elif isinstance(values, str) and (PASSWORD.search(values) or ("://" in values and SIGNATURE.search(values))):
        raise InputError(
            f"{where}: an address with a password, key or signature in it, which manifests and reports would show; "
            "take it out, and give credentials by the store's own means (docs/storage.md)"
        )


def _patience(scheme: str) -> dict[str, Any]:
    """How long one request may take and how often it is tried, in each filesystem's own words."""
    given = {name: value for key in _names(scheme) for name, value in fsspec.config.conf.get(key, {}).items()}
    match EXTRAS.get(scheme):
        case "s3":
            waits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
            retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
            ours: dict[str, Any] = {"config_kwargs": {**waits, "retries": retries, **given.get("config_kwargs", {})}}
            return ours
        case "gcs":
            import aiohttp

            # gcsfs tries six times by itself.
            ours = {"requests_timeout": aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)}
        case "abfs":
            # Azure's client tries four times by itself.
            ours = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        case _:
            ours = {}
    return {name: value for name, value in ours.items() if name not in given}


def _names(scheme: str) -> list[str]:
    """All names of the store of a scheme: fsspec's configuration may use any."""
    return [name for name, extra in EXTRAS.items() if extra == EXTRAS.get(scheme)]
