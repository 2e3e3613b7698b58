"""Waiting for the writer after a form, so that the page that follows shows what the form did."""

import time
from collections.abc import Callable

PATIENCE_S = 3.0  # the writer needs a fraction of it; past it the page shows what is stored and catches up by itself
STEP_S = 0.05


def wait_until(is_stored: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Look again and again for a moment; whether it came."""
    deadline = time.monotonic() + patience_s
    while not is_stored():
        if time.monotonic() > deadline:
            return False
        time.sleep(STEP_S)
    return True
