"""Many simulated devices in one thread or process: raw MQTT 3.1.1 over real sockets, QoS 1.

A client library costs 30 to 60 microseconds a message; this costs about five, so that what is measured is the servers.
"""

import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator

from tests.load import packets
from tests.load.connection import Connection
from tests.load.ledger import Ledger
from tests.load.messages import Messages

TICK_S = 0.01
"""How often sensors with a target rate look which messages are due."""
FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 2.0
Credentials = Callable[[int], tuple[str, str]]
"""User name and password of a connection, by its number."""


class Sensors:
    """Publishes a plan over `connections` sockets, each with at most `window` messages in flight.

    A connection that breaks is opened again, with growing pauses, and what it had not been acknowledged is sent again
    with DUP. So at the end each message is known to be acknowledged or not. With `twice_every` n, each n-th message is
    published a second time as a new one. Numbers are read from any thread.

    Raises:
        ValueError: `plan.containers` is not a multiple of `connections`; a device would speak over several sockets.
    """

    def __init__(
        self,
        host: str,
        port: int,
        plan: Messages,
        *,
        connections: int = 100,
        window: int = 50,
        name: str = "sensors",
        credentials: Credentials | None = None,
        twice_every: int | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        if plan.containers % connections:
            raise ValueError(f"{plan.containers} containers cannot be shared evenly by {connections} connections")
        self.plan = plan
        self.ledger = ledger or Ledger(plan.count)
        self.lost_connections = 0
        self._address, self._name, self._credentials = (host, port), name, credentials
        self._connections = [
            Connection(n, connections, plan, self.ledger, window=window, twice_every=twice_every)
            for n in range(connections)
        ]
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self.started_s = 0.0
        """When the first message was due (seconds since 1970)."""

    @property
    def acknowledged(self) -> int:
        return self.ledger.acknowledged

    def iter_acknowledged(self) -> Iterator[int]:
        return self.ledger.iter_acknowledged()

    def stop(self) -> None:
        """From another thread: send nothing new; `run` ends when what was sent is acknowledged."""
        self._stop.set()

    def run(self, rate_per_s: float | None = None, *, until: Callable[[], bool] | None = None) -> int:
        """Publish until all is acknowledged, or after `until` (or `stop`) until what was sent is; how many were.

        With a rate, message i is due at i / rate seconds, and what an absent broker delayed is caught up; without,
        as fast as the windows allow.

        Raises:
            packets.ProtocolError: the broker refuses the devices.
        """
        self.started_s = time.time()
        pause_s = TICK_S / 5 if rate_per_s is None else TICK_S
        start_s, due, ends = time.monotonic(), self.plan.count, False
        try:
            while not self._is_done(ends=ends):
                ends = ends or self._stop.is_set() or (until is not None and until())
                now_s = time.monotonic()
                if ends:
                    due = 0
                elif rate_per_s is not None:
                    due = int((now_s - start_s) * rate_per_s)
                self._turn(due, now_s, pause_s)
        finally:
            self._hang_up()
        return self.acknowledged

    def _is_done(self, *, ends: bool) -> bool:
        return all(c.is_finished or (ends and not c.owes) for c in self._connections)

    def _turn(self, due: int, now_s: float, pause_s: float) -> None:
        """Connect who is not, write what is due, and take the answers of a moment."""
        for connection in self._connections:
            if connection.socket is None:
                if now_s >= connection.retry_at_s:
                    self._open(connection)
            elif not connection.out:
                connection.fill(due)
                if connection.out:
                    self._guarded(connection, self._send)
        # Each turn costs a look at every connection: let acknowledgements gather meanwhile.
        time.sleep(pause_s)
        for key, events in self._selector.select(TICK_S):
            if events & selectors.EVENT_READ:
                self._guarded(key.data, _receive)
            if events & selectors.EVENT_WRITE and key.data.socket is not None:
                self._guarded(key.data, self._send)

    def _open(self, connection: Connection) -> None:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect_ex(self._address)  # its outcome shows at the first write or read
        credentials = self._credentials(connection.number) if self._credentials else None
        connection.open(sock, packets.connect(f"{self._name}-{connection.number}", credentials))
        self._selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)

    def _send(self, connection: Connection, sock: socket.socket) -> None:
        try:
            sent = sock.send(connection.out)
        except BlockingIOError:  # the broker reads nothing now
            sent = 0
        del connection.out[:sent]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.out else 0)
        if self._selector.get_key(sock).events != events:
            self._selector.modify(sock, events, connection)

    def _guarded(self, connection: Connection, work: Callable[[Connection, socket.socket], None]) -> None:
        assert connection.socket is not None
        try:
            work(connection, connection.socket)
        except OSError:  # however it broke, the answer is the same: connect again, send again
            self._lose(connection)

    def _lose(self, connection: Connection) -> None:
        if connection.socket is not None:
            self._selector.unregister(connection.socket)
        self.lost_connections += connection.is_accepted
        connection.lose()
        connection.retry_at_s = time.monotonic() + min(LONGEST_RETRY_S, FIRST_RETRY_S * 2**connection.tries)
        connection.tries += 1

    def _hang_up(self) -> None:
        for connection in self._connections:
            if connection.socket is not None:
                if connection.is_accepted and not connection.out:
                    self._guarded(connection, _say_goodbye)
                connection.lose()
        self._selector.close()


def _receive(connection: Connection, _sock: socket.socket) -> None:
    connection.receive()


def _say_goodbye(_connection: Connection, sock: socket.socket) -> None:
    sock.send(packets.DISCONNECT)
