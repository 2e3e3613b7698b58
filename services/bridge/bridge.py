"""The bridge: arrival, event, Kafka, acknowledgement."""

import logging
import time
from collections import Counter, deque
from typing import Protocol

from services.adapters.clock import Clock
from services.adapters.mqtt import Arrival
from services.bridge.acknowledge import InOrder, Ticket
from services.bridge.intake import Event, Knows, take_in
from services.errors import StreamAway

log = logging.getLogger(__name__)

RETRY_S = 1.0


class Sends(Protocol):
    """What the bridge asks of Kafka."""

    def send(self, topic: str, key: bytes, value: bytes, on_done: "OnDone | None" = None) -> None: ...


class OnDone(Protocol):
    def __call__(self, error: BaseException | None, /) -> None: ...


class Bridge:
    """Holds nothing but what is on its way; whatever dies, the MQTT broker still has it."""

    def __init__(self, producer: Sends, clock: Clock, knows: Knows, in_order: InOrder[Arrival]) -> None:
        self._producer = producer
        self._clock = clock
        self._knows = knows
        self._in_order = in_order
        self._again: deque[tuple[Event, Ticket[Arrival]]] = deque()
        self._last_error: BaseException | None = None
        self.counts: Counter[str] = Counter()

    def on_arrival(self, arrival: Arrival) -> None:
        """Called by MQTT for each message, in order."""
        ticket = self._in_order.arrived(arrival)
        event = take_in(arrival.topic, arrival.payload, now=self._clock.now(), knows=self._knows)
        self.counts[event.topic] += 1
        self._send(event, ticket)

    @property
    def on_their_way(self) -> int:
        """Messages that Kafka has not confirmed yet."""
        return len(self._in_order)

    def retry(self) -> None:
        """Send again what Kafka did not take."""
        if self._again:
            log.warning("%d messages wait for Kafka: %s", len(self._again), self._last_error)
        for _ in range(len(self._again)):
            self._send(*self._again.popleft())

    def _send(self, event: Event, ticket: Ticket[Arrival]) -> None:
        def done(error: BaseException | None, /) -> None:
            if error is None:
                self._in_order.is_safe(ticket)
            else:
                self._keep(event, ticket, error)

        try:
            self._producer.send(event.topic, event.key, event.message.to_bytes(), done)
        except StreamAway as away:
            self._keep(event, ticket, away)

    def _keep(self, event: Event, ticket: Ticket[Arrival], error: BaseException) -> None:
        self._last_error = error
        self._again.append((event, ticket))


def report_rates(bridge: Bridge, before: Counter[str], began_s: float) -> tuple[Counter[str], float]:
    """Log how many messages came on each topic since the last report."""
    now_s, counts = time.monotonic(), Counter(bridge.counts)
    if came := counts - before:
        rate = sum(came.values()) / (now_s - began_s)
        log.info("%s in %.0f s (%.0f/s), %d on their way", dict(came), now_s - began_s, rate, bridge.on_their_way)
    return counts, now_s
