"""What devices say, and what becomes of it. Which kind of device says what stands in `services.contracts.devices`."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, Field, Strict

from services.contracts.fields import CityId, FillRatio, Id, Instant, Lat, Lon, Message, MessagePart, PastInstant, Ratio
from services.contracts.trace import device_trace

NOWHERE_DEG = 0.001
"""Within a hundred metres of 0, 0 there is nothing but sea: receivers without a fix say 0, or almost."""
MAX_PAYLOAD_BYTES = 4096  # a reading has about 200; anything near this is not from one of our devices

# Of a truck's whole life, several times over: beyond it a counter says that it does not know (all bits set).
MOST_FUEL_USED_L, MOST_ODOMETER_M, MOST_ENGINE_S = 3e6, 4e9, 1e9

# Strict: `true` is no number. A number in quotes is read where the bridge mends (`services.edges.mending`).
type Measured[Number] = Annotated[Number, Strict()]


class Said(MessagePart):
    """What a device says. A field that has a default is optional: one that is wrong never costs the rest."""

    happened_at: PastInstant

    def fault(self) -> str | None:
        """What is wrong with fields that are each right by themselves; None where nothing is."""
        return None


class Reading(Said):
    """A bin sensor's message on `tournee/v1/<city>/containers/<id>/reading`."""

    fill_ratio: Measured[FillRatio]
    battery_ratio: Measured[Ratio] | None = None
    temperature_c: Measured[Annotated[float, Field(ge=-50, le=150, allow_inf_nan=False)]] | None = None


class Position(Said):
    """A truck's GPS message on `tournee/v1/<city>/trucks/<id>/position`."""

    lon: Measured[Lon]
    lat: Measured[Lat]
    speed_kmh: Measured[Annotated[float, Field(ge=0, le=200, allow_inf_nan=False)]] | None = None
    heading_deg: Measured[Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)]] | None = None
    accuracy_m: Measured[Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]] | None = None
    fuel_used_l: Measured[Annotated[float, Field(ge=0, le=MOST_FUEL_USED_L, allow_inf_nan=False)]] | None = None
    """What the engine has burnt in all its life, as it counts itself; not what is in the tank."""
    odometer_m: Measured[Annotated[float, Field(ge=0, le=MOST_ODOMETER_M, allow_inf_nan=False)]] | None = None
    engine_s: Measured[Annotated[float, Field(ge=0, le=MOST_ENGINE_S, allow_inf_nan=False)]] | None = None
    """How long the engine has run in all its life."""

    def fault(self) -> str | None:
        if abs(self.lon) < NOWHERE_DEG and abs(self.lat) < NOWHERE_DEG:
            return "lon, lat: 0, 0 is what a receiver says that knows no place"
        return None


class Weighing(Said):
    """What a scale has weighed, on `tournee/v1/<city>/scales/<id>/weight`.

    A scale has the id of the truck or the disposal site it belongs to. At a site it weighs what a truck leaves there,
    on a truck what a container gives.
    """

    net_kg: Measured[Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]]
    """The waste alone; 100 t is more than any truck of the roads carries."""
    from_truck: Id | None = None
    """Who was weighed, where the scale is a site's."""
    from_container: Id | None = None
    """What was emptied, where the scale is a truck's."""


class ReadingReceived(Reading, Message):
    """A reading that passed the bridge: Kafka `readings`, key `<city>/<container>`."""

    city: CityId
    container: Id
    received_at: Instant

    @property
    def trace_id(self) -> str:
        return device_trace(self.city, self.container, self.happened_at)


class PositionReceived(Position, Message):
    """A position that passed the bridge: Kafka `positions`, key `<city>/<truck>`."""

    city: CityId
    truck: Id
    received_at: Instant

    @property
    def trace_id(self) -> str:
        return device_trace(self.city, self.truck, self.happened_at)


class WeighingReceived(Weighing, Message):
    """A weighing that passed the bridge: Kafka `weighings`, key `<city>/<scale>`."""

    city: CityId
    scale: Id
    received_at: Instant

    @property
    def trace_id(self) -> str:
        return device_trace(self.city, self.scale, self.happened_at)


RejectionReason = Literal["malformed", "oversized", "too_old", "unknown_topic", "unknown_device", "unreadable_record"]


class MessageRejected(Message):
    """A message that the bridge could not take: Kafka `rejected`. The raw bytes are kept for the technician."""

    id: UUID
    reason: RejectionReason
    detail: str
    mqtt_topic: str
    payload: Base64Bytes
    received_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.id)


class DeviceNoted(Message):
    """What was wrong with messages of one device that were taken all the same: Kafka `device-notes`.

    One note stands for all of some time, so that a device that sends a heading of -1 for ever costs next to nothing.
    """

    id: UUID
    city: CityId
    kind: str
    """A name in `services.contracts.devices.KINDS`."""
    device: Id
    field: str
    """What was left aside; `payload` where it was not the content of a field."""
    example: Annotated[str, Field(max_length=200)]
    """What stood there the last time, and what is expected."""
    messages: Annotated[int, Field(ge=1)]
    first_at: Instant
    last_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.id)
