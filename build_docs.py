"""Build the site of docs/ in site/, and check all of its links: `make docs`.

    python build_docs.py
    python build_docs.py --repository https://HOST/OWNER/raykd/blob/COMMIT

Zensical (https://zensical.org) makes the pages, and knows none outside docs/. On GitHub a page links to files of the
repository too (../README.md, ../raykd/config). On the site these lead to the files of the checkout that it is built in,
or, where the site goes elsewhere, to those under the address of --repository.

A warning of Zensical, a link or an image that leads nowhere, a heading that is not there, a list that is taken for a
paragraph, and whatever a page would fetch from another server are told in a line each; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

HERE = Path(__file__).parent
LINKS = {"a", "area"}  # which lead elsewhere; whatever else has an address is fetched with the page
NAMING = {"canonical", "prev", "next", "alternate"}  # of <link>, what fetches nothing
ADDRESSES = ("href", "src", "poster", "data")
OUTWARD = re.compile(r'(?P<attribute>href|src)="(?P<address>(?:\.\./)+[^"#?:]*)')
# GitHub begins a list behind any line; Markdown as Zensical has it wants an empty one before.
LIST_IN_PARAGRAPH = re.compile(r"\n(?:[-*] |\d+\. |\|)")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the site of docs/ in site/, and check all of its links.")
    parser.add_argument("--repository", metavar="URL", help="where the repository's files are, for the links to them")
    problems = build(HERE, parser.parse_args().repository)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(HERE / "site" / "index.html")
    return 1 if problems else 0


def build(root: Path, repository: str | None = None) -> list[str]:
    """Build root/site from root/mkdocs.yml and root/docs; what is wrong with it, a line each."""
    zensical = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", "mkdocs.yml"]
    done = subprocess.run(zensical, cwd=root, capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode or "Warning" in said:
        return [line for line in said.splitlines() if line.strip()]
    site = (root / "site").resolve()
    pages = {}
    for path in sorted(site.rglob("*.html")):
        if path.name != "404.html":  # whose addresses begin at the server's root
            path.write_text(_leading_outside(path, site, repository), encoding="utf-8")
            pages[path] = _Page(path)
    return [f"{path.relative_to(site)}: {problem}" for path in pages for problem in _problems(path, pages)]


def _leading_outside(path: Path, site: Path, repository: str | None) -> str:
    """A page whose links out of docs/ lead to the files that they name: Zensical makes README.md to index.html, and
    every other .md to .html."""

    def led(found: re.Match[str]) -> str:
        target = (path.parent / unquote(found["address"])).resolve()
        if target.is_relative_to(site):
            return found[0]
        named = target.with_name("README.md") if target.name == "index.html" else target.with_suffix(".md")
        file = named if target.suffix == ".html" and named.exists() else target
        if not file.exists():
            return found[0]  # told later
        inside = file.relative_to(site.parent).as_posix()
        address = f"{repository}/{inside}" if repository else found["address"].replace(target.name, file.name)
        return f'{found["attribute"]}="{address}'

    return OUTWARD.sub(led, path.read_text(encoding="utf-8"))


class _Page(HTMLParser):
    """ids: of its elements; addresses: (tag, address) of its links and of what it fetches; paragraphs: their text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.addresses: list[tuple[str, str]] = []
        self.paragraphs: list[str] = []
        self._in_paragraph = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        kind = "a" if tag == "link" and given.get("rel") in NAMING else tag
        self.addresses += [(kind, given[name]) for name in ADDRESSES if name in given]
        if tag == "p":
            self.paragraphs.append("")
            self._in_paragraph = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._in_paragraph = False

    def handle_data(self, data: str) -> None:
        if self._in_paragraph:
            self.paragraphs[-1] += data


def _problems(path: Path, pages: Mapping[Path, _Page]) -> Iterator[str]:
    for tag, address in pages[path].addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if tag not in LINKS and parts.scheme != "data":
                yield f"<{tag}> would fetch {address}"
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            yield f"{address} is not there"
        elif target in pages and parts.fragment and unquote(parts.fragment) not in pages[target].ids:
            yield f"{address} names no heading"
    for text in pages[path].paragraphs:
        if LIST_IN_PARAGRAPH.search(text):
            yield f"a list or table needs an empty line before it: {text.splitlines()[0][:60]}"


if __name__ == "__main__":
    sys.exit(main())
