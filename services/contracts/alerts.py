"""What the office has to look into, and that it has."""

from uuid import UUID

from services.contracts.confirmations import SkipReason
from services.contracts.fields import CityId, Instant, Message

ALARMING: frozenset[SkipReason] = frozenset({"burning", "damaged", "blocked", "not_found", "other"})
"""Reasons of a skipped visit to look into. A container that was not full, and a truck that was, are the round's own
business."""


class AlertSeen(Message):
    """Somebody of the office has seen to an alert, on Kafka `alerts`. The first word counts."""

    confirmation_id: UUID
    """The skipped visit that it is about."""
    city: CityId
    seen_by: str
    seen_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.confirmation_id)
