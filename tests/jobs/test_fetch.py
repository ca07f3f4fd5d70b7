"""The job that fetches archives, where it has nothing to ask a server for; tests/corpus/test_fetch.py has the rest."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from raykd.jobs import fetch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(f"""
name: fetched
storage: {tmp_path}/runs
languages: [por]
fetch: {{directory: {tmp_path}/data, sites: {{por: [pt.stackoverflow.com]}}, address: "http://127.0.0.1:9/dump"}}
corpora:
  technical:
    sources: [{{reader: stackexchange, language: por, path: "${{fetch.directory}}/por/pt.stackoverflow.com.7z"}}]
encoders: {{base: {{model: somewhere}}}}
resources: {{logical_cpus: 2}}
""")
    return path


def test_other_jobs_say_that_archives_are_to_be_fetched_first(call, config, tmp_path):
    status, _, errors = call("prepare", config)
    archive = f"{tmp_path}/data/por/pt.stackoverflow.com.7z"
    assert status == 2 and f"{archive} is not there yet; first run: raykd fetch {config}" in errors
    status, output, _ = call("prepare", config, "--dry-run")
    assert status == 0 and f"to do  fetch pt.stackoverflow.com to {tmp_path}/data/por/" in output


def test_what_is_there_is_not_asked_for(call, config, tmp_path):
    (tmp_path / "data/por").mkdir(parents=True)
    (tmp_path / "data/por/pt.stackoverflow.com.7z").write_bytes(b"")
    status, output, _ = call("fetch", config)
    assert status == 0 and f"archives in {tmp_path}/data" in output


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fetch.sites.eng=[stackoverflow.com]", "fetch.sites: no language is called 'eng'"),
        ("fetch.sites.por=[https://x]", "fetch.sites.por.0"),
        ("fetch.address=archive.org", "fetch.address"),
        ("fetch=null", "the experiment has no fetch section"),
    ],
)
def test_bad_settings_are_one_clear_line(call, config, override, message):
    path = config if override != "fetch=null" else config.with_name("without.yaml")
    if path != config:
        lines = config.read_text().replace("${fetch.directory}", "/data").splitlines()
        path.write_text("\n".join(line for line in lines if not line.startswith("fetch:")))
    status, _, errors = call("fetch", path, *([override] if path == config else []))
    assert status == 2 and message in errors


def test_a_log_tells_how_much_is_fetched_and_how_long_it_takes(monkeypatch, capsys):
    clock = iter([0.0, 4.0, 6.0, 8.0, 12.0, 20.0, 21.0, 26.0])

    def fetched(session, archive, show):
        for done in (1, 2, 3, 4, 6):
            show("fetching", done * 10**9, 6 * 10**9)
        for done in (1, 2, 4):
            show("checking", done * 10**9, 6 * 10**9)

    monkeypatch.setattr(fetch, "fetch_archive", fetched)
    monkeypatch.setattr(fetch.time, "monotonic", lambda: next(clock))
    archive = SimpleNamespace(target=Path("por.7z"), size=6 * 10**9, part_size=0)
    said: list[str] = []
    fetch._fetch_shown(SimpleNamespace(say=said.append), None, archive)
    assert said == [
        "fetching por.7z: 3.00 of 6.00 GB, 9 s left",
        "checking por.7z: 4.00 of 6.00 GB, 4 s left",
    ]
