"""Putting events into Kafka from a page: nothing counts as sent before Kafka has confirmed it."""

import threading
from collections.abc import Iterable, Sequence
from typing import Protocol

from services.contracts.fields import Message
from services.operations.questions import kafka_question
from services.settings import KafkaServers
from services.stream.kafka import Delivery, EventProducer


class Stream(Protocol):
    """What the pages need of an event producer."""

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery: ...

    def confirm(self, deliveries: Iterable[Delivery]) -> None: ...

    def is_there(self) -> bool:
        """Whether the stream answers at all."""
        ...


class KafkaStream:
    """Kafka, met at the first event: the public page must open on a morning when Kafka does not."""

    def __init__(self, kafka: str | KafkaServers, *, name: str) -> None:
        self._kafka = kafka
        self._name = name
        self._question = kafka_question(kafka)
        self._lock = threading.Lock()
        self._producer: EventProducer | None = None

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        producer = self._connected()
        producer.renew_if_stuck()
        return producer.send(topic, key, value)

    def confirm(self, deliveries: Iterable[Delivery]) -> None:
        self._connected().confirm(deliveries)

    def _connected(self) -> EventProducer:
        with self._lock:
            self._producer = self._producer or EventProducer(self._kafka, name=self._name)
            return self._producer

    def is_there(self) -> bool:
        """Whether one of the bootstrap servers answers as a Kafka broker does, within seconds."""
        return self._question() is None

    def close(self) -> None:
        with self._lock:
            if self._producer is not None:
                self._producer.close()


def publish_all(stream: Stream, topic: str, key: bytes, messages: Sequence[Message]) -> None:
    """Send events in order and return when Kafka has confirmed every one.

    Raises:
        StreamAway: not all confirmed in time; some may have arrived, so send them all again with the same ids.
    """
    if messages:  # an empty outbox needs no stream
        stream.confirm([stream.send(topic, key, message.to_bytes()) for message in messages])
