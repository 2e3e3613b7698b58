"""Kafka, met at the first message: a door that opens before Kafka does answers that it is away, and not nothing."""

import threading
from collections.abc import Sequence

from services.edges.taking import Made
from services.settings import KafkaServers
from services.stream.kafka import EventProducer


class Outlet:
    """Safe from any thread."""

    def __init__(self, kafka: str | KafkaServers) -> None:
        self._kafka = kafka
        self._lock = threading.Lock()
        self._producer: EventProducer | None = None

    def confirm(self, events: Sequence[Made]) -> None:
        """Return when Kafka has every one of these.

        Raises:
            StreamAway: not all in time; they may be sent again.
        """
        producer = self._connected()
        producer.renew_if_stuck()
        producer.confirm([producer.send(*event) for event in events])

    def send(self, event: Made) -> None:
        """Hand one over without waiting. Raises `StreamAway` where it is not even taken."""
        self._connected().send(*event)

    def close(self) -> None:
        """Send what is left."""
        with self._lock:
            if self._producer is not None:
                self._producer.close()

    def _connected(self) -> EventProducer:
        with self._lock:
            self._producer = self._producer or EventProducer(self._kafka, name="edges")
            return self._producer
