"""Near duplicates against brute force: the recall at each similarity, and what a signature costs beside a tokenizer.

    python benchmarks/near_duplicates.py FILE.parquet [DOCUMENTS]

Half of the documents are the file's, the other half are these with some of their words changed, so that pairs of every
similarity are there. Brute force is the Jaccard similarity of all pairs' sets of characters, by a sparse product.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow.parquet as pq
from scipy.sparse import csr_matrix

from raykd.config import NearDuplicates
from raykd.corpus.near_duplicates import SHINGLE, band_keys
from raykd.corpus.ngrams import comparable, run_hashes

LONGEST = 1500
SIMILARITIES = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
BLOCK = 250


def main(path: str, count: int = 20_000) -> None:
    draw = random.Random(1)
    own = [text[:LONGEST] for text in pq.read_table(path, columns=["text"])["text"].to_pylist() if len(text) >= 50]
    draw.shuffle(own)
    own = own[: count // 2]
    texts = own + [changed(text, draw) for text in own]
    settings = NearDuplicates()
    began = time.process_time()
    places, keys = band_keys(texts, settings)
    seconds, size = time.process_time() - began, sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts):,} documents, {size:.1f} MB: signatures and bands at {size / seconds:.1f} MB a CPU second")
    found: Counter[int] = Counter()
    pairs: Counter[int] = Counter()
    number = {place: row for row, place in enumerate(places.tolist())}
    for ones, others, similarities in similar_pairs(texts):
        for one, other, similarity in zip(ones.tolist(), others.tolist(), similarities.tolist(), strict=True):
            if other < one and one in number and other in number:
                level = int(np.searchsorted(SIMILARITIES, similarity, side="right")) - 1
                pairs[level] += 1
                found[level] += bool((keys[number[one]] == keys[number[other]]).any())
    for level in sorted(pairs):
        share = found[level] / pairs[level]
        print(f"Jaccard {SIMILARITIES[level]:.1f} and above: {pairs[level]:7,} pairs, {share:.3f} found")


def similar_pairs(texts: list[str]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(one, other, Jaccard) of all pairs at or above the lowest of SIMILARITIES, some documents at a time."""
    sets = [np.unique(run_hashes(comparable(text), SHINGLE)) for text in texts]
    sizes = np.array([len(one) for one in sets])
    _, columns = np.unique(np.concatenate(sets), return_inverse=True)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    matrix = csr_matrix((np.ones(len(columns), np.float32), columns, ends))
    transposed = matrix.T.tocsr()
    for first in range(0, len(texts), BLOCK):
        common = (matrix[first : first + BLOCK] @ transposed).toarray()
        jaccard = common / (sizes[first : first + BLOCK, None] + sizes[None, :] - common)
        rows, others = np.nonzero(jaccard >= SIMILARITIES[0])
        yield rows + first, others, jaccard[rows, others]


def changed(text: str, draw: random.Random) -> str:
    words = text.split(" ")
    for _ in range(draw.randrange(0, max(2, len(words) // 6))):
        words[draw.randrange(len(words))] = draw.choice(words)[::-1]
    return " ".join(words)


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:]))
