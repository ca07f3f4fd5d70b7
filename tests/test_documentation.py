"""What README, the pages of docs/ and their neighbours promise: commands that parse, configs that load, links that lead
somewhere, blocks of Python and YAML that are some; and the site of them, which builds without a warning."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from documented import PROGRAMS, ROOT, blocks, commands, program, prose, run_block, without_variables

from raykd.config import Experiment, load
from raykd.jobs.command_line import VERBS, parse_verb

PAGES = sorted([*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")), *ROOT.glob("docs/*.md")])
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
VARIABLES = ("RAYKD_DATA", "RAYKD_STORAGE", "DUMPS", "WIKIPEDIA", "MESSAGES")
YOURS = "configs/mine.yaml"  # the reader's own

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)


def verb_of(command: list[str]) -> tuple[str, list[str]] | None:
    """(verb, arguments) where the command is one of raykd's."""
    if program(command) == "raykd" and not command[1].startswith("-"):
        return command[1], command[2:]
    if program(command) == "python" and command[1].startswith("jobs/"):
        return Path(command[1]).stem, command[2:]
    return None


def check_verb(verb: str, arguments: list[str]) -> None:
    """It parses, and a config that the project brings loads."""
    assert verb in VERBS, verb
    if not arguments:  # a verb that is only named
        return
    try:
        parsed = parse_verb(verb, arguments, "raykd {verb}")
    except SystemExit:
        pytest.fail(f"raykd {verb} {shlex.join(arguments)}: is refused")
    if verb == "submit" and parsed.verb:
        check_verb(parsed.verb, parsed.arguments)
    if (config := getattr(parsed, "config", "")).startswith("configs/") and config != YOURS:
        load(ROOT / config, [one for one in parsed.overrides if "=" in one])


@every_page
def test_every_command_of_raykd_parses_and_the_config_it_names_loads(page, monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "/placeholder")
    for command in commands(page):
        if named := verb_of(command):
            check_verb(*named)


def test_the_commands_are_found():
    found = [command for page in PAGES for command in commands(page)]
    assert len([command for command in found if verb_of(command)]) > 12
    assert {verb for verb, _ in filter(None, map(verb_of, found))} >= {"init", "pipeline", "submit", "schema", "sweep"}
    assert ["python", "jobs/pipeline.py", "configs/td.yaml"] in found  # of `ray job submit`, over two lines


def test_every_block_of_the_readme_is_checked():
    others = [text for language, text in blocks(ROOT / "README.md") if not language]
    assert others and {program(without_variables(text.split())) for text in others} <= PROGRAMS


@every_page
def test_every_target_of_make_is_there(page):
    assert {command[1] for command in commands(page) if command[0] == "make"} <= TARGETS


@every_page
def test_every_config_that_is_named_is_there(page):
    named = set(re.findall(r"\bconfigs/\w+\.yaml", page.read_text(encoding="utf-8"))) - {YOURS}
    assert not [name for name in sorted(named) if not (ROOT / name).is_file()]


@every_page
def test_every_file_of_the_repository_that_is_named_is_there(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?<![\w/<])(?:raykd|tests|benchmarks|jobs|kuberay|examples)/[\w/]+\.(?:py|yaml)\b", text)
    theirs = {"jobs/VERB.py", "raykd/corpus/readers/mine.py", "tests/corpus/readers/test_mine.py"}  # to be put in
    assert not [name for name in sorted(set(named) - theirs) if not (ROOT / name).is_file()]


