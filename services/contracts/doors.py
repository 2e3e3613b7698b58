"""What comes in by the doors of other makers' networks, and what those doors tell of themselves."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.contracts.fields import CityId, FillRatio, Id, Instant, Message, Ratio
from services.contracts.trace import device_trace

ShortText = Annotated[str, Field(max_length=300)]


class UplinkReceived(Message):
    """A distance as a sensor measured it: Kafka `uplinks`, key `<city>/<container>`.

    Beside the reading that was made of it, where one could be: a container kind measured anew is learned from these.
    """

    city: CityId
    container: Id
    door: str
    device: ShortText
    """As its network names it."""
    decoder: str | None
    happened_at: Instant
    received_at: Instant
    distance_mm: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
    fill_ratio: FillRatio | None = None
    """As it was told then; None: nothing said how the container is inside, or the sensor was tilted."""
    battery_ratio: Ratio | None = None
    temperature_c: Annotated[float, Field(ge=-50, le=150, allow_inf_nan=False)] | None = None
    alarms: tuple[ShortText, ...] = ()

    @property
    def trace_id(self) -> str:
        return device_trace(self.city, self.container, self.happened_at)


class DoorHeard(Message):
    """What came in by one door of a city in some seconds: Kafka `door-states`, key `<city>/<door>`."""

    id: UUID
    city: CityId
    door: str
    messages: Annotated[int, Field(ge=1)]
    left_aside: Annotated[int, Field(ge=0)]
    """Of these, taken, but not whole."""
    rejected: Annotated[int, Field(ge=0)]
    last_at: Instant
    last_device: ShortText | None = None
    last_left_aside: ShortText | None = None
    last_rejected: ShortText | None = None

    @property
    def trace_id(self) -> str:
        return str(self.id)
