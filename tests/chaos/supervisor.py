"""Starts again what ends by itself, as systemd and compose do; what a fault took down stays down until healed."""

import threading
import time
from dataclasses import dataclass, field

from infra.stack.server import Server

LOOK_EVERY_S = 0.3
RESTART_AFTER_S = 1.0


@dataclass(frozen=True)
class Exit:
    """A process that ended though no fault had killed it."""

    name: str
    at_s: float
    """`time.monotonic()`."""
    tail: str = field(repr=False)


class Supervisor:
    """Watches named processes."""

    def __init__(self) -> None:
        self._watched: dict[str, Server] = {}
        self._down: set[str] = set()
        self._lock = threading.RLock()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self.exits: list[Exit] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer; the processes go on."""
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join()

    def watch(self, name: str, server: Server) -> None:
        """Take over a process that runs."""
        with self._lock:
            self._watched[name] = server

    def add(self, name: str, server: Server) -> None:
        """Start another process and watch it."""
        with self._lock:
            server.launch()
            self._watched[name] = server
            self._down.discard(name)

    def names(self) -> list[str]:
        """Those that should run now."""
        with self._lock:
            return [name for name in self._watched if name not in self._down]

    def server(self, name: str) -> Server:
        return self._watched[name]

    def kill(self, name: str) -> None:
        """SIGKILL, and leave it down."""
        with self._lock:
            self._down.add(name)
            self._watched[name].kill()

    def stop_politely(self, name: str) -> None:
        """SIGTERM, and leave it down."""
        with self._lock:
            self._down.add(name)
        self._watched[name].stop()

    def bring_back(self, name: str) -> None:
        """Start what a fault took down. Whether it is ready is for the probe to find out."""
        with self._lock:
            self._watched[name].launch()
            self._down.discard(name)

    def _watch(self) -> None:
        while not self._ends.wait(LOOK_EVERY_S):
            with self._lock:
                ended = [n for n, s in self._watched.items() if n not in self._down and not s.is_running]
            for name in ended:
                self._restart(name)

    def _restart(self, name: str) -> None:
        server = self._watched[name]
        self.exits.append(Exit(name, time.monotonic(), server.log_tail(5)))
        self._ends.wait(RESTART_AFTER_S)
        with self._lock:
            if name not in self._down and not server.is_running and not self._ends.is_set():
                server.launch()
