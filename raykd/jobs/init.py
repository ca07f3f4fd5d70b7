"""From a file of one's own to an experiment file: what was seen in it, and the command that comes next."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from raykd.artifacts.local_files import replace_file
from raykd.errors import InputError, shown_line
from raykd.inspection import experiment_yaml, findings_lines, inspect
from raykd.inspection.experiment_file import experiment_name


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", help="CSV, TSV, JSON lines, parquet or text, a folder or a pattern; a path or s3://, hf://"
    )
    parser.add_argument("--output", metavar="FILE", help="the experiment file; by default the name of the file, here")
    parser.add_argument("--language", metavar="CODE", help="of all rows, ISO 639-3 (eng); else a column's, or detected")
    parser.add_argument("--force", action="store_true", help="write over an experiment file that is there")


def init(parsed: argparse.Namespace, program: str) -> None:
    """Look at the file, print what is there, and write the experiment.

    Raises InputError for a file that no experiment can be made of, and where the output exists, unless `force`.
    """
    name = experiment_name(parsed.file)
    target = Path(parsed.output or f"{name}.yaml")
    if target.exists() and not parsed.force:
        raise InputError(f"{target} is there already; --force writes over it, --output names another")
    if parsed.language and not re.fullmatch(r"[a-z]{3}", parsed.language):
        raise InputError(f"--language {parsed.language}: a code of ISO 639-3, three small letters: eng, spa, jpn")
    findings = inspect(parsed.file, parsed.language)
    _print(map(shown_line, findings_lines(findings)))
    if not target.parent.is_dir():
        raise InputError(f"{target} cannot be written ({target.parent} is no directory)")
    content = experiment_yaml(findings, name).encode()
    try:
        replace_file(str(target.resolve()), lambda file: file.write(content))
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror})") from error
    _print(["", f"wrote {target}; next: {program.format(verb='pipeline')} {shlex.quote(str(target))}"])


def _print(lines: Iterable[str]) -> None:
    """On stdout, while somebody reads it: after `| head` nobody does, and the file is written all the same."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
