"""What becomes of one MQTT message: an event for Kafka, or a rejection with its reason. Pure: no sockets here."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from pydantic import ValidationError

from services.contracts import topics
from services.contracts.fields import Message
from services.contracts.telemetry import (
    MAX_PAYLOAD_BYTES,
    MessageRejected,
    Position,
    PositionReceived,
    Reading,
    ReadingReceived,
    RejectionReason,
)


class Event(NamedTuple):
    """What goes into Kafka."""

    topic: str
    key: bytes
    message: Message


Knows = Callable[[topics.DeviceTopic], bool]
"""Whether a device is in the registry."""


def take_in(mqtt_topic: str, payload: bytes, *, now: datetime, knows: Knows) -> Event:
    """Turn a message into a `ReadingReceived`, a `PositionReceived`, or a `MessageRejected` that says why not."""
    device = topics.parse_device_topic(mqtt_topic)
    if device is None:
        detail = "expected tournee/v1/<city>/containers/<id>/reading or tournee/v1/<city>/trucks/<id>/position"
        return _rejected("unknown_topic", detail, mqtt_topic, payload, now)
    if len(payload) > MAX_PAYLOAD_BYTES:
        detail = f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}"
        return _rejected("oversized", detail, mqtt_topic, payload[:MAX_PAYLOAD_BYTES], now)
    if not knows(device):
        detail = f"{device.device} is not among the {device.kind} of {device.city}"
        return _rejected("unknown_device", detail, mqtt_topic, payload, now)
    try:
        return _received(device, payload, now)
    except ValidationError as error:
        return _rejected("malformed", _faults(error), mqtt_topic, payload, now)


def _received(device: topics.DeviceTopic, payload: bytes, now: datetime) -> Event:
    key = topics.key(device.city, device.device)
    context = {"now": now}
    if device.kind == "containers":
        reading = Reading.model_validate_json(payload, context=context)
        # The fields are valid already and the message is ours: no second validation.
        return Event(
            topics.READINGS,
            key,
            ReadingReceived.model_construct(
                city=device.city, container=device.device, received_at=now, **reading.__dict__
            ),
        )
    position = Position.model_validate_json(payload, context=context)
    return Event(
        topics.POSITIONS,
        key,
        PositionReceived.model_construct(city=device.city, truck=device.device, received_at=now, **position.__dict__),
    )


def _rejected(reason: RejectionReason, detail: str, mqtt_topic: str, payload: bytes, now: datetime) -> Event:
    message = MessageRejected.model_construct(
        id=uuid4(), reason=reason, detail=detail, mqtt_topic=mqtt_topic[:1000], payload=payload, received_at=now
    )
    return Event(topics.REJECTED, mqtt_topic.encode()[:1000], message)


def _faults(error: ValidationError) -> str:
    """Field, what is wrong, and what came, in one line of bounded length."""
    faults = (f"{'.'.join(map(str, e['loc'])) or 'payload'}: {e['msg']}" for e in error.errors(include_url=False))
    return "; ".join(faults)[:1000]
