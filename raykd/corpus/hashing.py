"""Names and places of documents: hashes that depend on nothing but the document and the corpus seed."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def document_id(source: str, native_id: str, key: bytes = b"") -> str:
    """32 hexadecimal digits for a source's document, the same in corpora and tasks. key: at most 64 bytes."""
    return blake2b(f"{source}\0{native_id}".encode(), digest_size=16, key=key).hexdigest()


def key_fingerprint(key: bytes) -> str:
    """Tells two keys apart, and nothing of them."""
    return blake2b(b"fingerprint", digest_size=8, key=key).hexdigest()


def shuffle_key(seed: int, doc_id: str) -> int:
    """64 bits; documents by ascending key are a uniform shuffle that depends only on the seed."""
    return int.from_bytes(blake2b(f"{seed}\0{doc_id}".encode(), digest_size=8).digest(), "big")


def draw_key(seed: int, split: str, text: str) -> int:
    """64 bits; texts in ascending order are a uniform shuffle that each split of a task has its own of."""
    return int.from_bytes(blake2b(f"{seed}\0{split}\0{text}".encode(), digest_size=8).digest(), "big")


def chunk_shuffle_keys(seed: int, source: str, file: str, offsets: np.ndarray, chunk: int) -> np.ndarray:
    """Keys that shuffle chunks of consecutive text, not documents: uint64 [documents].

    offsets: int64 [documents], the byte of the uncompressed file at which each starts; chunk: bytes. The documents that
    start in the same `chunk` bytes of a file share their upper bits, a hash of (seed, source, file, chunk number), and
    their lower bits are the place in the chunk. So chunks are a uniform shuffle, a chunk's documents stand together in
    the order of the file, and neither depends on how the file was cut. Of 10**5 chunks of 1 MB (100 GB), two share
    their 44 upper bits with probability .0003.
    """
    bits = (chunk - 1).bit_length()
    numbers, inverse = np.unique(offsets // chunk, return_inverse=True)
    hashes = [
        int.from_bytes(blake2b(f"{seed}\0{source}\0{file}\0{number}".encode(), digest_size=8).digest(), "big")
        for number in numbers.tolist()
    ]
    upper = np.array(hashes, np.uint64) >> np.uint64(bits) << np.uint64(bits)
    return upper[inverse] | (offsets % chunk).astype(np.uint64)


def text_key(text: str) -> int:
    """64 bits that stand for a text; at 10**8 documents two texts share one with probability .0003."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
