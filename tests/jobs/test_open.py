"""`--open`: the report's page in a browser once it is there; without one, its path alone."""

import webbrowser

import pytest

from raykd.jobs import pipeline, report
from raykd.jobs.command_line import parse_verb


class Browser(webbrowser.BaseBrowser):
    def __init__(self) -> None:
        self.opened: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.opened.append(url)
        return True


@pytest.fixture
def page(tmp_path, monkeypatch) -> str:
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setattr(report, "write_current_report", lambda plan, paper: str(tmp_path / "index.html"))
    return str(tmp_path / "index.html")


@pytest.fixture
def browser(monkeypatch) -> Browser:
    browser = Browser()
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    return browser


def test_the_page_is_opened_where_it_is_asked_for(call, stored, page, browser):
    status, output, _ = call("report", stored / "small.yaml")
    assert status == 0 and output.rstrip().endswith(f"report: {page}") and browser.opened == []
    status, output, _ = call("report", stored / "small.yaml", "--open")
    assert status == 0 and browser.opened == [f"file://{page}"] and "no browser" not in output


@pytest.mark.parametrize("found", [None, webbrowser.GenericBrowser("lynx")])
def test_a_session_without_a_desktop_is_told_the_path(call, stored, page, monkeypatch, found):
    def get() -> webbrowser.BaseBrowser:
        if found is None:
            raise webbrowser.Error("could not locate runnable browser")
        return found

    monkeypatch.setattr(webbrowser, "get", get)
    monkeypatch.setattr(webbrowser.GenericBrowser, "open", lambda *asked: pytest.fail("it took the terminal"))
    status, output, _ = call("report", stored / "small.yaml", "--open")
    assert status == 0 and f"report: {page}" in output and "no browser can open it from here" in output


def test_the_users_own_choice_is_taken_in_a_terminal_too(call, stored, page, monkeypatch):
    opened: list[str] = []
    monkeypatch.setenv("BROWSER", "lynx")
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("lynx"))
    monkeypatch.setattr(webbrowser.GenericBrowser, "open", lambda browser, url: bool(opened.append(url)) or True)
    assert call("report", stored / "small.yaml", "--open")[0] == 0 and opened == [f"file://{page}"]


def test_a_page_on_a_store_is_only_told(call, stored, page, browser, monkeypatch):
    monkeypatch.setattr(report, "write_current_report", lambda plan, paper: "s3://bucket/report/index.html")
    status, output, _ = call("report", stored / "small.yaml", "--open")
    assert status == 0 and browser.opened == [] and "report: s3://bucket/report/index.html" in output


def test_a_pipeline_that_fails_opens_nothing(call, stored, page, browser, monkeypatch):
    def fail(run):
        raise RuntimeError("a stage failed")

    monkeypatch.setattr(pipeline, "prepare", fail)
    assert call("pipeline", stored / "small.yaml", "--open")[0] == 1 and browser.opened == []


def test_help_lists_it_where_there_is_a_report(capsys):
    for verb, there in {"pipeline": True, "report": True, "prepare": False}.items():
        with pytest.raises(SystemExit):
            parse_verb(verb, ["--help"], "raykd {verb}")
        assert ("--open" in capsys.readouterr().out) == there
