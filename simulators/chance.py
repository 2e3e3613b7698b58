"""Chance without state: the same question always draws the same number, whatever was asked before.

A value depends on (seed, device, day, purpose) alone, so a sensor's story does not change when another is added, when
a window is asked for twice, or when days are asked for out of order. All of it is vectorised over devices.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulators.geometry import FloatArray

UintArray = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)


def _splitmix(x: UintArray) -> UintArray:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): well mixed and quick."""
    with np.errstate(over="ignore"):
        x = x + _GOLDEN
        x = (x ^ (x >> np.uint64(30))) * _MIX_A
        x = (x ^ (x >> np.uint64(27))) * _MIX_B
    return np.asarray(x ^ (x >> np.uint64(31)))


def device_keys(seed: int, names: list[str]) -> UintArray:
    """(n,) a number for each device, fixed by the seed and its name."""
    digests = [hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest() for name in names]
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)


def uniform(keys: UintArray, *purpose: int | NDArray[np.int64]) -> FloatArray:
    """Numbers in (0, 1): one per key and purpose, which are broadcast together."""
    state = keys
    for part in purpose:
        state = _splitmix(state ^ np.asarray(part).astype(np.int64).view(np.uint64))
    return np.asarray(((state >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53)


def normal(keys: UintArray, *purpose: int | NDArray[np.int64]) -> FloatArray:
    """Standard normal numbers, one per key and purpose."""
    return np.asarray(ndtri(uniform(keys, *purpose)))


def generator(seed: int, *names: str) -> np.random.Generator:
    """A numpy generator of its own for this seed and these names."""
    digest = hashlib.blake2b("/".join((str(seed), *names)).encode(), digest_size=16).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))