def keys_of(schema: object) -> Iterator[str]:
    """The names of all keys in a JSON schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        schema = list(schema.values())
    for inner in schema if isinstance(schema, list) else []:
        yield from keys_of(inner)


@every_page
def test_every_key_of_an_experiment_that_is_named_is_one(page):
    schema = Experiment.model_json_schema()
    sections, keys = set(schema["properties"]), set(keys_of(schema))
    for key in re.findall(r"`([a-z_]+\.[a-z_.<>]+)(?<!\.py)[`:=]", prose(page)):
        section, *inner = key.split(".")
        if section in sections:
            assert keys.issuperset(name for name in inner if not name.startswith("<")), key


def slugs(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_link_leads_to_a_file_and_to_a_heading(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in slugs(target), link


@every_page
def test_every_block_of_python_compiles_and_every_block_of_yaml_parses(page):
    for language, text in blocks(page):
        if language == "python":
            compile(text, str(page), "exec")
        elif language == "yaml":
            yaml.safe_load(text)
        else:
            assert not language, f"{page.name}: nothing checks a block of {language}"


def scores() -> pd.DataFrame:
    """Ten seeds of two encoders, one distillation each, one of them better in two cells."""
    drawn = np.random.default_rng(0).normal(0.7, 0.01, 40)
    table = pd.MultiIndex.from_product([["old", "new"], ["eng", "spa"], range(10)]).to_frame(
        index=False, name=["encoder", "language", "seed"]
    )
    return table.assign(f1=drawn + 0.05 * (table["encoder"] == "new"), task="tags", weights="frozen", encoder_seed=0)


def test_the_comparison_of_the_api_page_runs(capsys):
    import raykd

    names = run_block("docs/api.md", "raykd.compare", raykd=raykd, table=scores())
    assert names["found"].table["encoder"].tolist() == ["new"]
    assert "new" in capsys.readouterr().out


def test_the_claims_of_the_statistics_page_run(capsys):
    table = scores().replace({"encoder": {"old": "student", "new": "adapted"}})
    cells = [("tags", language, encoder, "frozen") for language in ("eng", "spa") for encoder in ("student", "adapted")]
    run_block("docs/statistics.md", "claim_sentence", table=table, cells=cells)
    assert "adapted" in capsys.readouterr().out


def test_what_init_says_on_the_first_page_is_what_it_says(tmp_path, monkeypatch, capsys):
    from raykd.jobs.command_line import run_verb

    monkeypatch.chdir(tmp_path)
    rows = [
        f"m{n},where is the order number {n} that I paid for,{n % 2},{'acme' if n % 3 else 'globex'}"
        for n in range(600)
    ]
    Path("my_messages.csv").write_text("\n".join(["id,text,label,company", *rows]))
    assert run_verb("init", ["my_messages.csv"]) == 0
    (shown,) = [text for _, text in blocks(ROOT / "docs/index.md") if "wrote my_messages.yaml" in text]
    assert shown == capsys.readouterr().out


def test_the_experiment_of_the_api_page_loads_what_init_writes(tmp_path, monkeypatch, capsys):
    from raykd.jobs.command_line import run_verb

    monkeypatch.chdir(tmp_path)
    rows = [f"where is my order number {n} that I paid for,{n % 2}" for n in range(400)]
    Path("my_messages.csv").write_text("\n".join(["text,label", *rows]))
    assert run_verb("init", ["my_messages.csv"]) == 0
    names = run_block("docs/api.md", "my_messages.yaml")
    assert names["experiment"].config.evaluate.seeds == 20 and set(names["experiment"].status()["state"]) == {"missing"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of what is in the repository: the site is built in it."""
    pytest.importorskip("zensical", reason="the extra docs is not installed")
    copy = tmp_path_factory.mktemp("docs") / "checkout"
    unneeded = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "runs", "site")
    return shutil.copytree(ROOT, copy, ignore=unneeded)


def build_site(checkout: Path, *options: str) -> subprocess.CompletedProcess:
    """As `make docs` does."""
    command = [sys.executable, "build_docs.py", *options]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=120)


def links_of(page: Path) -> set[str]:
    return set(re.findall(r'href="([^"]+)"', page.read_text(encoding="utf-8")))


