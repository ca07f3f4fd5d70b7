"""Attempts in a process of bounded time and memory."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 2, 300
# Limits hold for what comes after the imports. One pool of memory, so that address space is what is used.
BEGIN = f"""
import resource, sys, time
from raykd.config import Cleaning, StackExchangeSource, TableSource, WikipediaSource
from raykd.corpus.documents import unit_documents
from raykd.corpus.fetch import catalogue
from raykd.corpus.readers import split_units
from raykd.errors import InputError

def read(source):
    return [row for unit in split_units([source]) for part in unit_documents(unit, 56) for row in part.to_pylist()]

def told(call, *arguments):
    try:
        call(*arguments)
    except InputError as error:
        print("InputError:", error)

def limit_processor():
    global began
    began = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(began) + {SECONDS} + 1, resource.RLIM_INFINITY))

size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + {MEGABYTES} * 2**20,) * 2)
"""
ONE = f"""
limit_processor()
exec(CODE)
assert time.process_time() - began < {SECONDS}, (time.process_time() - began, CODE)
"""


@pytest.fixture
def attempt(tmp_path) -> Callable[..., str]:
    """attempt(code, ...): what they print, in a process that may take SECONDS of the processor each and MEGABYTES.

    `path` is a folder of its own; `read(source)`: the documents of a source; `told(call, *arguments)` prints an
    InputError.
    """

    def run(*codes: str) -> str:
        environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
        each = "".join(f"\nCODE = {code!r}\n{ONE}" for code in codes)
        program = f"{BEGIN}\npath = {str(tmp_path)!r}\n{each}"
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120
        )
        assert done.returncode == 0, f"status {done.returncode}: {done.stderr[-2000:]}"
        return done.stdout

    return run
