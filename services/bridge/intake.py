"""What becomes of one MQTT message: an event for Kafka, or a rejection with its reason. Pure: no sockets here."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from services.bridge.devices import KnownDevice
from services.bridge.percent import PercentSensors
from services.contracts import topics
from services.contracts.devices import expected_topics, parse_device_topic
from services.contracts.telemetry import MAX_PAYLOAD_BYTES, MessageRejected, Reading, RejectionReason, Said
from services.edges.mending import LeftAside, Unreadable, mend
from services.edges.notes import Note


class Event(NamedTuple):
    """What goes into Kafka: `value` is a message of the topic's contract, as JSON."""

    topic: str
    key: bytes
    value: bytes
    reason: RejectionReason | None = None
    """Why it goes to `rejected`."""
    notes: Sequence[Note] = ()
    detail: str | None = None
    """What is wrong with it, where it goes to `rejected`."""


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
        self.oldest = {"readings": now - keep.readings, "positions": now - keep.positions}
        """By `DeviceKind.kept`: what happened before is refused."""
        self.context: dict[str, Any] = {"now": now}
        self.received_at = f'"received_at":"{now.isoformat()}",'.encode()


Find = Callable[[bytes], KnownDevice | None]
"""The registered device that publishes on a topic."""


def take_in(mqtt_topic: bytes, payload: bytes, *, moment: Moment, find: Find, percent: PercentSensors) -> Event:
    """Turn a message into what its kind of device is `received` as, or a `MessageRejected` that says why not."""
    device = find(mqtt_topic)
    if device is None:
        return _from_nobody(mqtt_topic, payload, moment)
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _oversized(mqtt_topic, payload, moment)
    kind = device.kind
    left_aside: Sequence[LeftAside] = ()
    try:
        said = kind.contract.model_validate_json(payload, context=moment.context)
    except ValidationError as error:
        try:
            said, left_aside = mend(kind.contract, payload, moment.context, error)
        except Unreadable as unreadable:
            notes = _percent_note(percent.refused(mqtt_topic, device, payload), device)
            return _rejected("malformed", str(unreadable), mqtt_topic, payload, moment)._replace(notes=notes)
    if (fault := said.fault() or _percent_fault(mqtt_topic, said, payload, percent)) is not None:
        return _rejected("malformed", fault, mqtt_topic, payload, moment)
    oldest = moment.oldest[kind.kept]
    if said.happened_at < oldest:
        detail = f"happened_at: {said.happened_at.isoformat()}, and nothing before {oldest.isoformat()} is kept"
        return _rejected("too_old", detail, mqtt_topic, payload, moment)
    notes = [Note(device.topic, about) for about in left_aside]
    return Event(kind.topic, device.key, _received(device, moment, said), notes=notes)


def _percent_fault(mqtt_topic: bytes, said: Said, payload: bytes, percent: PercentSensors) -> str | None:
    if percent.any_known and isinstance(said, Reading):
        return percent.fault(mqtt_topic, said, payload)
    return None


def _percent_note(value: int | None, device: KnownDevice) -> list[Note]:
    if value is None:
        return []
    told = f"{value}: it seems to tell percent; a share of the volume is expected, 0 to 1"
    return [Note(device.topic, LeftAside("fill_ratio", told))]


def _received(device: KnownDevice, moment: Moment, said: Said) -> bytes:
    """The JSON of what the kind is `received` as: who, when, and what was validated just now.

    Put together as bytes: a second model, built and written, would cost as much as all the rest of the bridge's work
    on a message. `tests/unit/test_intake.py` holds it to the contract.
    """
    return device.head + moment.received_at + said.to_bytes()[1:]


def _from_nobody(mqtt_topic: bytes, payload: bytes, moment: Moment) -> Event:
    device = parse_device_topic(mqtt_topic.decode(errors="replace"))
    if device is None:
        return _rejected("unknown_topic", f"expected {expected_topics()}", mqtt_topic, payload, moment)
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
    return Event(topics.REJECTED, mqtt_topic[:1000], message.to_bytes(), reason, detail=detail)
