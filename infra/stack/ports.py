"""Free ports and waiting for a server to answer."""

import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

from infra.stack.errors import ServerDidNotStart

LOOPBACK = "127.0.0.1"


_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 15_000
_TRIES = 200
_given: set[int] = set()


def free_port() -> int:
    """A TCP port that nobody listens on at this moment, and that this process has not given out before.

    It lies outside the range from which the kernel gives ports to clients (32768 and up on Linux): while a server is
    down, a client of anything on loopback could else be given its port, and the server could not come back.
    """
    highest = _highest()
    for _ in range(_TRIES):
        port = _LOWEST + secrets.randbelow(highest - _LOWEST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise ServerDidNotStart(f"no free TCP port between {_LOWEST} and {highest} in {_TRIES} tries")


def _highest() -> int:
    """The first port the kernel gives to clients; 32768 where it does not say so, or leaves no room below."""
    first = int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.exists() else 0
    return first if first > _LOWEST + 1000 else 32_768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: what a closed connection left for a minute is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


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
