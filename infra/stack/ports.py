"""Free ports and waiting for a server to answer."""

import socket
import time
from collections.abc import Callable

from infra.stack.errors import ServerDidNotStart

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.5):
            return True
    except OSError:
        return False


def wait_until(ready: Callable[[], bool], *, what: str, patience_s: float, hint: Callable[[], str] = str) -> None:
    """Poll `ready` until it is true.

    Raises:
        ServerDidNotStart: not within `patience_s`; the message ends with `hint()`, say the tail of a log.
    """
    deadline = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > deadline:
            raise ServerDidNotStart(f"{what} was not ready within {patience_s:.0f} s. {hint()}".strip())
        time.sleep(0.05)
