"""docs/security.md names tests and places that exist, and the lock has a hash for every release."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[^`]+)`", DOCUMENT)))


@pytest.mark.parametrize("named", TESTS)
def test_named_tests_exist(named):
    file, _, name = named.partition("::")
    assert (ROOT / file).is_file()
    assert not name or re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_threat_has_its_place_and_its_test():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in DOCUMENT.splitlines() if line.startswith("| ")]
    threats = [row for row in rows if row[0] != "threat"]
    assert len(threats) > 25 and all(len(row) == 4 and row[0] and "tests/" in row[3] for row in threats)
    places = {place for row in threats for place in filter(None, row[2].split(", "))}
    assert all((ROOT / place).exists() for place in places), places


def test_those_tests_are_what_make_test_security_runs(request):
    ours = [item for item in request.session.items if item.path == Path(__file__)]
    assert ours and all(item.get_closest_marker("security") for item in ours)


def test_every_release_but_torch_is_locked_by_its_hash():
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("torch==")]
    locked = (ROOT / "requirements.lock").read_text().splitlines()
    assert len(pins) == len(locked) > 100
    for pin, line in zip(pins, locked, strict=True):
        assert re.fullmatch(rf"{re.escape(pin)} --hash=sha256:[0-9a-f]{{64}}", line)
