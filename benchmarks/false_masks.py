"""How often masking takes for personal data what is none: 500 masked documents of real technical text, judged by hand.

python benchmarks/false_masks.py                the rate, by the judgements of false_masks.csv
python benchmarks/false_masks.py --show FILE    and, in FILE, what is not judged yet, with the text around it

Masks every document of $RAYKD_DATA/td as `cleaning: {privacy: {}}` does, and draws 500 of those that hold a mask: the
lowest hashes of their ids. A row of false_masks.csv is a kind in one of them: the document's hash, its language, the
kind, a hash of where in the text the masks are, whether what they take is personal data (true) or any of them is none
(false), and in a word what it is. Invented addresses, numbers and keys, as examples have them, count as what they are.
Where masks come to stand elsewhere, the row says nothing of them, and the document is to be judged again. FILE holds
text and what is masked in it: keep it to yourself, and out of the repository.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from scipy.stats import binomtest

from raykd.config import Cleaning, Privacy
from raykd.corpus.clean import clean_text
from raykd.corpus.privacy import Masker, Span

JUDGEMENTS = Path(__file__).with_suffix(".csv")
COLUMNS = ["document", "language", "kind", "places", "personal", "what"]
DRAWN = 500
AROUND = 90  # characters shown at either side
Key = tuple[str, str, str, str]  # the first four of COLUMNS


class Masked(NamedTuple):
    """A document that holds a mask. hash: of its language and id."""

    hash: str
    language: str
    text: str
    spans: list[Span]

    def judged(self) -> list[Key]:
        """One for each kind."""
        kinds = dict.fromkeys(span.kind for span in self.spans)
        return [(self.hash, self.language, kind, self._places(kind)) for kind in kinds]

    def _places(self, kind: str) -> str:
        return _hash(json.dumps([span[:2] for span in self.spans if span.kind == kind]))[:8]


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def masked_documents(folder: Path) -> tuple[int, list[Masked]]:
    """How many documents there are, and those that hold a mask, by hash."""
    cleaning = Cleaning(privacy=Privacy())
    assert cleaning.privacy
    documents, found, masker = 0, list[Masked](), Masker(cleaning.privacy)
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file, columns=["doc_id", "text"])
        documents += table.num_rows
        for doc_id, raw in zip(table["doc_id"].to_pylist(), table["text"].to_pylist(), strict=True):
            text = clean_text(raw, cleaning)
            if spans := masker.spans(text, file.stem):
                found.append(Masked(_hash(f"{file.stem}:{doc_id}"), file.stem, text, spans))
    return documents, sorted(found)


def judgements(path: Path = JUDGEMENTS) -> dict[Key, bool]:
    """Whether it is personal data, by COLUMNS' first four."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = [row for row in rows if list(row) != COLUMNS or row["personal"] not in ("true", "false")]
    if wrong:
        sys.exit(f"{path}: a row has other columns than {', '.join(COLUMNS)}, or personal is neither true nor false")
    return {(row["document"], row["language"], row["kind"], row["places"]): row["personal"] == "true" for row in rows}


def shown(document: Masked, key: Key) -> str:
    """A row to be finished, and each mask of it with the text around it."""
    lines = [",".join([*key, "", ""])]
    for start, stop, kind in document.spans:
        if kind == key[2]:
            before, after = document.text[max(0, start - AROUND) : start], document.text[stop : stop + AROUND]
            lines.append(f"    {before}⟦{document.text[start:stop]}⟧{after}".replace("\n", "↵"))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", type=Path, metavar="FILE", help="what is not judged yet, with the text around it")
    arguments = parser.parse_args()
    if "RAYKD_DATA" not in os.environ:
        sys.exit("RAYKD_DATA names no directory: the texts are in its td/, one parquet file a language")
    documents, masked = masked_documents(Path(os.environ["RAYKD_DATA"], "td"))
    known, drawn = judgements(), masked[:DRAWN]
    open_keys = [(one, key) for one in drawn for key in one.judged() if key not in known]
    kinds = Counter(key[2] for one in drawn for key in one.judged())
    false_kinds = Counter(key[2] for one in drawn for key in one.judged() if not known.get(key, True))
    false = sum(any(not known.get(key, True) for key in one.judged()) for one in drawn)
    print(f"{documents:,} documents, {len(masked):,} of them masked, {len(drawn)} of these drawn")
    print("kinds: " + ", ".join(f"{kind} {count} ({false_kinds[kind]} false)" for kind, count in sorted(kinds.items())))
    if not drawn:
        return
    share = binomtest(false, len(drawn)).proportion_ci(method="exact")
    per_thousand = 1000 * len(masked) / documents
    print(
        f"{false} of the {len(drawn)} hold a false mask: {per_thousand * false / len(drawn):.3f} in 1,000 documents "
        f"(95 %: {per_thousand * share.low:.3f} to {per_thousand * share.high:.3f})"
    )
    for _, key in open_keys:
        print("not judged: " + ",".join(key))
    if arguments.show:
        arguments.show.write_text("\n".join(shown(*one) for one in open_keys) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
