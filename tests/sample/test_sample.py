"""The files of a sample: formats, sizes, settings, determinism."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from raykd.errors import InputError
from raykd.sample import LANGUAGES, SAMPLE_VERSION, SampleSummary, write_sample

SIZE = 200_000
ANGLED = ("eng", "spa")  # their tags are written <a><b>, those of the others |a|b|
KINDS = {
    "technical": "technical/{}/Posts.xml",
    "messages": "messages/{}.jsonl",
    "general": "general/{}.jsonl",
}

# The beginnings of the sha256 of the files of seed 56 and SIZE. Other bytes need another SAMPLE_VERSION.
SHA256 = {
    "technical/eng/Posts.xml": "53f9d34d454396d0",
    "technical/jpn/Posts.xml": "b71912a842d362a6",
    "technical/por/Posts.xml": "6f479270cbc59bec",
    "technical/rus/Posts.xml": "af83a05dfee14fd6",
    "technical/spa/Posts.xml": "b7b0538cd6dbe247",
    "messages/eng.jsonl": "c03153898b8031bf",
    "messages/jpn.jsonl": "9d9d190fdd87e790",
    "messages/por.jsonl": "afc93a00e718baa5",
    "messages/rus.jsonl": "2d69a8930c87f9bb",
    "messages/spa.jsonl": "42886618b964d860",
    "general/eng.jsonl": "93ce4bf9c4763bb7",
    "general/jpn.jsonl": "e8a039f1d30391ad",
    "general/por.jsonl": "37fee11daeb095ca",
    "general/rus.jsonl": "bb82de6a23ce6cf0",
    "general/spa.jsonl": "71ee45e089f1874c",
}


def _write(directory: Path, seed: int = 56, size: int = 20_000) -> SampleSummary:
    return write_sample(directory, seed=seed, languages=[*LANGUAGES], technical=size, messages=size, general=size)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample")
    _write(directory, size=SIZE)
    return directory


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    """A small sample, which no test may change."""
    directory = tmp_path_factory.mktemp("written")
    return directory, _write(directory)


@pytest.fixture
def copied(written: tuple[Path, SampleSummary], tmp_path: Path) -> SampleSummary:
    """The small sample in tmp_path."""
    shutil.copytree(written[0], tmp_path, dirs_exist_ok=True)
    return written[1]


def _rows(sample: Path, language: str) -> list[dict[str, str]]:
    root = ElementTree.parse(sample / "technical" / language / "Posts.xml").getroot()
    assert root.tag == "posts"
    return [row.attrib for row in root]


def _json_lines(sample: Path, kind: str, language: str) -> list[dict[str, object]]:
    with (sample / kind / f"{language}.jsonl").open(encoding="utf-8", newline="\n") as stream:
        return [json.loads(line) for line in stream]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_hit(sample: Path, kind: str, language: str) -> None:
    assert (sample / KINDS[kind].format(language)).stat().st_size == pytest.approx(SIZE, rel=0.05)


@pytest.mark.parametrize("language", LANGUAGES)
def test_posts_are_written_as_a_dump_is(sample: Path, language: str) -> None:
    content = (sample / "technical" / language / "Posts.xml").read_bytes()
    assert content.startswith(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n  <row Id=')
    assert content.endswith(b" />\r\n</posts>\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b"&#xA;" in content
    rows = _rows(sample, language)
    lines = content.decode("utf-8-sig").split("\r\n")[2:-2]
    assert [ElementTree.fromstring(line).attrib for line in lines] == rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_have_the_attributes_of_a_dump(sample: Path, language: str) -> None:
    rows = _rows(sample, language)
    always = {
        "Id",
        "PostTypeId",
        "CreationDate",
        "Score",
        "Body",
        "LastActivityDate",
        "CommentCount",
        "ContentLicense",
    }
    sometimes = {"OwnerUserId", "OwnerDisplayName", "LastEditorUserId", "LastEditDate"}
    of_questions = {"ViewCount", "Title", "Tags", "AnswerCount"}
    sometimes_of_questions = {"AcceptedAnswerId", "FavoriteCount", "ClosedDate"}
    for row in rows:
        if row["PostTypeId"] == "1":
            required, optional = always | of_questions, sometimes | sometimes_of_questions
        else:
            assert row["PostTypeId"] == "2"
            required, optional = always | {"ParentId"}, sometimes | {"CommunityOwnedDate"}
        assert required <= row.keys() <= required | optional
    for name in ("LastEditDate", "AcceptedAnswerId", "FavoriteCount"):
        present = sum(name in row for row in rows)
        assert 0 < present < len(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_belong_to_their_questions(sample: Path, language: str) -> None:
    rows = _rows(sample, language)
    numbers = [int(row["Id"]) for row in rows]
    assert numbers == sorted(set(numbers))
    questions = {row["Id"]: row for row in rows if row["PostTypeId"] == "1"}
    answers = {row["Id"]: row for row in rows if row["PostTypeId"] == "2"}
    counts = Counter(row["ParentId"] for row in answers.values())
    for number, question in questions.items():
        assert int(question["AnswerCount"]) == counts[number]
        if "AcceptedAnswerId" in question:
            assert answers[question["AcceptedAnswerId"]]["ParentId"] == number
    for answer in answers.values():
        assert answer["CreationDate"] >= questions[answer["ParentId"]]["CreationDate"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_tags_have_the_form_of_the_language(sample: Path, language: str) -> None:
    form = r"(<[^<>|]+>){1,4}" if language in ANGLED else r"\|([^<>|]+\|){1,4}"
    tags = [row["Tags"] for row in _rows(sample, language) if row["PostTypeId"] == "1"]
    assert all(re.fullmatch(form, entry) for entry in tags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_bodies_are_html(sample: Path, language: str) -> None:
    bodies = [row["Body"] for row in _rows(sample, language)]
    for part in ("<pre><code>", "<code>", "<li>", '<a href="https://', "&lt;"):
        assert any(part in body for body in bodies), part
    for body in bodies:
        ElementTree.fromstring(f"<body>{body}</body>")  # well-formed, so every < of a call or of code is escaped


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_have_their_fields(sample: Path, language: str) -> None:
    messages = _json_lines(sample, "messages", language)
    fields = ["id", "conversation", "turn", "company", "language", "label", "origin", "text"]
    assert all(list(message) == fields for message in messages)
    assert len({message["id"] for message in messages}) == len(messages)
    companies = {str(message["company"]) for message in messages}
    assert len(companies) >= 8
    assert {company.split("-")[1] for company in companies} == {
        "retail", "telecommunications", "finance", "airline",
    }  # fmt: skip
    assert {message["language"] for message in messages} == {language}
    labels = Counter(message["label"] for message in messages)
    assert set(labels) == {"", "intentional", "not intentional"}
    assert labels[""] / len(messages) == pytest.approx(0.7, abs=0.06)
    labelled = [message for message in messages if message["label"]]
    translated = sum(message["origin"] == "translated" for message in labelled)
    assert all(message["origin"] == "natural" for message in messages if not message["label"])
    assert translated / len(labelled) == pytest.approx(0 if language == "eng" else 0.5, abs=0.12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_conversations_keep_to_one_company_and_count_their_turns(sample: Path, language: str) -> None:
    conversations: dict[object, list[dict[str, object]]] = {}
    for message in _json_lines(sample, "messages", language):
        conversations.setdefault(message["conversation"], []).append(message)
    for messages in conversations.values():
        assert len({message["company"] for message in messages}) == 1
        assert [message["turn"] for message in messages] == list(range(1, len(messages) + 1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_articles_have_their_fields(sample: Path, language: str) -> None:
    articles = _json_lines(sample, "general", language)
    assert all(list(article) == ["id", "text"] and article["text"] for article in articles)
    assert len({article["id"] for article in articles}) == len(articles)


def test_the_bytes_are_those_of_this_version(sample: Path) -> None:
    assert SAMPLE_VERSION == 1
    found = {path: hashlib.sha256((sample / path).read_bytes()).hexdigest()[:16] for path in SHA256}
    assert found == SHA256


def test_the_manifest_describes_the_files(tmp_path: Path, copied: SampleSummary) -> None:
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["version"] == SAMPLE_VERSION
    assert manifest["settings"] == {
        "seed": 56,
        "languages": [*LANGUAGES],
        "sizes": {"technical": 20_000, "messages": 20_000, "general": 20_000},
    }
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {file["path"] for file in manifest["files"]} | {"manifest.json"}
    for file, described in zip(manifest["files"], copied.files, strict=True):
        content = (tmp_path / file["path"]).read_bytes()
        assert file["bytes"] == described.bytes == len(content)
        assert file["sha256"] == described.sha256 == hashlib.sha256(content).hexdigest()
        mark = b"  <row " if file["path"].endswith(".xml") else b"\n"
        assert file["documents"] == described.documents == content.count(mark)


def test_the_same_settings_write_nothing(tmp_path: Path, copied: SampleSummary) -> None:
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    assert _write(tmp_path) == copied
    assert all(path.stat().st_mtime == 0 for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("damage", ["manifest.json", "general/eng.jsonl"])
def test_an_unfinished_sample_is_written_anew(tmp_path: Path, copied: SampleSummary, damage: str) -> None:
    (tmp_path / damage).unlink()
    (tmp_path / "technical/eng/Posts.xml").write_text("cut off")
    assert _write(tmp_path) == copied
    for file in copied.files:
        assert hashlib.sha256((tmp_path / file.path).read_bytes()).hexdigest() == file.sha256


@pytest.mark.usefixtures("copied")
def test_other_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another directory"):
        _write(tmp_path, seed=57)


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'tlh'.*eng, jpn"):
        write_sample(tmp_path, seed=1, languages=["tlh"], technical=1, messages=1, general=1)
    with pytest.raises(InputError, match="no language"):
        write_sample(tmp_path, seed=1, languages=[], technical=1, messages=1, general=1)
    with pytest.raises(InputError, match="once"):
        write_sample(tmp_path, seed=1, languages=["eng", "eng"], technical=1, messages=1, general=1)
    with pytest.raises(InputError, match="general=-1"):
        write_sample(tmp_path, seed=1, languages=["eng"], technical=1, messages=1, general=-1)
    assert not any(tmp_path.iterdir())


def test_bytes_depend_on_the_seed_alone(tmp_path: Path, written: tuple[Path, SampleSummary]) -> None:
    directory, here = written
    script = (
        "import sys; from raykd.sample import write_sample; write_sample(sys.argv[1], seed=56,"
        f" languages={[*LANGUAGES]}, technical=20000, messages=20000, general=20000)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "there")], check=True, env=environment)
    for file in here.files:
        assert (directory / file.path).read_bytes() == (tmp_path / "there" / file.path).read_bytes()
    other = _write(tmp_path / "other", seed=57)
    assert not {file.sha256 for file in here.files} & {file.sha256 for file in other.files}