def test_the_site_builds_without_a_warning_and_its_links_lead_to_the_files_of_the_checkout(checkout):
    done = build_site(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert {page.stem for page in checkout.glob("site/*.html")} == {
        *(page.stem for page in checkout.glob("docs/*.md")),
        "404",
    }
    assert {"../SECURITY.md", "data.html", "storage.html"} <= links_of(checkout / "site/security.html")
    assert "../README.md" in links_of(checkout / "site/index.html")
    assert "../CONTRIBUTING.md#a-reader" in links_of(checkout / "site/extending.html")


def test_where_the_site_goes_elsewhere_they_lead_to_the_repository(checkout):
    assert build_site(checkout, "--repository", "https://host/raykd/blob/abc").returncode == 0
    assert {"https://host/raykd/blob/abc/README.md", "training.html"} <= links_of(checkout / "site/index.html")
    assert "https://host/raykd/blob/abc/raykd/config" in links_of(checkout / "site/experiment.html")


WRONG = {
    "[page](nowhere.md)": "nowhere.html is not there",
    "[file](../nowhere.py)": "../nowhere.py is not there",
    "[page](../NOWHERE.md)": "../NOWHERE.html is not there",
    "![image](nowhere.png)": "nowhere.png is not there",
    "![image](https://example.org/image.png)": "<img> would fetch https://example.org/image.png",
    "words\n- a list": "a list or table needs an empty line before it: words",
}


def test_what_is_wrong_with_a_page_is_told_in_a_line(checkout):
    page = checkout / "docs/results.md"
    before = page.read_text(encoding="utf-8")
    try:
        page.write_text("\n\n".join([before, *WRONG]), encoding="utf-8")
        done = build_site(checkout)
        told = {f"results.html: {problem}" for problem in WRONG.values()}
        assert done.returncode == 1 and set(done.stderr.splitlines()) == told
        page.write_text(f"{before}\n\n[heading](training.md#nowhere)", encoding="utf-8")  # Zensical finds it by itself
        done = build_site(checkout)
        assert done.returncode == 1 and "anchor does not exist" in done.stderr
    finally:
        page.write_text(before, encoding="utf-8")


def test_every_page_is_in_the_navigation_once():
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]

    def pages(entry: object) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values() if isinstance(entry, dict) else entry:
                yield from pages(inner)

    assert sorted(pages(navigation)) == sorted(
        path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")
    )


# A page beside the site: it opens the first page in a frame, types into its search, and writes down what is found.
SEARCH = """<!doctype html><body><iframe id="frame" src="site/index.html" width="1200" height="900"></iframe>
<pre id="found"></pre>
<script>
const inside = (root) => [...root.querySelectorAll("*")].flatMap(
  (own) => [own, ...(own.shadowRoot ? inside(own.shadowRoot) : [])]);
document.getElementById("frame").addEventListener("load", (event) => {
  const view = event.target.contentWindow, page = view.document;
  page.querySelector(".md-search__button").click();
  setInterval(() => {
    const field = inside(page).find((own) => own.tagName === "INPUT" && own.type === "text");
    if (field && !field.value) {
      Object.getOwnPropertyDescriptor(view.HTMLInputElement.prototype, "value").set.call(field, "homonyms");
      field.dispatchEvent(new view.Event("input", { bubbles: true }));
    }
    const links = inside(page).filter((own) => own.tagName === "A" && own.href.includes("?h=homonyms"));
    document.getElementById("found").textContent = links.map((own) => own.href).join(" ");
  }, 100);
});
</script>"""
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH")
def test_the_search_works_where_the_site_is_opened_from_a_disk(checkout, tmp_path):
    assert build_site(checkout).returncode == 0
    (checkout / "search.html").write_text(SEARCH, encoding="utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
    more = ("--allow-file-access-from-files", "--virtual-time-budget=8000", f"--user-data-dir={tmp_path}")
    address = (checkout / "search.html").as_uri()
    shown = subprocess.run(
        [CHROMIUM, *flags, *more, "--dump-dom", address], capture_output=True, text=True, timeout=120
    )
    (found,) = re.findall(r'<pre id="found">(.*?)</pre>', shown.stdout, re.S)
    assert "/site/probe.html?h=homonyms" in found
