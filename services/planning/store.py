"""What planning asks of the store about itself: whether a day is ordered or under way, how fresh plans are."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.city.geometry import great_circle_m
from services.city.registry import City
from services.contracts.planning import PlanDay, PlanMade, Visit
from services.planning.under_way import Confirmed, UnderWay
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

SQL = load_queries(__name__)

AT_DEPOT_WITHIN_M = 500
"""A truck seen farther from its depot than this has left: yards are smaller, and GPS errs by tens of metres."""


class Freshness(NamedTuple):
    """A fleet's plan and its city's readings. None where there never were any."""

    city: City
    fleet: str
    planned_at: datetime | None
    planned_day: date | None
    """The latest day that has a plan, up to the city's today."""
    read_at: datetime | None


def list_freshness(connection: Connection, now: datetime) -> list[Freshness]:
    """Every fleet's, by city, in the caller's transaction. Reads one row a container: some 10 ms at 50,000."""
    return [
        Freshness(City.model_validate(row.pop("document")), **row)
        for row in connection.execute(SQL["list_freshness"], {"now": now})
    ]


def is_day_ordered(connection: Connection, order: PlanDay) -> bool:
    """Whether the fleet's day has been ordered already, by this order or another."""
    keys = {"city": order.city, "fleet": order.fleet, "day": order.day, "request_id": order.request_id}
    row = connection.execute(SQL["is_day_ordered"], keys).fetchone()
    return bool(row and row["ordered"])


def is_settled(connection: Connection, order: PlanDay) -> bool:
    """Whether this very order was carried out: one that comes again, after a fall, is passed over."""
    with store_errors(), connection.transaction():
        row = connection.execute(SQL["is_settled"], {"request_id": order.request_id}).fetchone()
        return bool(row and row["is_one"])


def find_under_way(connection: Connection, order: PlanDay, city: City) -> UnderWay | None:
    """The plan in force of the order's day, and what crews and GPS have said of it; None where nothing was sent.

    For an order of the past: as it was known at its instant.
    """
    known_at = order.as_of if order.is_of_the_past else None
    scope = {"city": order.city, "fleet": order.fleet, "day": order.day, "known_at": known_at}
    row = connection.execute(SQL["find_plan_in_force"], scope).fetchone()
    if row is None:
        return None
    plan = PlanMade.model_validate_json(row["document"])
    confirmed = [Confirmed(**said) for said in connection.execute(SQL["list_confirmed"], scope)]
    departures = {circuit.truck: circuit.visits[0] for circuit in plan.circuits}
    places = connection.execute(
        SQL["list_truck_places" if known_at is None else "list_truck_places_known"],
        {"city": city.id, "trucks": list(departures), "known_at": known_at},
    )
    seen_out = frozenset(row["truck"] for row in places if _is_out(departures[row["truck"]], row))
    return UnderWay(plan, confirmed, seen_out)


def find_plan(connection: Connection, city: str, plan_id: UUID) -> PlanMade | None:
    """A plan, whole; also one that another city has is none of this one's."""
    row = connection.execute(SQL["find_plan"], {"city": city, "plan": plan_id}).fetchone()
    return PlanMade.model_validate_json(row["document"]) if row else None


def find_begun(connection: Connection, plan: PlanMade, now: datetime) -> frozenset[str]:
    """Trucks of the plan's fleet that are on the road on its day: gone by the plan in force, or heard of."""
    scope = {"city": plan.city, "fleet": plan.fleet, "day": plan.day, "now": now}
    return frozenset(row["truck"] for row in connection.execute(SQL["list_begun"], scope))


def find_next(connection: Connection, plan_id: UUID) -> UUID | None:
    """The plan that was made of this one by hand; None where nobody has changed it yet."""
    row = connection.execute(SQL["find_next"], {"plan": plan_id}).fetchone()
    return row["plan_id"] if row else None


def _is_out(departure: Visit, seen: dict[str, Any]) -> bool:
    if departure.lon is None or departure.lat is None or seen["happened_at"] < departure.leave_at:
        return False
    return great_circle_m(departure.lon, departure.lat, seen["lon"], seen["lat"]) > AT_DEPOT_WITHIN_M
