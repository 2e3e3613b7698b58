"""The order that each city's morning gives by itself, for each of its fleets."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from services.city.registry import City
from services.contracts.fields import scope_name
from services.contracts.planning import PlanDay
from services.times import instant_of, local_day, seconds_of_day

LATE_LIMIT = timedelta(hours=4)
"""A planner that was down at the city's hour still plans this much later; after that the day is under way."""


def morning_order(city: City, fleet: str, now: datetime) -> PlanDay | None:
    """A fleet's order of this morning, if it is time for it. Its id is the day's own, so asking twice orders once."""
    day = local_day(now, city.zone_info)
    plan_at = instant_of(day, seconds_of_day(city.planning.plan_at), city.zone_info)
    if not plan_at <= now < plan_at + LATE_LIMIT:
        return None
    return PlanDay(
        request_id=uuid5(NAMESPACE_URL, f"tournee:morning:{scope_name(city.id, fleet)}:{day}"),
        city=city.id,
        fleet=fleet,
        day=day,
        as_of=now,
        time_limit_s=city.planning.time_limit_s,
        ordered_by="morning",
        ordered_at=now,
    )
