"""Random numbers inside compiled loops: xorshift64* (Vigna, doi 10.1145/2845077), one state of its own per search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.engine.jit import compiled

type Rng = NDArray[np.uint64]

_RIGHT, _LEFT, _RIGHT_AGAIN, _TOP = np.uint64(12), np.uint64(25), np.uint64(27), np.uint64(11)
_FACTOR = np.uint64(2685821657736338717)
_UNIT = 1.0 / (1 << 53)


def make_rng(seed: int, stream: int = 0) -> Rng:
    """A state for `seed`; different `stream`s are independent."""
    state = np.random.SeedSequence([seed & 0xFFFFFFFFFFFFFFFF, stream]).generate_state(1, np.uint64)
    return state | np.uint64(1)  # all but zero


@compiled
def rand(rng: Rng) -> float:
    """Uniform in [0, 1)."""
    x = rng[0]
    x ^= x >> _RIGHT
    x ^= x << _LEFT
    x ^= x >> _RIGHT_AGAIN
    rng[0] = x
    return float((x * _FACTOR) >> _TOP) * _UNIT


@compiled
def randint(rng: Rng, low: int, high: int) -> int:
    """Uniform among low..high, both included."""
    return low + int(rand(rng) * (high - low + 1))
