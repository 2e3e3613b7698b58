"""Compilation of the search's inner loops to machine code, at first use, kept on disk for the next process.

Compiled functions let go of the interpreter's lock, so that two threads search on two cores.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numba.core.config

HERE = Path(__file__).parent


def _cache_folder() -> str | None:
    """Return where machine code of these very sources is kept; None leaves it to numba: nothing can be written here.

    numba looks at the file of each function alone: one that calls into another file would go on with the old code of
    that one after an upgrade. So each state of the sources has a folder of its own.
    """
    sources = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))
    state = hashlib.sha256(sources).hexdigest()[:16]
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given is None and not os.access(HERE, os.W_OK):
        return None
    return str((HERE / "__pycache__" if given is None else Path(given)) / state)


if (folder := _cache_folder()) is not None:
    numba.core.config.CACHE_DIR = folder  # type: ignore[attr-defined]


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Mark a function for compilation; arguments are numbers, arrays, and named tuples of these."""
    # No array is made inside compiled loops, so none needs counting: that halves the time to compile, and the atomic
    # counting of every array at every call took nine tenths of the time to run (`_nrt` is numba's switch for it).
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    machine_code: F = numba.njit(**options)(function)
    return machine_code
