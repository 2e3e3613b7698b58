"""What the services ask of the outside, whoever is there: the real adapters and their in-memory twins have it all."""

from collections.abc import Callable, Iterable
from typing import Protocol

from services.contracts.fields import Message
from services.stream.kafka import Delivery, Record
from services.stream.mqtt import Arrival


class MessageSource(Protocol):
    """A persistent MQTT session on one topic filter, QoS 1. `services.stream.mqtt.Subscriber` says the rest."""

    on_connection_lost: Callable[[], None]
    """Called once a lost connection: what was not acknowledged before comes again."""

    @property
    def is_there(self) -> bool: ...
    def when_arrived(self, on_arrivals: Callable[[list[Arrival]], None], /) -> None: ...
    def start(self, topic_filter: str, /) -> None: ...
    def stop(self) -> None: ...
    def acknowledge(self, message_ids: Iterable[int], /) -> None: ...


class EventSink(Protocol):
    """Puts events into the stream. `services.stream.kafka.EventProducer` says the rest."""

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        """Raises `StreamAway`: not even taken for sending."""
        ...

    def publish(self, topic: str, key: bytes, message: Message) -> None:
        """Raises `StreamAway`: not confirmed in time."""
        ...

    def confirm(self, deliveries: Iterable[Delivery]) -> None:
        """Raises `StreamAway`: not all confirmed in time."""
        ...

    def flush(self, timeout_s: float) -> None: ...
    def note_failure(self) -> None: ...
    def renew_if_stuck(self) -> None: ...
    def close(self) -> None: ...


class EventSource(Protocol):
    """A member of a consumer group. `services.stream.kafka.EventConsumer` says the rest."""

    def poll(self, timeout_s: float) -> list[Record]: ...
    def commit(self) -> None:
        """Raises `StreamAway`: the offsets stay where they were."""
        ...

    def close(self) -> None: ...
