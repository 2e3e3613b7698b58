"""An order to plan a day, as tests give it."""

from datetime import date, datetime
from uuid import UUID

from services.contracts.planning import PlanDay


def day_order(city: str, day: date, at: datetime, time_limit_s: float = 1) -> PlanDay:
    """Ordered at this moment, of what was known then; one second of search is enough for a small town."""
    return PlanDay(
        request_id=UUID(int=7),
        city=city,
        day=day,
        as_of=at,
        time_limit_s=time_limit_s,
        ordered_by="test",
        ordered_at=at,
    )
