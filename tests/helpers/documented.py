"""The blocks and the commands of README and of the pages of docs/."""

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What a line of a block of commands begins with, behind variables that it sets.
PROGRAMS = {"export", "make", "python", "raykd", "ray", "docker", "kubectl"}
ASSIGNMENT = re.compile(r"[A-Z_]+=.*", re.S)


@cache
def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, text) of each fenced block."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.M | re.S)
    return [(language, text) for language, text in found]


@cache
def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def lines_of(block: str) -> Iterator[list[str]]:
    """The words of each line; one whose quotes are open goes on in the next."""
    line = ""
    for part in block.splitlines():
        line = f"{line}\n{part}" if line else part
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        line = ""
        if words:
            yield words
    assert not line, f"quotes are open: {line}"


def without_variables(words: list[str]) -> list[str]:
    while words and ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    return words


def program(words: list[str]) -> str:
    return Path(words[0]).name if words else ""


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command: of the blocks of commands, and of what stands between backticks in the text."""
    for language, text in blocks(page):
        first = next(iter(text.splitlines()), "").split()
        if not language and program(without_variables(first)) in PROGRAMS:
            for words in lines_of(text):
                command = without_variables(words)
                assert program(command) in PROGRAMS, command
                yield command[command.index("--") + 1 :] if program(command) == "ray" else command
    for text in re.findall(r"`([^`]+)`", prose(page)):
        if re.match(r"(?:python jobs/\w+\.py|jobs/\w+\.py\s|raykd (?:[a-z]|--help)|make [a-z])", text):
            yield shlex.split(f"python {text}" if text.startswith("jobs/") else text)


def run_block(page: str, of: str, instead: Mapping[str, str] | None = None, **names: object) -> dict[str, object]:
    """Run the block of a page that holds some text; the names that it leaves.

    instead: what takes the place of the reader's own names, each of which the block must have.
    """
    (block,) = [text for language, text in blocks(ROOT / page) if language == "python" and of in text]
    for theirs, ours in (instead or {}).items():
        assert theirs in block
        block = block.replace(theirs, ours)
    exec(compile(block, page, "exec"), names)
    return names
