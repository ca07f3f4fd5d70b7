"""Counter-based random numbers: a draw depends on its key and its position, never on what was drawn before.

SplitMix64 (Steele, Lea and Flood 2014) with the key as state and the position as counter, over numpy arrays.
"""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: np.ndarray) -> np.ndarray:
    """A bijection of 64-bit words that scatters them: uint64 -> uint64, any shape."""
    with np.errstate(over="ignore"):
        mixed = values.astype(np.uint64) + _GOLDEN
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


def key(*parts: int | np.ndarray) -> np.ndarray:
    """One 64-bit key from numbers or arrays of numbers, the order of which counts."""
    mixed = np.zeros(1, np.uint64)
    for part in parts:
        mixed = mix(mixed ^ np.asarray(part).astype(np.uint64))
    return mixed


def uniform(keys: np.ndarray, counters: np.ndarray) -> np.ndarray:
    """Draws in [0, 1), float64: uint64 keys and counters of the same shape."""
    with np.errstate(over="ignore"):
        draws = mix(keys + counters.astype(np.uint64) * _GOLDEN)
    return (draws >> np.uint64(11)).astype(np.float64) * 2.0**-53
