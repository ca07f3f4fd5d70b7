"""The filesystem behind a path or URL, how long it is waited for, and which extra of raykd brings it.

Credentials and endpoints come from where each store's own tools take them (AWS_* variables, profiles and instance
roles, Google's and Azure's default credentials) or from fsspec's configuration (FSSPEC_S3 and so on,
https://filesystem-spec.readthedocs.io/en/latest/features.html#configuration), never from a config of ours.
"""

from __future__ import annotations

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


def filesystem_of(url: str, **options: Any) -> tuple[fsspec.AbstractFileSystem, str]:
    """The filesystem and the path on it, with timeouts and retries that fsspec's configuration may change.

    Raises InputError where it is unknown, not installed or cannot be opened.
    """
    scheme = url.split("://")[0] if "://" in url else "file"
    extra = EXTRAS.get(scheme)
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **_patience(scheme), **options)
    except (ImportError, ValueError, OSError) as error:
        if not extra and "Protocol not known" in str(error):
            what = f"no store is reached by {scheme}://; give a path, or s3://, gs://, abfs:// or hf://"
            raise InputError(f"{url}: {what}") from error
        missing = extra and not isinstance(error, OSError)
        how = f"install what reads it with: pip install 'raykd[{extra}]'" if missing else " ".join(str(error).split())
        raise InputError(f"{url}: {how}") from error
    return filesystem, str(path)


def is_local(filesystem: fsspec.AbstractFileSystem) -> bool:
    """Whether it is this machine's own disks, or what is mounted there."""
    return "file" in ((filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol)


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
