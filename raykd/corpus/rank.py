"""Names and places of documents: hashes that depend on nothing but the document and the corpus seed."""

from __future__ import annotations

from hashlib import blake2b


def document_id(source: str, native_id: str) -> str:
    """32 hexadecimal digits for a source's document, the same in corpora and tasks."""
    return blake2b(f"{source}\0{native_id}".encode(), digest_size=16).hexdigest()


def rank(seed: int, doc_id: str) -> int:
    """64 bits; documents in ascending rank are a uniform shuffle that depends only on the seed."""
    return int.from_bytes(blake2b(f"{seed}\0{doc_id}".encode(), digest_size=8).digest(), "big")


def text_key(text: str) -> int:
    """64 bits that stand for a text; at 10**8 documents two texts share one with probability .0003."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
