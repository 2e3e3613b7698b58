"""Compilation of the search's inner loops to machine code, at first use, kept on disk for the next process.

Compiled functions let go of the interpreter's lock, so that two threads search on two cores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Mark a function for compilation; arguments are numbers, arrays, and named tuples of these."""
    # No array is made inside compiled loops, so none needs counting: that halves the time to compile, and the atomic
    # counting of every array at every call took nine tenths of the time to run (`_nrt` is numba's switch for it).
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    machine_code: F = numba.njit(**options)(function)
    return machine_code
