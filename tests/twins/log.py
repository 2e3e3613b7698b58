"""Kafka's twin: topics of partitions, and groups of consumers with their offsets."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable
from zlib import crc32

from services.errors import StreamAway
from services.stream.kafka import DELIVERY_TIMEOUT_S, PARTITIONS, Record
from tests.twins.groups import Group, Place
from tests.twins.server import MemoryServer


class MemoryDelivery:
    """An event on its way into a log. Undecided only while the log is held, and then not for ever."""

    def __init__(self, log: "MemoryLog", event: tuple[str, bytes, bytes], timeout_s: float) -> None:
        self.event = event
        self._log = log
        self._deadline_s = time.monotonic() + timeout_s
        self._is_stored = False
        self._failure: StreamAway | None = None

    @property
    def is_done(self) -> bool:
        if not self._is_stored and self._failure is None and time.monotonic() >= self._deadline_s:
            self.fail("not confirmed in time")
        return self._is_stored or self._failure is not None

    @property
    def exception(self) -> BaseException | None:
        return self._failure

    def get(self, timeout: float) -> object:
        """Wait for the outcome, at most `timeout` seconds.

        Raises:
            StreamAway: it failed, or is not decided in this time.
        """
        until_s = min(time.monotonic() + timeout, self._deadline_s)
        with self._log.changed:
            while not self.is_done and time.monotonic() < until_s:
                self._log.changed.wait(until_s - time.monotonic())
        if not self.is_done:
            raise StreamAway(f"not confirmed within {timeout:.1f} s")
        if self._failure is not None:
            raise self._failure
        return None

    def succeed(self) -> None:
        self._is_stored = True

    def fail(self, why: str) -> None:
        self._failure = StreamAway(f"{self.event[0]}: {why}")


class MemoryLog(MemoryServer):
    """Topics come into being when they are first used; nothing is ever thrown away."""

    def __init__(self, *, partitions: int = PARTITIONS, delivery_timeout_s: float = DELIVERY_TIMEOUT_S) -> None:
        super().__init__()
        self._delivery_timeout_s = delivery_timeout_s
        self._partition_count = partitions
        self._topics: dict[str, list[list[Record]]] = {}
        self._groups: defaultdict[str, Group] = defaultdict(Group)
        self._held: deque[MemoryDelivery] = deque()

    def append(self, topic: str, key: bytes, value: bytes) -> MemoryDelivery:
        """Store an event in its key's partition, at once, or as soon as the log is no longer held.

        Raises:
            StreamAway: the log is gone.
        """
        with self.changed:
            if self.is_gone:
                raise StreamAway(f"the stream is away; {topic} was not taken")
            delivery = MemoryDelivery(self, (topic, key, value), self._delivery_timeout_s)
            self._held.append(delivery)
            if self.is_there:
                self._take_up()
                self.changed.notify_all()
            return delivery

    def wait_for_deliveries(self, timeout_s: float) -> None:
        """Return when all is decided, at the latest after `timeout_s`."""
        deadline_s = time.monotonic() + timeout_s
        with self.changed:
            while any(not delivery.is_done for delivery in self._held) and time.monotonic() < deadline_s:
                self.changed.wait(min(0.01, max(0.0, deadline_s - time.monotonic())))

    def partitions(self, topic: str) -> list[list[Record]]:
        """Of each partition its events, oldest first."""
        return self._topics.setdefault(topic, [[] for _ in range(self._partition_count)])

    def places(self, topics: Iterable[str]) -> list[Place]:
        """Every partition of these topics."""
        return [Place(topic, number) for topic in topics for number in range(len(self.partitions(topic)))]

    def group(self, name: str) -> Group:
        return self._groups[name]

    def expire(self, group: str, member: str) -> None:
        """A named member did not come back within its session: the others may have its partitions."""
        with self.changed:
            self._groups[group].leave(member)
            self.changed.notify_all()

    def _take_up(self) -> None:
        while self._held:
            delivery = self._held.popleft()
            if not delivery.is_done:
                topic, key, value = delivery.event
                number = crc32(key) % self._partition_count
                records = self.partitions(topic)[number]
                records.append(Record(topic, number, len(records), key, value))
                delivery.succeed()

    def _let_go(self) -> None:
        for delivery in self._held:
            delivery.fail("the stream went away before it confirmed")
        self._held.clear()
