"""The event stream, its producers and consumers, of each kind."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol
from uuid import uuid4

from kafka.admin import KafkaAdminClient

from infra.stack.server import Server
from infra.stack.stack import Stack
from services.stream import kafka
from services.stream.kafka import EventConsumer, EventProducer
from services.stream.ports import EventSink, EventSource
from tests.contract.capabilities import Kind
from tests.contract.waiting import eventually
from tests.twins.consumer import MemoryConsumer
from tests.twins.log import MemoryLog
from tests.twins.producer import MemoryProducer

DELIVERY_TIMEOUT_S = 1.5
"""Shorter than the services', so that a test of failure need not wait ten seconds."""


class StreamSide(Protocol):
    """What the tests do with a stream."""

    @property
    def kind(self) -> Kind: ...
    @property
    def server(self) -> Server | MemoryLog: ...

    def make_topic(self) -> str:
        """A topic of its own, with the usual partitions."""

    def producer(self, name: str = "contract") -> EventSink: ...
    def consumer(self, topics: Iterable[str], *, group: str, member: str | None = None) -> EventSource: ...


class MemoryStreamSide:
    kind: Kind = "memory"

    def __init__(self) -> None:
        self.server = MemoryLog(delivery_timeout_s=DELIVERY_TIMEOUT_S / 10)

    def make_topic(self) -> str:
        return f"t-{uuid4().hex}"

    def producer(self, name: str = "contract") -> MemoryProducer:  # noqa: ARG002
        return MemoryProducer(self.server)

    def consumer(self, topics: Iterable[str], *, group: str, member: str | None = None) -> MemoryConsumer:
        return MemoryConsumer(self.server, group=group, subscribed=topics, member=member)


class NetworkStream:
    def __init__(self, stack: Stack) -> None:
        self.kind: Kind = stack.kind
        self.server = stack.server("kafka")
        self._bootstrap = stack.kafka

    def make_topic(self) -> str:
        name = f"t-{uuid4().hex}"
        admin = KafkaAdminClient(bootstrap_servers=self._bootstrap)
        admin.create_topics({name: {"num_partitions": kafka.PARTITIONS, "replication_factor": 1}})
        eventually(lambda: name in admin.list_topics(), lambda: f"no topic {name}")
        admin.close()
        return name

    def producer(self, name: str = "contract") -> EventProducer:
        return EventProducer(self._bootstrap, name=name)

    def consumer(self, topics: Iterable[str], *, group: str, member: str | None = None) -> EventConsumer:
        return EventConsumer(self._bootstrap, group=group, subscribed=topics, member=member)


@contextmanager
def closing[T: (EventSink, EventSource)](port: T) -> Iterator[T]:
    """Close it at the end."""
    try:
        yield port
    finally:
        port.close()
