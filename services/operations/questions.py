"""Asking a server something real, and never waiting long for it: a port that opens proves little."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg

from services.errors import TourneeError
from services.settings import KafkaServers
from services.stream.kafka_clients import trusting

Question = Callable[[], str | None]
"""None: the server answers. Else the reason why it does not; a TourneeError or OSError counts as one."""

PATIENCE_S = 3.0
FRESH_S = 2.0
"""An answer this old is handed out again, so that nobody can make us ask more often."""

API_VERSIONS = 18
MAX_ANSWER_BYTES = 1024 * 1024


class Asked:
    """One question, asked on a thread of its own, its answer kept for a moment. May be asked by many at once."""

    def __init__(self, question: Question, *, patience_s: float = PATIENCE_S, fresh_s: float = FRESH_S) -> None:
        self._question = question
        self._patience_s = patience_s
        self._fresh_s = fresh_s
        self._changed = threading.Condition()
        self._reason: str | None = None
        self._answered_s = -float("inf")
        self._asked_s: float | None = None

    def reason(self) -> str | None:
        """Why the server does not answer, or None; within `patience_s`, whatever the server does."""
        with self._changed:
            if time.monotonic() - self._answered_s < self._fresh_s:
                return self._reason
            if self._asked_s is None:
                self._asked_s = time.monotonic()
                threading.Thread(target=self._ask, daemon=True).start()
            left_s = self._asked_s + self._patience_s - time.monotonic()
            if self._changed.wait_for(lambda: self._asked_s is None, left_s):
                return self._reason
            return f"no answer for {time.monotonic() - self._asked_s:.0f} s"

    def _ask(self) -> None:
        reason: str | None = "the question itself failed: see the log"
        try:
            reason = self._question()
        except (TourneeError, OSError) as error:
            reason = str(error)
        finally:
            with self._changed:
                self._reason, self._answered_s, self._asked_s = reason, time.monotonic(), None
                self._changed.notify_all()


def kafka_question(kafka: str | KafkaServers) -> Question:
    """Whether one of the brokers names its API versions: every broker since 0.10 does, without authentication."""
    servers = KafkaServers(kafka) if isinstance(kafka, str) else kafka

    def ask() -> str | None:
        reasons = []
        for server in servers.bootstrap.split(","):
            host, _, port = server.strip().rpartition(":")
            try:
                ask_api_versions(host, int(port), ca=servers.ca)
            except (OSError, ValueError, struct.error) as error:
                reasons.append(f"{server.strip()}: {error}")
            else:
                return None
        return "; ".join(reasons)

    return ask


def ask_api_versions(
    host: str, port: int, timeout_s: float = PATIENCE_S, ca: Path | None = None
) -> dict[int, tuple[int, int]]:
    """The requests that a broker knows, as `{request: (lowest version, highest)}`; see the Kafka protocol guide.

    Written out here because a whole client with its threads, only to ask this, costs more than the answer. `ca`: where
    the broker speaks TLS, the authority of its certificate.

    Raises:
        OSError, ValueError: nobody answers there, or not as a Kafka broker does.
    """
    # Size; request 18 in version 0, correlation id 1, no client id (length -1).
    request = struct.pack(">ihhih", 10, API_VERSIONS, 0, 1, -1)
    with ExitStack() as cleanup:
        connection = cleanup.enter_context(socket.create_connection((host, port), timeout=timeout_s))
        if ca is not None:
            connection = cleanup.enter_context(trusting(ca).wrap_socket(connection, server_hostname=host))
        connection.sendall(request)
        (size,) = struct.unpack(">i", _read(connection, 4))
        if not 10 <= size <= MAX_ANSWER_BYTES:
            raise ValueError(f"answers {size} bytes, which no Kafka broker does")
        answer = _read(connection, size)
    correlation, error, entries = struct.unpack_from(">ihi", answer)
    if (correlation, error) != (1, 0) or len(answer) < 10 + 6 * entries:
        raise ValueError("does not answer as a Kafka broker does")
    found = (struct.unpack_from(">hhh", answer, 10 + 6 * index) for index in range(entries))
    return {key: (lowest, highest) for key, lowest, highest in found}


def _read(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError("closed the connection amid its answer")
        parts += part
    return bytes(parts)


def store_question(database_url: str, *, name: str) -> Question:
    """Whether PostgreSQL lets us in and runs a query."""

    def ask() -> str | None:
        try:
            with psycopg.connect(
                database_url, connect_timeout=int(PATIENCE_S), application_name=f"tournee-{name}-probe", autocommit=True
            ) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error as error:
            return str(error).strip() or type(error).__name__
        return None

    return ask
