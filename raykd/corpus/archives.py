"""Which Stack Exchange archives an experiment wants, and how their server describes them.

archive.org lists the files of an item in `<item>_files.xml`: `<file name="..."><size/><md5/><sha1/></file>`
(https://archive.org/developers/items.html). A site is one `<site>.7z`; stackoverflow.com is cut by table, its posts in
`stackoverflow.com-Posts.7z`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import requests

from raykd.artifacts.filesystems import filesystem_of
from raykd.config import Fetch
from raykd.corpus.web import TIMEOUT, ask
from raykd.errors import InputError

ENDINGS = ("-Posts.7z", ".7z")  # the smaller one first, where a server has both
CHECKSUMS = ("sha1", "md5")  # of a listing, the stronger one first


@dataclass(frozen=True)
class Archive:
    """A site's archive on its server, and the file it becomes.

    checksum: (algorithm, hexadecimal digest), None where the server gives none; version: tells two contents of one
    address apart, so that a part of the one is never continued with the other.
    """

    address: str
    target: Path
    size: int
    checksum: tuple[str, str] | None
    version: str

    @property
    def part(self) -> Path:
        digest = hashlib.sha256(f"{self.address} {self.size} {self.version}".encode()).hexdigest()
        return self.target.with_name(f"{self.target.name}.{digest[:8]}.part")

    @property
    def if_range(self) -> str:
        """What a server is told to go on with; "" where it gave neither a strong ETag nor Last-Modified."""
        return "" if self.checksum or self.version.startswith("W/") else self.version

    @property
    def part_size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0


@dataclass(frozen=True)
class _Listed:
    size: int
    checksum: tuple[str, str] | None


def archive_paths(fetch: Fetch) -> dict[str, str]:
    """Where each archive lies once it is fetched: path -> site."""
    return {
        f"{fetch.directory.rstrip('/')}/{language}/{site}.7z": site
        for language, sites in fetch.sites.items()
        for site in sites
    }


def missing_archives(fetch: Fetch) -> dict[str, str]:
    """Those of `archive_paths` that are not there, or have another size than the record beside them says."""
    return {path: site for path, site in archive_paths(fetch).items() if not _is_whole(path)}


def _is_whole(path: str) -> bool:
    filesystem, path = filesystem_of(path)
    if not filesystem.exists(path):
        return False
    if not filesystem.exists(f"{path}.json"):
        return True  # copied there by hand
    try:
        return bool(json.loads(filesystem.cat_file(f"{path}.json"))["bytes"] == filesystem.size(path))
    except (ValueError, KeyError, TypeError):
        return False


def find_archives(session: requests.Session, fetch: Fetch) -> list[Archive]:
    """The missing archives, as their server describes them.

    Raises InputError for a directory that is no local path, a site that the server does not have, and a disk that is
    too small for them.
    """
    missing = missing_archives(fetch)
    if not missing:
        return []
    if "://" in fetch.directory:
        raise InputError(
            f"fetch.directory: {next(iter(missing))} is not there, and only a local path can be fetched to; fetch "
            "with fetch.directory=PATH and copy the files there"
        )
    address = fetch.address.rstrip("/")
    listing = _read_listing(session, address)
    archives = [
        _find_unlisted(session, address, site, Path(path))
        if listing is None
        else _find_listed(listing, address, site, Path(path))
        for path, site in missing.items()
    ]
    _check_space(Path(fetch.directory).absolute(), archives)
    return archives


def _read_listing(session: requests.Session, address: str) -> dict[str, _Listed] | None:
    """The files of an archive.org item by name; None where the server has no such listing."""
    listing = f"{address}/{address.rsplit('/', 1)[-1]}_files.xml"
    answer = ask(lambda: session.get(listing, timeout=TIMEOUT))
    if answer.status_code == 404:
        return None
    try:
        return {
            file.attrib["name"]: _Listed(
                int(file.findtext("size", "")),
                next(((kind, digest) for kind in CHECKSUMS if (digest := file.findtext(kind))), None),
            )
            for file in ElementTree.fromstring(answer.content).findall("file")
            if file.findtext("size")  # it does not know its own
        }
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise InputError(f"{listing}: not a listing of files ({error}); check fetch.address") from error


def _find_listed(listing: dict[str, _Listed], address: str, site: str, target: Path) -> Archive:
    # Some items keep their files in a folder.
    paths = {path.rsplit("/", 1)[-1]: path for path in listing}
    for ending in ENDINGS:
        if path := paths.get(site + ending):
            listed = listing[path]
            return Archive(f"{address}/{path}", target, listed.size, listed.checksum, ":".join(listed.checksum or ()))
    near = difflib.get_close_matches(site, [name.removesuffix(".7z") for name in paths if name.endswith(".7z")])
    hint = f"; near it: {', '.join(near)}" if near else ""
    raise InputError(f"fetch.sites: {address} has no archive of {site}{hint}")


def _find_unlisted(session: requests.Session, address: str, site: str, target: Path) -> Archive:
    for ending in ENDINGS:
        file = f"{address}/{site}{ending}"
        answer = _head(session, file)
        if answer.status_code == 404:
            continue
        headers = answer.headers
        if "Content-Length" not in headers:
            raise InputError(f"{file}: the server gives neither a size nor a checksum; use another fetch.address")
        version = headers.get("ETag") or headers.get("Last-Modified") or ""
        return Archive(file, target, int(headers["Content-Length"]), None, version)
    raise InputError(f"fetch.sites: {file}: 404, no such file; check the site and fetch.address")


def _head(session: requests.Session, file: str) -> requests.Response:
    return ask(lambda: session.head(file, allow_redirects=True, timeout=TIMEOUT))


def _check_space(directory: Path, archives: list[Archive]) -> None:
    needed = sum(archive.size - archive.part_size for archive in archives)
    there = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise InputError(
            f"fetch.directory: {needed:,} bytes to fetch, but {free:,} are free on the disk of {there}; "
            "free some, or choose another directory"
        )
