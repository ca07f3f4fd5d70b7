"""Hashes of all runs of n characters of texts, at once for many texts. Arrays alone.

A run's hash is a polynomial of its characters modulo 2**64, mixed: sum of c_i * B**i is a prefix sum, and B is odd, so
that dividing by B**start is a product. What is compared is in lower case, with a blank for every line end.
"""

from __future__ import annotations

import numpy as np

BASE = np.uint64(0x9E3779B97F4A7C15 | 1)
INVERSE = np.uint64(pow(int(BASE), -1, 1 << 64))
BLOCK = 1 << 17  # characters at a time: some 6 MB of arrays
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def comparable(text: str) -> str:
    return text.lower().replace("\n", " ")


def run_hashes(text: str, length: int) -> np.ndarray:
    """uint64 [len(text) - length + 1], one for each run of `length` characters; none for a shorter text."""
    if len(text) < length:
        return np.empty(0, np.uint64)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64) + np.uint64(1)
    powers = _powers(BASE, len(codes))
    sums = np.concatenate([[np.uint64(0)], np.cumsum(codes * powers, dtype=np.uint64)])
    runs = len(codes) - length + 1
    return mixed((sums[length:] - sums[:-length]) * _powers(INVERSE, runs))


def mixed(values: np.ndarray) -> np.ndarray:
    """Each value's bits in all of its bits (SplitMix64's end): uint64 [n] -> uint64 [n]."""
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    return values ^ (values >> np.uint64(31))


_cache: dict[int, np.ndarray] = {}


def _powers(base: np.uint64, count: int) -> np.ndarray:
    """base ** 0, 1, ...: uint64 [count]; kept for the next text."""
    known = _cache.get(int(base))
    if known is None or len(known) < count:
        size = 1 << max(16, (count - 1).bit_length())
        factors = np.full(size, base, np.uint64)
        factors[0] = 1
        _cache[int(base)] = known = np.cumprod(factors, dtype=np.uint64)
    return known[:count]
