"""The judgements of benchmarks/false_masks.csv, and what docs/privacy.md says of them."""

import importlib.util
import re
from pathlib import Path

from raykd.config.privacy import KINDS
from raykd.corpus.privacy import Span

ROOT = Path(__file__).parents[3]


def _benchmark():
    found = importlib.util.spec_from_file_location("false_masks", ROOT / "benchmarks/false_masks.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_documented_count_is_that_of_the_list():
    known = _benchmark().judgements()
    false = {document for (document, *_), personal in known.items() if not personal}
    said = re.search(r"Of (\d+) of these.*?, (\d+) held", (ROOT / "docs/privacy.md").read_text("utf-8"), re.DOTALL)
    assert said and (len({key[0] for key in known}), len(false)) == tuple(map(int, said.groups()))
    assert {key[2] for key in known} <= set(KINDS)


def test_masks_that_stand_elsewhere_are_to_be_judged_again():
    masked = _benchmark().Masked
    spans = [Span(0, 5, "email"), Span(9, 12, "ip"), Span(20, 25, "email")]
    first, second = masked("h", "eng", "text", spans).judged()
    assert (first[2], second[2]) == ("email", "ip")
    moved = masked("h", "eng", "text", [*spans[:2], Span(21, 25, "email")]).judged()
    assert moved[0] != first and moved[1] == second
