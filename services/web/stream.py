"""Putting events into Kafka from a page: nothing counts as sent before Kafka has confirmed it."""

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from services.adapters.kafka import CONFIRM_TIMEOUT_S, EventProducer
from services.contracts.fields import Message
from services.errors import StreamAway

OnDone = Callable[[BaseException | None], None]


class Stream(Protocol):
    """What the pages need of an event producer."""

    def send(self, topic: str, key: bytes, value: bytes, on_done: OnDone | None = None) -> None: ...

    def is_there(self) -> bool:
        """Whether the stream answers at all."""
        ...


class KafkaStream:
    """Kafka, met at the first event: the public page must open on a morning when Kafka does not."""

    def __init__(self, bootstrap: str, *, name: str) -> None:
        self._bootstrap = bootstrap
        self._name = name
        self._lock = threading.Lock()
        self._producer: EventProducer | None = None

    def send(self, topic: str, key: bytes, value: bytes, on_done: OnDone | None = None) -> None:
        with self._lock:
            producer = self._producer = self._producer or EventProducer(self._bootstrap, name=self._name)
        producer.send(topic, key, value, on_done)

    def is_there(self) -> bool:
        """Whether one of the bootstrap servers takes a connection."""
        for server in self._bootstrap.split(","):
            host, _, port = server.strip().rpartition(":")
            try:
                socket.create_connection((host, int(port)), timeout=2).close()
            except OSError:
                continue
            return True
        return False

    def close(self) -> None:
        with self._lock:
            if self._producer is not None:
                self._producer.close()


class MemoryStream:
    """The in-memory twin: remembers what was sent, and can be away."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.away = False

    def send(self, topic: str, key: bytes, value: bytes, on_done: OnDone | None = None) -> None:
        if self.away:
            raise StreamAway("the stream is away")
        self.sent.append((topic, key, value))
        if on_done is not None:
            on_done(None)

    def is_there(self) -> bool:
        return not self.away


def publish_all(stream: Stream, topic: str, key: bytes, messages: Sequence[Message]) -> None:
    """Send events in order and return when Kafka has confirmed every one.

    Raises:
        StreamAway: not all confirmed in time; some may have arrived, so send them all again with the same ids.
    """
    left = len(messages)
    if not left:
        return
    faults: list[BaseException] = []
    changed = threading.Condition()

    def on_done(error: BaseException | None) -> None:
        nonlocal left
        with changed:
            left -= 1
            if error is not None:
                faults.append(error)
            changed.notify()

    for message in messages:
        stream.send(topic, key, message.to_bytes(), on_done)
    with changed:
        in_time = changed.wait_for(lambda: left == 0, timeout=CONFIRM_TIMEOUT_S)
    if faults:
        raise StreamAway(f"Kafka did not take {len(faults)} of {len(messages)} on {topic}: {faults[0]}")
    if not in_time:
        raise StreamAway(f"Kafka did not confirm {left} of {len(messages)} on {topic} in {CONFIRM_TIMEOUT_S:.0f} s")
