"""What becomes of one MQTT message: an event for Kafka, or a rejection with its reason. Pure: no sockets here."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from services.bridge.devices import KnownDevice
from services.contracts import topics
from services.contracts.telemetry import MAX_PAYLOAD_BYTES, MessageRejected, Position, Reading, RejectionReason


class Event(NamedTuple):
    """What goes into Kafka: `value` is a message of the topic's contract, as JSON."""

    topic: str
    key: bytes
    value: bytes
    reason: RejectionReason | None = None
    """Why it goes to `rejected`."""


class Keep(NamedTuple):
    """How long the store keeps what devices say.

    What is older when it comes would only be dropped at the next upkeep, with the chunk that the store had made for it
    alone: a device that has lost its clock says 1970.
    """

    readings: timedelta
    positions: timedelta


class Moment:
    """When a batch of messages came, in the forms that each of them needs."""

    def __init__(self, now: datetime, keep: Keep) -> None:
        self.now = now
        self.oldest = {"containers": now - keep.readings, "trucks": now - keep.positions}
        """By kind of device: what happened before is refused."""
        self.context: dict[str, Any] = {"now": now}
        self.received_at = f'"received_at":"{now.isoformat()}",'.encode()


Find = Callable[[bytes], KnownDevice | None]
"""The registered device that publishes on a topic."""

KINDS: Mapping[str, tuple[type[Reading | Position], str]] = {
    "containers": (Reading, topics.READINGS),
    "trucks": (Position, topics.POSITIONS),
}
"""What each kind of device says, and the topic in Kafka where it goes."""


def take_in(mqtt_topic: bytes, payload: bytes, *, moment: Moment, find: Find) -> Event:
    """Turn a message into a `ReadingReceived`, a `PositionReceived`, or a `MessageRejected` that says why not."""
    device = find(mqtt_topic)
    if device is None:
        return _from_nobody(mqtt_topic, payload, moment)
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _oversized(mqtt_topic, payload, moment)
    contract, topic = KINDS[device.kind]
    try:
        said = contract.model_validate_json(payload, context=moment.context)
    except ValidationError as error:
        return _rejected("malformed", _faults(error), mqtt_topic, payload, moment)
    oldest = moment.oldest[device.kind]
    if said.happened_at < oldest:
        detail = f"happened_at: {said.happened_at.isoformat()}, and nothing before {oldest.isoformat()} is kept"
        return _rejected("too_old", detail, mqtt_topic, payload, moment)
    return Event(topic, device.key, _received(device, moment, said))


def _received(device: KnownDevice, moment: Moment, said: Reading | Position) -> bytes:
    """The JSON of `ReadingReceived` or `PositionReceived`: who, when, and what was validated just now.

    Put together as bytes: a second model, built and written, would cost as much as all the rest of the bridge's work
    on a message. `tests/unit/test_intake.py` holds it to the contract.
    """
    return device.head + moment.received_at + said.to_bytes()[1:]


def _from_nobody(mqtt_topic: bytes, payload: bytes, moment: Moment) -> Event:
    device = topics.parse_device_topic(mqtt_topic.decode(errors="replace"))
    if device is None:
        detail = "expected tournee/v1/<city>/containers/<id>/reading or tournee/v1/<city>/trucks/<id>/position"
        return _rejected("unknown_topic", detail, mqtt_topic, payload, moment)
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _oversized(mqtt_topic, payload, moment)
    detail = f"{device.device} is not among the {device.kind} of {device.city}"
    return _rejected("unknown_device", detail, mqtt_topic, payload, moment)


def _oversized(mqtt_topic: bytes, payload: bytes, moment: Moment) -> Event:
    return _rejected("oversized", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}", mqtt_topic, payload, moment)


def _rejected(reason: RejectionReason, detail: str, mqtt_topic: bytes, payload: bytes, moment: Moment) -> Event:
    topic = mqtt_topic.decode(errors="replace")[:1000]
    # The same bytes on the same topic are one rejection a day, however often the broker delivers them.
    message = MessageRejected.model_construct(
        id=uuid5(NAMESPACE_URL, f"{moment.now.date()} {topic} {sha256(payload).hexdigest()}"),
        reason=reason,
        detail=detail[:1000],
        mqtt_topic=topic,
        payload=payload[:MAX_PAYLOAD_BYTES],
        received_at=moment.now,
    )
    return Event(topics.REJECTED, mqtt_topic[:1000], message.to_bytes(), reason)


def _faults(error: ValidationError) -> str:
    """Field, what is wrong, and what came, in one line of bounded length."""
    faults = (f"{'.'.join(map(str, e['loc'])) or 'payload'}: {e['msg']}" for e in error.errors(include_url=False))
    return "; ".join(faults)[:1000]
