"""MQTT's twin: sessions, and who gets a message."""

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from services.stream.mqtt import Arrival
from tests.twins.server import MemoryServer

IN_FLIGHT = 1000
"""Messages a subscriber may hold unacknowledged; the embedded broker's limit."""
MESSAGE_IDS = 65_535
SHARE = "$share"


class _Waiting(NamedTuple):
    topic: bytes
    payload: bytes


class _Session:
    """What the broker keeps of a client, whether it is connected or not."""

    def __init__(self) -> None:
        self.topic_filter = ""
        self.connection = 0
        """Counts connections; whoever holds an older number has been cut off."""
        self.is_connected = False
        self._waiting: deque[_Waiting] = deque()
        self._in_flight: dict[int, _Waiting] = {}
        self._again: deque[int] = deque()
        self._last_id = 0

    def connect(self, topic_filter: str) -> int:
        """Unacknowledged messages come again under their old ids (MQTT 3.1.1, section 4.4); the connection's number."""
        self.topic_filter = topic_filter
        self.connection += 1
        self.is_connected = True
        self._again = deque(self._in_flight)
        return self.connection

    def queue(self, message: _Waiting) -> None:
        self._waiting.append(message)

    def take(self) -> list[Arrival]:
        """What may be sent now, oldest first."""
        arrivals = [self._arrival(message_id) for message_id in self._again if message_id in self._in_flight]
        self._again.clear()
        while self._waiting and len(self._in_flight) < IN_FLIGHT:
            message_id = self._next_id()
            self._in_flight[message_id] = self._waiting.popleft()
            arrivals.append(self._arrival(message_id))
        return arrivals

    def acknowledge(self, message_ids: list[int]) -> bool:
        """Forget these; False where they are not the oldest, in their order (section 4.6)."""
        if list(islice(self._in_flight, len(message_ids))) != message_ids:
            return False
        for message_id in message_ids:
            del self._in_flight[message_id]
        return True

    def _arrival(self, message_id: int) -> Arrival:
        message = self._in_flight[message_id]
        return Arrival(message.topic, message.payload, message_id)

    def _next_id(self) -> int:
        self._last_id = self._last_id % MESSAGE_IDS + 1
        while self._last_id in self._in_flight:
            self._last_id = self._last_id % MESSAGE_IDS + 1
        return self._last_id


class MemoryBroker(MemoryServer):
    """QoS 1, sessions that outlive connections, and shared subscriptions (`$share/<group>/<filter>`) in turn.

    Like Mosquitto it gives a shared subscription's absent members their part, which waits for them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sessions: dict[str, _Session] = {}
        self._groups: dict[str, deque[str]] = {}
        """Of each shared filter: its members, who is next first."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Take a message for whoever subscribes; returning is its PUBACK. Waits while the broker is held.

        Raises:
            ConnectionError: it is gone; the message was not taken.
        """
        message = _Waiting(topic.encode(), payload)
        with self.changed:
            self.changed.wait_for(lambda: self.is_there or self.is_gone)
            if self.is_gone:
                raise ConnectionError(f"the broker is gone; {topic} was not taken")
            for session in self._receivers(topic):
                session.queue(message)
            self.changed.notify_all()

    def connect(self, client_id: str, topic_filter: str) -> int | None:
        """Take up the session of this client, or begin one; the connection's number, None where nobody answers."""
        with self.changed:
            if not self.is_there:
                return None
            session = self._sessions.setdefault(client_id, _Session())
            group = self._groups.setdefault(topic_filter, deque())
            if topic_filter.startswith(SHARE) and client_id not in group:
                group.append(client_id)
            self.changed.notify_all()
            return session.connect(topic_filter)

    def take(self, client_id: str, connection: int) -> list[Arrival] | None:
        """What has come, waiting for it; None when the connection is lost."""
        session = self._sessions[client_id]
        with self.changed:
            while session.is_connected and session.connection == connection:
                if self.is_there and (arrivals := session.take()):
                    return arrivals
                self.changed.wait()
        return None

    def acknowledge(self, client_id: str, message_ids: Iterable[int]) -> None:
        """PUBACKs of a client; out of order they cost it the connection, as on a strict broker."""
        with self.changed:
            session = self._sessions[client_id]
            if session.is_connected and not session.acknowledge(list(message_ids)):
                session.is_connected = False
            self.changed.notify_all()

    def cut(self, client_id: str) -> None:
        """Break a client's connection; the session stays."""
        with self.changed:
            self._sessions[client_id].is_connected = False
            self.changed.notify_all()

    def _let_go(self) -> None:
        for session in self._sessions.values():
            session.is_connected = False

    def _receivers(self, topic: str) -> list[_Session]:
        receivers = [
            session
            for session in self._sessions.values()
            if not session.topic_filter.startswith(SHARE) and matches(session.topic_filter, topic)
        ]
        for shared, members in self._groups.items():
            if members and matches(shared.split("/", 2)[2], topic):
                receivers.append(self._sessions[members[0]])
                members.rotate(-1)
        return receivers


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a filter with `+` and `#` takes a topic (MQTT 3.1.1, section 4.7; `$` topics are not ours)."""
    asked, levels = topic_filter.split("/"), topic.split("/")
    if asked[-1] == "#":
        asked = asked[:-1]
        levels = levels[: len(asked)]
    return len(asked) == len(levels) and all(want in {"+", level} for want, level in zip(asked, levels, strict=True))
