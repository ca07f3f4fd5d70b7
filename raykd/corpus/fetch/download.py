"""An archive from a web server: continued where it broke off, checked, and either whole or not there."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import requests

from raykd.corpus.fetch.catalogue import Archive
from raykd.corpus.fetch.http import bare, checked, send, wait
from raykd.errors import InputError

CHUNK = 1 << 16  # what a broken connection loses at most

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, bytes in all

_log = logging.getLogger(__name__)


def fetch_archive(session: requests.Session, archive: Archive, progress: Progress) -> None:
    """Fetch an archive to its target, and write `<target>.json`: address, the one that redirects led to, bytes, sha256,
    and what it was checked by. Links that lie in the place of its files are not followed.

    What an earlier call left as a part is continued. Raises InputError for a file that the server does not have or
    that does not fit its size or checksum, and for a full disk; requests.RequestException when the server does not
    answer (`http.wait`), after which another call goes on.
    """
    try:
        archive.target.parent.mkdir(parents=True, exist_ok=True)
        final = _transfer(session, archive, progress)
        record: dict[str, object] = {"address": bare(archive.address), **({"redirected_to": final} if final else {})}
        record |= _check(archive, progress)
        with _open(archive.target.with_name(f"{archive.target.name}.json"), "wb") as file:
            file.write((json.dumps(record, indent=1) + "\n").encode())
        os.replace(archive.part, archive.target)
        for part in archive.target.parent.glob(f"{archive.target.name}.*.part"):
            part.unlink()  # of a version that the server no longer has
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise
        missing = f"free some space, {archive.size - archive.part_size:,} bytes are still to come"
        what = missing if error.errno == errno.ENOSPC else "choose another fetch.directory"
        raise InputError(f"{archive.target}: {error.strerror or error}; {what}") from error


def _open(path: Path, mode: str) -> BinaryIO:
    """Raises OSError where a link lies in its place."""
    return cast(BinaryIO, open(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o644)))


def _transfer(session: requests.Session, archive: Archive, progress: Progress) -> str:
    """Append to the part until it has the size of the archive, waiting and going on whenever the connection breaks.

    Returns the address that redirects led to, "" where there was none.
    """
    furthest, failures, final = archive.part_size, 0, ""
    while archive.part_size < archive.size:
        try:
            final = _append(session, archive, progress)
        except requests.RequestException as error:
            failures = 0 if archive.part_size > furthest else failures + 1
            furthest = max(furthest, archive.part_size)
            wait(failures, error)
    return final


def _append(session: requests.Session, archive: Archive, progress: Progress) -> str:
    """One request for all that is not there yet. Raises requests.RequestException where it breaks off, and InputError
    where it goes on beyond the size of the archive."""
    have = archive.part_size
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    if have and archive.if_range:
        headers["If-Range"] = archive.if_range  # a file that has changed since comes from its start
    with send(session, "GET", archive.address, archive.private, headers=headers, stream=True) as answer:
        if checked(answer).status_code != 206:
            have = 0  # the server knows no ranges and sends the file from its start
        elif answer.headers.get("Content-Range") != f"bytes {have}-{archive.size - 1}/{archive.size}":
            raise requests.ConnectionError(f"{archive.address}: asked for the bytes from {have}, got others")
        with _open(archive.part, "ab" if have else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                have += len(chunk)
                if have > archive.size:
                    archive.part.unlink()
                    raise InputError(
                        f"{archive.address}: more than its {archive.size:,} bytes came; what came is deleted, the same "
                        "command fetches it anew"
                    )
                file.write(chunk)
                progress("fetching", have, archive.size)
    if have < archive.size:
        raise requests.ConnectionError(f"{archive.address}: ended after {have:,} of {archive.size:,} bytes")
    return "" if answer.url == archive.address else bare(answer.url)


def _check(archive: Archive, progress: Progress) -> dict[str, object]:
    """Read what is on the disk. A part that does not fit goes, since nothing tells which of its bytes are bad."""
    sha256 = hashlib.sha256()
    given = hashlib.new(archive.checksum[0]) if archive.checksum else None
    size = 0
    with _open(archive.part, "rb") as file:
        while chunk := file.read(CHUNK):
            sha256.update(chunk)
            if given:
                given.update(chunk)
            size += len(chunk)
            progress("checking", size, archive.size)
    problem = f"{size:,} bytes came, not {archive.size:,}" if size != archive.size else ""
    if given and archive.checksum and not problem and given.hexdigest() != archive.checksum[1]:
        kind, digest = archive.checksum
        by = "fetch.sha256 says" if kind == "sha256" else "the server lists"
        problem = f"its {kind} is {given.hexdigest()}, but {by} {digest}"
    if problem:
        archive.part.unlink()
        raise InputError(f"{archive.address}: {problem}; what came is deleted, the same command fetches it anew")
    if not archive.checksum:
        _log.warning(
            "%s is UNCHECKED: the server gives no checksum, so only its size is known to fit. Compare its sha256 with "
            "one that you trust: %s",
            archive.target,
            sha256.hexdigest(),
        )
    return {
        "bytes": size,
        "sha256": sha256.hexdigest(),
        "checked": ":".join(archive.checksum) if archive.checksum else "size alone",
    }
