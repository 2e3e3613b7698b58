"""Streets that an operator closes and reopens."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.contracts.changes import Reason
from services.contracts.fields import CityId, Instant, Lat, Lon, Message, MessagePart

MOST_POINTS = 200
LONGEST_NAME, LONGEST_REASON = 120, 200

type Line = tuple[tuple[Lon, Lat], ...]


class StreetSaid(Message):
    """A street is closed, or open again, on Kafka `streets`, key city. The latest word on a `street_id` holds.

    Closed again, it has its line anew. Who opens it says no line.
    """

    saying_id: UUID
    street_id: UUID
    city: CityId
    closed: bool
    name: Annotated[str, Field(max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    line: Annotated[Line, Field(max_length=MOST_POINTS)] = ()
    """As it was drawn along the street: two points or more where it is closed."""
    reason: Annotated[str, Field(max_length=LONGEST_REASON, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    until: Instant | None = None
    """When it opens by itself; None: when somebody opens it."""
    said_by: str
    said_at: Instant

    @model_validator(mode="after")
    def _has_a_line(self) -> Self:
        if self.closed and len(self.line) < 2:
            raise ValueError("a closed street has a line of two points or more")
        return self

    @property
    def trace_id(self) -> str:
        return str(self.saying_id)


class ClosedStreet(MessagePart):
    """A street that was known to be closed on the day of a plan."""

    street: UUID
    name: str = ""
    line: Line
    reason: Reason = ""
    until: Instant | None = None
    avoided: bool
    """Whether the plan's distances go round it. Estimated ones cannot, nor do streets without one along the line."""

    def is_closed_at(self, at: datetime) -> bool:
        return self.until is None or self.until > at
