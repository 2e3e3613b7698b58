"""What bin sensors and trucks say, and what becomes of it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, Field

from services.contracts.fields import CityId, FillRatio, Id, Instant, Lat, Lon, Message, Part, PastInstant, Ratio
from services.contracts.trace import device_trace

MAX_PAYLOAD_BYTES = 4096  # a reading has about 200; anything near this is not from one of our devices


class Reading(Part):
    """A bin sensor's message on `tournee/v1/<city>/containers/<id>/reading`."""

    happened_at: PastInstant
    fill_ratio: FillRatio
    battery_ratio: Ratio | None = None
    temperature_c: Annotated[float, Field(ge=-50, le=150, allow_inf_nan=False)] | None = None


class Position(Part):
    """A truck's GPS message on `tournee/v1/<city>/trucks/<id>/position`."""

    happened_at: PastInstant
    lon: Lon
    lat: Lat
    speed_kmh: Annotated[float, Field(ge=0, le=200, allow_inf_nan=False)] | None = None
    heading_deg: Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None


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
