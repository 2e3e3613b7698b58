"""Who is there in the morning: trucks and crews, ticked off by the office."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.contracts.fields import CityId, Id, Instant, Message


class PresenceSaid(Message):
    """A truck and its crew are there, or one of them is not, on Kafka `presence`, key city/truck.

    It holds until somebody says otherwise: who is absent stays out of every plan until ticked again.
    """

    presence_id: UUID
    city: CityId
    truck: Id
    truck_there: bool
    crew_there: bool
    reason: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    said_by: str
    said_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.presence_id)
