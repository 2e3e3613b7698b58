"""Acknowledging in the order of arrival, though Kafka confirms in any order over its partitions."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Ticket[T]:
    """A message that waits to be safe."""

    item: T
    safe: bool = False


class InOrder[T]:
    """A queue whose finished head is acknowledged.

    MQTT 3.1.1, section 4.6, asks for acknowledgements in the order the messages came; a broker may drop a client
    that breaks it and deliver the same messages for ever.
    """

    def __init__(self, acknowledge: Callable[[T], None]) -> None:
        self._acknowledge = acknowledge
        self._waiting: deque[Ticket[T]] = deque()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def arrived(self, item: T) -> Ticket[T]:
        """Take a place in the queue."""
        ticket = Ticket(item)
        with self._lock:
            self._waiting.append(ticket)
        return ticket

    def is_safe(self, ticket: Ticket[T]) -> None:
        """Mark one message as safe, and acknowledge it and its followers once nothing before it waits."""
        with self._lock:
            ticket.safe = True
            while self._waiting and self._waiting[0].safe:
                self._acknowledge(self._waiting.popleft().item)

    def forget(self) -> None:
        """The connection is gone: the broker will deliver the unacknowledged again, under new message ids."""
        with self._lock:
            self._waiting.clear()
