"""The JSON schema of experiment files, with which editors complete and check them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from raykd.config.reference import file_schema
from raykd.errors import InputError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", metavar="FILE", help="where to write it; by default it is printed")


def schema(parsed: argparse.Namespace, program: str) -> None:
    """Print the schema, or write it to `output`."""
    text = json.dumps(file_schema(), indent=1, ensure_ascii=False)
    if not parsed.output:
        print(text)
        return
    try:
        Path(parsed.output).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{parsed.output} cannot be written ({error.strerror})") from error
    print(f"wrote {parsed.output}; first line of an experiment: # yaml-language-server: $schema={parsed.output}")
