"""The filesystem behind a path or URL, and which extra of raykd brings it."""

from __future__ import annotations

from typing import Any

import fsspec

from raykd.errors import InputError

EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "abfs"),
}


def filesystem_of(url: str, **options: Any) -> tuple[fsspec.AbstractFileSystem, str]:
    """The filesystem and the path on it. Raises InputError where it is unknown, not installed or cannot be opened."""
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **options)
    except (ImportError, ValueError, OSError) as error:
        extra = EXTRAS.get(url.split("://")[0])
        missing = extra and not isinstance(error, OSError)
        how = f"install what reads it with: pip install 'raykd[{extra}]'" if missing else " ".join(str(error).split())
        raise InputError(f"{url}: {how}") from error
    return filesystem, str(path)
