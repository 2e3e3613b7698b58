"""Streets that are closed on the day of a plan, as operators said, and the roads without them."""

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from services.city.registry import Registry
from services.contracts.planning import PlanMade
from services.contracts.streets import ClosedStreet
from services.planning.problem import shift_of
from services.roads.closures import DrawnLine
from services.roads.osm.errors import RoadsError
from services.roads.roads import Roads
from services.store.connection import Connection
from services.store.queries import load_queries
from services.times import instant_of

SQL = load_queries(__name__)

log = logging.getLogger(__name__)


def list_closed(connection: Connection, city: str, as_of: datetime) -> tuple[ClosedStreet, ...]:
    """Streets that are closed by what was said up to `as_of`, whenever they open. Nobody knows yet if they matter."""
    return tuple(
        ClosedStreet(
            street=UUID(str(row["street_id"])), name=row["name"], line=row["line"], reason=row["reason"],
            until=row["until"], avoided=False,
        )
        for row in connection.execute(SQL["list_closed"], {"city": city, "as_of": as_of})
    )  # fmt: skip


def closed_on(
    streets: Iterable[ClosedStreet], registry: Registry, day: date, begins_at: datetime
) -> tuple[ClosedStreet, ...]:
    """Those that are closed when the day's circuits may begin, or later. One that opens at noon is closed all day."""
    zone = registry.city.zone_info
    shifts = [shift_of(truck)[0] for truck in registry.trucks if truck.in_service]
    first = instant_of(day, min(shifts, default=0), zone)
    midnight = instant_of(day + timedelta(days=1), 0, zone)
    begin = min(max(first, begins_at), midnight)
    return tuple(street for street in streets if street.is_closed_at(begin))


def roads_without(roads: Roads, streets: Sequence[ClosedStreet]) -> tuple[Roads, tuple[ClosedStreet, ...]]:
    """The roads that go round the streets, and the streets with whether they are gone round.

    Roads that cannot close a street stay as they are: a plan that says so is better than none.
    """
    told: list[ClosedStreet] = []
    for street in streets:
        try:
            avoided = roads.closing([street.line]) is not roads
        except RoadsError as error:
            log.warning("closed street %s is not avoided: %s", street.street, error)
            avoided = False
        told.append(street.model_copy(update={"avoided": avoided}))
    return roads.closing(lines_avoided(told)), tuple(told)


def roads_of_plan(roads: Roads, plan: PlanMade) -> Roads:
    """The roads that the plan's distances were measured on.

    Raises:
        RoadsError: the streets that it avoids cannot be closed any more.
    """
    return roads.closing(lines_avoided(plan.closed_streets))


def lines_avoided(streets: Iterable[ClosedStreet]) -> list[DrawnLine]:
    return [street.line for street in streets if street.avoided]
