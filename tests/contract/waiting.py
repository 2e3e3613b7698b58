"""Waiting for what takes a moment."""

import time
from collections.abc import Callable

PATIENCE_S = 20.0


def eventually(check: Callable[[], bool], told: Callable[[], object] = str, patience_s: float = PATIENCE_S) -> None:
    """Return as soon as `check` holds; a failed assertion, with what `told` says, when it does not in time."""
    deadline_s = time.monotonic() + patience_s
    while not check():
        assert time.monotonic() < deadline_s, f"not within {patience_s:.0f} s: {told()}"
        time.sleep(0.01)
