"""What drivers report from their phones."""

from typing import Literal, Self
from uuid import UUID

from pydantic import model_validator

from services.contracts.fields import ONLY_FLEET, CityId, FillRatio, FleetId, Id, Instant, Message

SkipReason = Literal["blocked", "not_found", "not_full", "damaged", "burning", "truck_full", "other"]


class ConfirmVisit(Message):
    """An order from the phone's outbox. The id is made on the phone, so sending it twice is harmless."""

    id: UUID
    plan_id: UUID
    kind: Literal["stop", "disposal"]
    place: Id
    outcome: Literal["done", "skipped"]
    reason: SkipReason | None = None
    fill_ratio_seen: FillRatio | None = None
    happened_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.id)

    @model_validator(mode="after")
    def _skipped_has_a_reason(self) -> Self:
        if (self.outcome == "skipped") != (self.reason is not None):
            raise ValueError("a skipped visit needs a reason, and only a skipped visit has one")
        return self


class VisitConfirmed(ConfirmVisit):
    """A confirmation that Kafka holds, on `confirmations`, key `<city>/<truck>`.

    `happened_at` is the phone's, but never after `received_at`: a phone whose clock is ahead must not lose its day.
    """

    city: CityId
    fleet: FleetId = ONLY_FLEET
    """Of the plan that the truck drives."""
    truck: Id
    driver: str
    received_at: Instant
