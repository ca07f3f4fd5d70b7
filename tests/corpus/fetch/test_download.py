"""Archives fetched from a real server on this machine that breaks off, is busy, lies, and knows ranges or does not."""

import errno
import hashlib
import io
import json
import logging
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import py7zr
import pytest
import requests

from raykd.config import Fetch, StackExchangeSource
from raykd.corpus.fetch import catalogue, download
from raykd.corpus.fetch import http as web
from raykd.corpus.fetch.catalogue import archive_paths, find_archives, missing_archives
from raykd.corpus.fetch.download import CHUNK, fetch_archive
from raykd.corpus.readers import read_unit, split_units
from raykd.errors import InputError
from raykd.sample import write_sample

CONTENT = bytes(range(256)) * 8192  # 2 MiB
SITE = "pt.stackoverflow.com"


@dataclass
class Server:
    """files by name; broken: bytes after which each answer breaks off; busy: answers of 503 still to give."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    listed: bool = True
    sha1: dict[str, str] = field(default_factory=dict)  # where the listing lies
    ranges: bool = True
    broken: list[int] = field(default_factory=list)
    busy: int = 0
    growing: bytes = b""  # what answers to GET hold beyond the file
    if_range: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, name, Range

    def listing(self) -> bytes:
        rows = "".join(
            f'<file name="{name}" source="original"><size>{len(content)}</size><md5>-</md5>'
            f"<sha1>{self.sha1.get(name, hashlib.sha1(content).hexdigest())}</sha1></file>"
            for name, content in self.files.items()
        )
        itself = '<file name="dump_files.xml" source="original"><format>Metadata</format></file>'
        return f"<files>{rows}{itself}</files>".encode()


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            name = self.path.removeprefix("/download/dump/")
            state.asked.append((self.command, name, self.headers.get("Range", "")))
            content = state.listing() if name == "dump_files.xml" and state.listed else state.files.get(name)
            if state.busy:
                state.busy -= 1
                self.send_error(503)
                return
            if content is None:
                self.send_error(404)
                return
            asked = self.headers.get("Range") if state.ranges else None
            state.if_range += [self.headers["If-Range"]] if "If-Range" in self.headers else []
            content += state.growing if self.command == "GET" and name.endswith(".7z") else b""
            tag = f'"{hashlib.md5(content).hexdigest()}"'
            if self.headers.get("If-Range", tag) != tag:
                asked = None
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("ETag", tag)
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content[start:][: state.broken.pop(0) if state.broken and "7z" in name else None])

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        state.address = f"http://127.0.0.1:{running.server_port}/download/dump"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BACK_OFF", 0.001)


@pytest.fixture
def wanted(server: Server, tmp_path: Path) -> Fetch:
    server.files[f"{SITE}.7z"] = CONTENT
    return Fetch(directory=str(tmp_path), sites={"por": (SITE,)}, address=server.address)


def fetch(wanted: Fetch) -> list[tuple[str, int, int]]:
    """Fetches what is missing; returns the progress that was told."""
    told: list[tuple[str, int, int]] = []
    with requests.Session() as session:
        for archive in find_archives(session, wanted):
            fetch_archive(session, archive, lambda *progress: told.append(progress))
    return told


def target(wanted: Fetch) -> Path:
    return Path(wanted.directory, "por", f"{SITE}.7z")


def test_an_archive_comes_whole_and_checked_and_once(server, wanted):
    told = fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT
    record = json.loads(target(wanted).with_name(f"{SITE}.7z.json").read_text())
    assert record == {
        "address": f"{server.address}/{SITE}.7z",
        "bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "checked": f"sha1:{hashlib.sha1(CONTENT).hexdigest()}",
    }
    assert told[-1] == ("checking", len(CONTENT), len(CONTENT))
    assert {what for what, _, _ in told} == {"fetching", "checking"}
    assert sorted(path.name for path in target(wanted).parent.iterdir()) == [f"{SITE}.7z", f"{SITE}.7z.json"]
    server.asked.clear()
    assert fetch(wanted) == []
    assert server.asked == []


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_is_taken_up_again(server, wanted, ranges):
    server.ranges, server.broken = ranges, [5 * CHUNK, 3 * CHUNK, 0, 20 * CHUNK]
    told = fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT
    got = [asked for method, name, asked in server.asked if name.endswith(".7z")]
    starts = [0, 5, 8, 8, 28] if ranges else [0, 5, 3, 0, 20]
    assert got == [f"bytes={start * CHUNK}-" if start else "" for start in starts]
    fetched = [done for what, done, _ in told if what == "fetching"]
    assert (fetched == sorted(fetched)) is ranges


def test_a_later_call_goes_on_from_the_part_and_forgets_one_of_another_version(server, wanted, monkeypatch):
    monkeypatch.setattr(web, "RETRIES", 0)
    server.broken = [10 * CHUNK, 0]
    with pytest.raises(requests.RequestException):
        fetch(wanted)
    assert not target(wanted).exists()
    server.asked.clear()
    fetch(wanted)
    assert server.asked[-1] == ("GET", f"{SITE}.7z", f"bytes={10 * CHUNK}-")
    assert target(wanted).read_bytes() == CONTENT

    target(wanted).unlink()
    server.broken = [10 * CHUNK, 0]
    with pytest.raises(requests.RequestException):
        fetch(wanted)
    server.files[f"{SITE}.7z"] = CONTENT[::-1]
    fetch(wanted)
    assert server.asked[-1] == ("GET", f"{SITE}.7z", "")
    assert target(wanted).read_bytes() == CONTENT[::-1]
    assert not list(target(wanted).parent.glob("*.part"))


def test_a_busy_server_is_asked_again_and_given_up_in_the_end(server, wanted, monkeypatch):
    server.busy = 2
    fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT
    target(wanted).unlink()
    monkeypatch.setattr(web, "RETRIES", 3)
    server.busy, server.asked = 100, []
    with pytest.raises(requests.HTTPError, match="503"):
        fetch(wanted)
    assert len(server.asked) == 4


def test_a_server_that_never_sends_more_is_given_up(server, wanted, monkeypatch):
    monkeypatch.setattr(web, "RETRIES", 3)
    server.ranges, server.broken = False, [CHUNK] * 100
    with pytest.raises(requests.RequestException):
        fetch(wanted)
    assert len(server.asked) == 1 + 1 + 4  # the listing, a first transfer, and four that bring nothing further


def test_what_does_not_fit_its_checksum_is_refused_and_fetched_anew(server, wanted):
    server.sha1[f"{SITE}.7z"] = "0" * 40
    with pytest.raises(InputError, match=rf"{SITE}\.7z: its sha1 is .*, but the server lists 0000.*fetches it anew"):
        fetch(wanted)
    assert list(target(wanted).parent.iterdir()) == []
    server.sha1.clear()
    fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT


def test_an_answer_that_goes_on_beyond_the_size_is_stopped(server, wanted):
    server.growing = bytes(1000 * CHUNK)
    with pytest.raises(InputError, match=rf"{SITE}\.7z: more than its 2,097,152 bytes came.*fetches it anew"):
        fetch(wanted)
    assert list(target(wanted).parent.iterdir()) == []
    server.growing = b""
    fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT


def test_a_file_that_changes_meanwhile_is_not_mixed(server, wanted):
    server.listed, server.broken = False, [5 * CHUNK]
    fetch(wanted)
    assert server.if_range == [f'"{hashlib.md5(CONTENT).hexdigest()}"']

    target(wanted).unlink()
    other = CONTENT[::-1]
    server.broken = [5 * CHUNK]

    def change(what: str, done: int, total: int) -> None:
        server.files[f"{SITE}.7z"] = other

    with requests.Session() as session:
        for archive in find_archives(session, wanted):
            fetch_archive(session, archive, change)
    assert target(wanted).read_bytes() == other


@pytest.mark.parametrize("damage", ["archive", "record"])
def test_an_archive_that_does_not_fit_its_record_is_fetched_again(server, wanted, damage):
    fetch(wanted)
    record = target(wanted).with_name(f"{SITE}.7z.json")
    damaged = target(wanted) if damage == "archive" else record
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert list(missing_archives(wanted)) == [str(target(wanted))]
    fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT
    target(wanted).write_bytes(b"copied by hand")
    record.unlink()
    assert missing_archives(wanted) == {}


def test_without_a_listing_the_size_alone_is_checked_and_that_is_said(server, wanted, caplog):
    server.listed = False
    with caplog.at_level(logging.WARNING):
        fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    assert "UNCHECKED" in caplog.text and sha256 in caplog.text
    record = json.loads(target(wanted).with_name(f"{SITE}.7z.json").read_text())
    assert (record["checked"], record["sha256"]) == ("size alone", sha256)


@pytest.mark.parametrize("listed", [True, False])
def test_the_posts_of_a_site_that_is_cut_by_table_are_taken(server, tmp_path, listed):
    server.listed = listed
    server.files = {"stackoverflow.com-Posts.7z": CONTENT, "stackoverflow.com-Users.7z": b"users"}
    wanted = Fetch(directory=str(tmp_path), sites={"eng": ("stackoverflow.com",)}, address=server.address + "/")
    fetch(wanted)
    assert (tmp_path / "eng/stackoverflow.com.7z").read_bytes() == CONTENT


def test_a_file_in_a_folder_of_the_item_is_found(server, wanted):
    server.files = {f"folder/{SITE}.7z": CONTENT}
    fetch(wanted)
    assert target(wanted).read_bytes() == CONTENT


@pytest.mark.parametrize("listed", [True, False])
def test_a_site_that_the_server_lacks_is_one_clear_line(server, wanted, listed):
    server.listed, server.files = listed, {"es.stackoverflow.com.7z": b"", "other.7z": b""}
    with pytest.raises(InputError, match=r"^fetch\.sites: .*pt\.stackoverflow\.com") as error:
        fetch(wanted)
    assert ("near it: es.stackoverflow.com" in str(error.value)) is listed
    assert "\n" not in str(error.value)


def test_too_small_a_disk_is_refused_with_the_arithmetic(server, wanted, monkeypatch):
    usage = shutil.disk_usage(wanted.directory)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(InputError, match=r"2,097,152 bytes to fetch, but 1,000,000 are free"):
        fetch(wanted)


def test_a_disk_that_fills_up_is_one_clear_line(server, wanted, monkeypatch):
    original = download._open

    def full(path: Path, mode: str):
        file = original(path, mode)
        if path.suffix == ".part" and mode != "rb":
            monkeypatch.setattr(web, "RETRIES", 0)
            raise OSError(errno.ENOSPC, "No space left on device")
        return file

    monkeypatch.setattr(download, "_open", full)
    with pytest.raises(InputError, match=r"No space left on device; free some space, 2,097,152 bytes are still"):
        fetch(wanted)


def test_archives_on_an_object_store_are_found_and_not_fetched(server, wanted):
    there = Fetch(directory="memory://dumps", sites=wanted.sites, address=wanted.address)
    with pytest.raises(InputError, match="only a local path can be fetched to"):
        fetch(there)
    import fsspec

    fsspec.filesystem("memory").pipe_file(f"/dumps/por/{SITE}.7z", CONTENT)
    assert missing_archives(there) == {}
    assert fetch(there) == []


def test_what_was_fetched_is_what_the_reader_reads(server, tmp_path):
    summary = write_sample(tmp_path / "sample", seed=1, languages=["por"], technical=30_000, messages=0, general=0)
    posts = tmp_path / "sample/technical/por/Posts.xml"
    with py7zr.SevenZipFile(tmp_path / "site.7z", "w") as archive:
        archive.write(posts, "Posts.xml")
        archive.writestr(b"<users/>", "Users.xml")
    server.files[f"{SITE}.7z"] = (tmp_path / "site.7z").read_bytes()
    server.broken = [1000, 0]
    wanted = Fetch(directory=str(tmp_path / "data"), sites={"por": (SITE,)}, address=server.address)
    fetch(wanted)
    assert list(archive_paths(wanted)) == [f"{tmp_path}/data/por/{SITE}.7z"]

    def rows(path: str) -> list[tuple[str, str]]:
        source = StackExchangeSource(reader="stackexchange", language="por", path=path)
        return [(row.native_id.split(":")[-1], row.text) for unit in split_units([source]) for row in read_unit(unit)]

    assert rows(f"{tmp_path}/data/por/*.7z") == rows(str(posts))
    assert len(rows(str(posts))) == next(file.documents for file in summary.files if file.path.endswith("Posts.xml"))


@pytest.fixture
def redirecting(server, monkeypatch) -> Iterator[tuple[str, list[str]]]:
    """A second server that sends all who ask to the address that stands in the list; both are on this machine."""
    to: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", to[0] + self.path.removeprefix("/download/dump") if to else "/")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/download/dump", to
        running.shutdown()
        thread.join()


def test_a_redirect_on_the_same_ground_is_followed_and_recorded(server, wanted, redirecting):
    address, to = redirecting
    to.append(server.address)
    fetch(wanted.model_copy(update={"address": address}))
    record = json.loads(target(wanted).with_name(f"{SITE}.7z.json").read_text())
    assert record["address"] == f"{address}/{SITE}.7z"
    assert record["redirected_to"] == f"{server.address}/{SITE}.7z"


@pytest.mark.parametrize(
    ("given", "to", "allowed", "what"),
    [
        ("https://a.org/x", "http://a.org/x", True, "which is not https"),
        ("http://a.org/x", "file:///etc/passwd", True, "which is not https"),
        ("https://a.org/x?key=secret", "https://10.0.0.5/x?token=secret", False, "in a private network"),
        ("https://a.org/x", "https://169.254.169.254/latest/meta-data", False, "in a link-local network"),
        ("https://a.org/x", "https://127.0.0.1/x", False, "in a loopback network"),
        ("https://a.org/x", "https://[::1]/x", False, "in a loopback network"),
        ("https://a.org/x", "https://10.0.0.5/x", True, None),
        ("https://10.0.0.7/x", "https://10.0.0.5/x", False, None),
        ("http://a.org/x", "https://b.org/x", False, None),
    ],
)
def test_redirects_to_less_safe_places_are_refused(monkeypatch, given, to, allowed, what):
    class Session(requests.Session):
        def request(self, method, url, **options):
            assert not options["allow_redirects"]
            answer = requests.Response()
            answer.url, answer.status_code = url, 302 if url == given else 200
            answer.headers["Location"], answer.raw = to, io.BytesIO()
            return answer

    addresses = {"a.org": "93.184.216.34", "b.org": "93.184.216.35"}
    monkeypatch.setattr(
        web.socket, "getaddrinfo", lambda host, port: [(0, 0, 0, "", (addresses.get(host, host.strip("[]")), 0))]
    )
    if what is None:
        assert web.send(Session(), "GET", given, allowed).url == to
        return
    with pytest.raises(InputError, match=what) as error:
        web.send(Session(), "GET", given, allowed)
    assert "secret" not in str(error.value)


def test_redirects_in_a_circle_end(server, wanted, redirecting):
    address, to = redirecting
    to.append(address)
    with pytest.raises(InputError, match="more than 10 redirects"):
        fetch(wanted.model_copy(update={"address": address}))


def test_a_pinned_checksum_decides(server, wanted):
    pinned = wanted.model_copy(update={"sha256": {SITE: "0" * 64}})
    with pytest.raises(InputError, match=r"its sha256 is .*, but fetch\.sha256 says 0000"):
        fetch(pinned)
    fetch(wanted.model_copy(update={"sha256": {SITE: hashlib.sha256(CONTENT).hexdigest()}}))
    record = json.loads(target(wanted).with_name(f"{SITE}.7z.json").read_text())
    assert record["checked"] == f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    with pytest.raises(ValueError, match="is not among the sites"):
        Fetch(directory="x", sites={"por": (SITE,)}, sha256={"other.org": "0" * 64})


@pytest.mark.parametrize("name", ["part", "json"])
def test_a_link_in_the_place_of_a_file_is_not_followed(server, wanted, tmp_path, name):
    (tmp_path / "victim").write_text("")
    with requests.Session() as session:
        (archive,) = find_archives(session, wanted)
    archive.target.parent.mkdir(parents=True)
    link = archive.part if name == "part" else archive.target.with_name(f"{SITE}.7z.json")
    link.symlink_to(tmp_path / "victim")
    with pytest.raises(InputError, match=r"choose another fetch\.directory"):
        fetch(wanted)
    assert (tmp_path / "victim").read_bytes() == b""


@pytest.mark.parametrize(
    "listing",
    [
        b'<!DOCTYPE files [<!ENTITY a "b">]><files/>',
        b"<files>" + b'<file name="x"><size>1_0</size></file></files>',
        b'<files><file name="x"><size>-1</size></file></files>',
        b"<files><file><size>1</size></file></files>",
        b"<files>",
    ],
)
def test_a_hostile_listing_is_one_line(server, wanted, monkeypatch, listing):
    monkeypatch.setattr(type(server), "listing", lambda self: listing)
    with pytest.raises(InputError, match=r"not a listing of files|as a size") as error:
        fetch(wanted)
    assert "\n" not in str(error.value)


def test_a_listing_without_end_is_stopped(server, wanted, monkeypatch):
    monkeypatch.setattr(catalogue, "LISTING_BYTES", 1000)
    monkeypatch.setattr(type(server), "listing", lambda self: b"<files>" + b" " * 5000)
    with pytest.raises(InputError, match="a listing of more than 1,000 bytes"):
        fetch(wanted)


@pytest.mark.parametrize(
    ("asked", "seconds"), [("7", 7), ("999999", 120), ("٣", 1), ("1e9", 1), ("-1", 1), ("soon", 1)]
)
def test_how_long_a_server_asks_to_wait_is_read_strictly(monkeypatch, asked, seconds):
    slept: list[float] = []
    monkeypatch.setattr(web.time, "sleep", slept.append)
    monkeypatch.setattr(web, "BACK_OFF", 1.0)
    answer = requests.Response()
    answer.headers["Retry-After"] = asked
    web.wait(1, requests.HTTPError(response=answer))
    assert slept == [seconds]
