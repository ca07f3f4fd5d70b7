"""Which Stack Exchange archives an experiment wants, and how their server describes them.

archive.org lists the files of an item in `<item>_files.xml`: `<file name="..."><size/><md5/><sha1/></file>`
(https://archive.org/developers/items.html). A site is one `<site>.7z`; stackoverflow.com is cut by table, its posts in
`stackoverflow.com-Posts.7z`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from xml.parsers import expat

import requests

from raykd.artifacts import retry
from raykd.artifacts.filesystems import filesystem_of
from raykd.config import Fetch
from raykd.corpus.fetch.http import ask, bare, length, send
from raykd.corpus.xml_parser import DeclarationError, safe_parser
from raykd.errors import InputError

ENDINGS = ("-Posts.7z", ".7z")  # the smaller one first, where a server has both
CHECKSUMS = {"sha1": 40, "md5": 32}  # of a listing, the stronger one first, and their digits
LISTING_BYTES = 64 << 20  # archive.org's longest have some 10,000 files of 500 bytes


@dataclass(frozen=True)
class Archive:
    """A site's archive on its server, and the file it becomes.

    checksum: (algorithm, hexadecimal digest), None where neither the config nor the server gives one; version: tells
    two contents of one address apart, so that a part of the one is never continued with the other.
    """

    address: str
    target: Path
    size: int
    checksum: tuple[str, str] | None
    version: str
    private: bool = False  # whether redirects may lead into private networks

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
        return self.part.lstat().st_size if self.part.exists() else 0


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
    if not retry.ask(filesystem, "exists", path):
        return False
    if not retry.ask(filesystem, "exists", f"{path}.json"):
        return True  # copied there by hand
    try:
        return bool(
            json.loads(retry.ask(filesystem, "cat_file", f"{path}.json"))["bytes"]
            == retry.ask(filesystem, "size", path)
        )
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
    listing = _read_listing(session, fetch, address)
    archives = [
        _find_unlisted(session, fetch, address, site, Path(path))
        if listing is None
        else _find_listed(listing, address, site, Path(path))
        for path, site in missing.items()
    ]
    archives = [
        replace(archive, checksum=_pinned(fetch, site) or archive.checksum, private=fetch.private_redirects)
        for archive, site in zip(archives, missing.values(), strict=True)
    ]
    _check_space(Path(fetch.directory).absolute(), archives)
    return archives


def _pinned(fetch: Fetch, site: str) -> tuple[str, str] | None:
    return ("sha256", fetch.sha256[site]) if site in fetch.sha256 else None


def _read_listing(session: requests.Session, fetch: Fetch, address: str) -> dict[str, _Listed] | None:
    """The files of an archive.org item by name; None where the server has no such listing."""
    listing = f"{address}/{address.rsplit('/', 1)[-1]}_files.xml"
    plain = {"Accept-Encoding": "identity"}  # what comes is as long as it says

    def get() -> requests.Response:
        return send(session, "GET", listing, fetch.private_redirects, headers=plain, stream=True)

    with ask(get) as answer:
        if answer.status_code == 404:
            return None
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise InputError(f"{bare(answer.url)}: sent compressed, though asked not to; check fetch.address")
        content = answer.raw.read(LISTING_BYTES + 1)
    if len(content) > LISTING_BYTES:
        raise InputError(f"{listing}: a listing of more than {LISTING_BYTES:,} bytes; check fetch.address")
    try:
        files = _parse_listing(content)
    except (expat.ExpatError, DeclarationError, KeyError) as error:
        raise InputError(f"{listing}: not a listing of files ({error}); check fetch.address") from error
    return {
        file["name"]: _Listed(
            length(answer, file["size"]),
            next(
                (
                    (kind, file[kind].lower())
                    for kind, digits in CHECKSUMS.items()
                    if re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", file.get(kind, ""))
                ),
                None,
            ),
        )
        for file in files
        if file.get("size")  # it does not know its own
    }


def _parse_listing(content: bytes) -> list[dict[str, str]]:
    """Of every <file> its name and the texts of its elements."""
    files: list[dict[str, str]] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name)
        if inside[1:] == ["file"]:
            files.append({"name": attributes["name"]})

    def characters(text: str) -> None:
        if len(inside) == 3 and inside[1] == "file":
            files[-1][inside[2]] = files[-1].get(inside[2], "") + text

    parser = safe_parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: inside.pop()
    parser.CharacterDataHandler = characters
    parser.Parse(content, True)
    return files


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


def _find_unlisted(session: requests.Session, fetch: Fetch, address: str, site: str, target: Path) -> Archive:
    for ending in ENDINGS:
        file = f"{address}/{site}{ending}"
        answer = ask(partial(send, session, "HEAD", file, fetch.private_redirects))
        if answer.status_code == 404:
            continue
        headers = answer.headers
        if "Content-Length" not in headers:
            raise InputError(f"{file}: the server gives neither a size nor a checksum; use another fetch.address")
        version = headers.get("ETag") or headers.get("Last-Modified") or ""
        return Archive(file, target, length(answer, headers["Content-Length"]), None, version)
    raise InputError(f"fetch.sites: {file}: 404, no such file; check the site and fetch.address")


def _check_space(directory: Path, archives: list[Archive]) -> None:
    needed = sum(archive.size - archive.part_size for archive in archives)
    there = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise InputError(
            f"fetch.directory: {needed:,} bytes to fetch, but {free:,} are free on the disk of {there}; "
            "free some, or choose another directory"
        )
