"""The job that fetches archives, where it has nothing to ask a server for; tests/corpus/test_fetch.py has the rest."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """run("fetch", config, *overrides): the job in this process."""
    monkeypatch.syspath_prepend(str(ROOT / "jobs"))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)

    def start(verb: str, *arguments: object) -> None:
        import common

        monkeypatch.setattr(sys, "argv", [verb, *map(str, arguments)])
        common.job("", getattr(__import__(verb), verb))

    return start


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


def test_other_jobs_say_that_archives_are_to_be_fetched_first(run, config, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        run("prepare", config)
    assert f"{tmp_path}/data/por/pt.stackoverflow.com.7z is not there yet; run jobs/fetch.py" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="0"):
        run("prepare", config, "--dry-run")
    assert f"to do  fetch pt.stackoverflow.com to {tmp_path}/data/por/" in capsys.readouterr().out


def test_what_is_there_is_not_asked_for(run, config, tmp_path, capsys):
    (tmp_path / "data/por").mkdir(parents=True)
    (tmp_path / "data/por/pt.stackoverflow.com.7z").write_bytes(b"")
    run("fetch", config)
    assert f"archives in {tmp_path}/data" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fetch.sites.eng=[stackoverflow.com]", "fetch.sites: no language is called 'eng'"),
        ("fetch.sites.por=[https://x]", "fetch.sites.por.0"),
        ("fetch.address=archive.org", "fetch.address"),
        ("fetch=null", "the experiment has no fetch section"),
    ],
)
def test_bad_settings_are_one_clear_line(run, config, capsys, override, message):
    path = config if override != "fetch=null" else config.with_name("without.yaml")
    if path != config:
        lines = config.read_text().replace("${fetch.directory}", "/data").splitlines()
        path.write_text("\n".join(line for line in lines if not line.startswith("fetch:")))
    with pytest.raises(SystemExit, match="2"):
        run("fetch", path, *([override] if path == config else []))
    assert f"{message}" in capsys.readouterr().err
