"""What becomes of a message at a door of a city: events for Kafka, and what is told of it. Pure: no sockets here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pydantic_core import to_json

from services.clock import Simulation
from services.contracts import topics
from services.contracts.devices import DeviceTopic
from services.contracts.doors import UplinkReceived
from services.contracts.telemetry import (
    MAX_PAYLOAD_BYTES,
    MessageRejected,
    PositionReceived,
    ReadingReceived,
    RejectionReason,
)
from services.edges.choosing import SLIPS, named
from services.edges.decoder import Decoder
from services.edges.door import Moment
from services.edges.door_registry import DoorRegistry, Sender
from services.edges.filling import fill
from services.edges.heard import Heard, Refused
from services.edges.hearing import DOORS, hear
from services.edges.notes import Note

type Outcome = Literal["taken", "left_aside", "passed_over", "rejected"]

MOST_KMH = 200.0
OF_A_READING = tuple(ReadingReceived.model_fields)
"""All that a reading says the uplink says too, within the same bounds: it is validated once."""


class Made(NamedTuple):
    """An event for Kafka."""

    topic: str
    key: bytes
    value: bytes


@dataclass
class Taken:
    """A message and what it became."""

    city: str
    door: str
    heard: Heard
    outcome: Outcome = "taken"
    detail: str | None = None
    """Why it is rejected."""
    events: list[Made] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


class Keep(NamedTuple):
    """How long the store keeps what devices say: what is older would only be dropped again."""

    readings: timedelta
    positions: timedelta


class Taker:
    """What the doors of all cities have in common."""

    def __init__(self, decoders: Sequence[Decoder], keep: Keep) -> None:
        self._decoders = decoders
        self._keep = keep

    def take(
        self,
        city: str,
        door: str,
        payload: bytes,
        *,
        now: datetime,
        registry: DoorRegistry,
        device: str | None = None,
        simulation: Simulation | None = None,
    ) -> Taken:
        """Turn a message into events.

        Args:
            city: whose door it is.
            door: a name in `hearing.DOORS`.
            payload: the message.
            now: when it came.
            registry: whose devices are.
            device: the truck, where the key by which it came says which.
            simulation: the clock of a simulated city. Devices of real networks live by the machine's all the same:
                their instants are judged by that, and become what the city's clock showed then.
        """

        def of_device(name: str) -> Decoder | None:
            sender = registry.named.get((city, "containers", name))
            return named(self._decoders, sender.decoder) if sender is not None and sender.decoder else None

        there = now if simulation is None else datetime.now(UTC)
        heard = hear(payload, Moment(there, self._decoders, of_device), door=DOORS[door])
        if simulation is not None and heard.happened_at is not None:
            # A device that is ahead by seconds would be by many minutes in a city that runs fast.
            heard.happened_at = min(simulation.showed_at(heard.happened_at), now)
        taken = Taken(city, door, heard)
        if heard.is_passed_over:
            taken.outcome, taken.detail = "passed_over", heard.rejected
            return taken
        if heard.rejected is not None:
            return _reject(taken, "malformed", heard.rejected, payload, now)
        kind = DOORS[door].kind
        sender = Sender(device, None) if device else registry.find(city, kind, heard.device, heard.label)
        if sender is None:
            detail = f"{heard.device} is none of the {kind} of {city}: tournee device add {city} --from-chirpstack CSV"
            return _reject(taken, "unknown_device", detail, payload, now)
        keep = self._keep.readings if kind == "containers" else self._keep.positions
        if heard.happened_at is None or heard.happened_at < now - keep:
            detail = f"happened_at: {heard.happened_at}; expected {(now - keep).isoformat()} or later: that is kept"
            return _reject(taken, "too_old", detail, payload, now)
        try:
            if kind == "containers":
                _take_distance(taken, sender.device, registry, payload, now)
            else:
                _take_position(taken, sender.device, now)
        except SLIPS as slip:  # a decoder of the city's own has left something else than numbers
            taken.events.clear()
            return _reject(taken, "malformed", f"{heard.decoder}: {type(slip).__name__}: {slip}", payload, now)
        _note(taken, DeviceTopic(city, kind, sender.device))
        return taken


def _take_distance(taken: Taken, container: str, registry: DoorRegistry, payload: bytes, now: datetime) -> None:
    """The distance as it was measured, and the reading where the kind of the container tells the fill."""
    heard = taken.heard
    kind = registry.containers.get((taken.city, container))
    try:
        if kind is None:
            heard.drop("fill_ratio", None, f"a container kind of {container} in the registry")
        fill(heard, kind)
    except Refused as refused:
        _reject(taken, "malformed", str(refused), payload, now)
    key = topics.key(taken.city, container)
    # The contract's own names; what could be wrong with the values has been judged by the door.
    uplink = UplinkReceived.model_validate(
        {
            "city": taken.city,
            "container": container,
            "happened_at": heard.happened_at,
            "received_at": now,
            "fill_ratio": heard.fill_ratio,
            "battery_ratio": heard.battery_ratio,
            "temperature_c": heard.temperature_c,
            "door": taken.door,
            "device": (heard.device or "")[:300],
            "decoder": heard.decoder,
            "distance_mm": heard.distance_mm,
            "alarms": tuple(alarm[:300] for alarm in heard.alarms[:20]),
        }
    )
    taken.events.append(Made(topics.UPLINKS, key, uplink.to_bytes()))
    if uplink.fill_ratio is not None:
        said = to_json({name: getattr(uplink, name) for name in OF_A_READING})
        taken.events.append(Made(topics.READINGS, key, said))


def _take_position(taken: Taken, truck: str, now: datetime) -> None:
    heard = taken.heard
    position = PositionReceived.model_validate(
        {
            "city": taken.city,
            "truck": truck,
            "happened_at": heard.happened_at,
            "received_at": now,
            "lon": heard.lon,
            "lat": heard.lat,
            "speed_kmh": None if heard.speed_kmh is None else min(heard.speed_kmh, MOST_KMH),
            "heading_deg": heard.heading_deg,
            "accuracy_m": heard.accuracy_m,
            "fuel_used_l": heard.fuel_used_l,
            "odometer_m": heard.odometer_m,
            "engine_s": heard.engine_s,
        }
    )
    taken.events.append(Made(topics.POSITIONS, topics.key(taken.city, truck), position.to_bytes()))


def _note(taken: Taken, device: DeviceTopic) -> None:
    if taken.heard.dropped and taken.outcome == "taken":
        taken.outcome = "left_aside"
    taken.notes.extend(Note(device, about) for about in taken.heard.dropped)


def _reject(taken: Taken, reason: RejectionReason, detail: str, payload: bytes, now: datetime) -> Taken:
    """As the bridge does it: the same bytes at the same door are one rejection a day."""
    place = f"doors/{taken.city}/{taken.door}"
    taken.outcome, taken.detail = "rejected", detail
    message = MessageRejected.model_construct(
        id=uuid5(NAMESPACE_URL, f"{now.date()} {place} {sha256(payload).hexdigest()}"),
        reason=reason,
        detail=detail[:1000],
        mqtt_topic=place,
        payload=payload[:MAX_PAYLOAD_BYTES],
        received_at=now,
    )
    taken.events.append(Made(topics.REJECTED, place.encode(), message.to_bytes()))
    return taken
