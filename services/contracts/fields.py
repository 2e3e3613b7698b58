"""The fields that several messages share, with their units and limits."""

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

# Ids are levels of MQTT topics, parts of Kafka keys and of URLs: no '/', '+', '#', spaces or accents.
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
CityId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]

ONLY_FLEET = "main"
"""Id of the fleet of a city that names none. What was said before there were fleets is of it."""
FleetId = Annotated[Id, Field(description="the trucks that are planned together")]


def scope_name(city: str, fleet: str) -> str:
    """A fleet for people and log lines: its city's name alone where there is no other fleet to tell it from."""
    return city if fleet == ONLY_FLEET else f"{city}/{fleet}"


Lon = Annotated[float, Field(ge=-180, le=180, description="degrees east, WGS 84")]
Lat = Annotated[float, Field(ge=-90, le=90, description="degrees north, WGS 84")]
# Above 1: waste heaped over the rim. Beyond 1.2 the sensor is wrong.
FillRatio = Annotated[float, Field(ge=0, le=1.2, allow_inf_nan=False, description="share of the container's volume")]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]

FUTURE_TOLERANCE = timedelta(minutes=5)  # device clocks drift; beyond this the clock is wrong, not late


def _not_in_future(instant: datetime, info: ValidationInfo) -> datetime:
    """Refuse an instant over five minutes ahead of `context["now"]`; without a context there is no clock to ask."""
    if info.context and instant > info.context["now"] + FUTURE_TOLERANCE:
        raise ValueError(f"more than 5 minutes in the future (the clock here says {info.context['now'].isoformat()})")
    return instant


# What a city could mean. Dates beyond are slips of a keyboard or of a clock, and overflow wherever a day is added.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY, description="from 2000 to 2199")]
Instant = Annotated[
    AwareDatetime,
    Field(
        ge=datetime.combine(FIRST_DAY, time(), UTC),
        lt=datetime.combine(LAST_DAY, time(), UTC),
        description="with its time zone, from 2000 to 2199",
    ),
]
PastInstant = Annotated[AwareDatetime, AfterValidator(_not_in_future)]


class MessagePart(BaseModel):
    """Something immutable that messages are made of.

    Unknown fields are ignored, so that an older reader survives a newer writer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_bytes(self) -> bytes:
        """It as UTF-8 JSON, the way it travels."""
        return self.__pydantic_serializer__.to_json(self)  # as `model_dump_json` does it, which costs twice as much


class Message(MessagePart, ABC):
    """An immutable fact or order that travels by itself through Kafka."""

    @property
    @abstractmethod
    def trace_id(self) -> str:
        """The one id that follows this message through every log; see `services.contracts.trace`."""
