"""Trucks and crews that are not there, as the office ticked them off."""

from datetime import datetime

from services.contracts.planning import PlanDay
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)


def list_absent(connection: Connection, city: str, as_of: datetime) -> tuple[str, ...]:
    """Trucks that cannot leave by what was said up to `as_of`: they, or their crew, are not there."""
    return tuple(row["truck_id"] for row in connection.execute(SQL["list_absent"], {"city": city, "as_of": as_of}))


def without_absent(order: PlanDay, absent: tuple[str, ...]) -> PlanDay:
    """The order, with those out of it like trucks that broke down: others take what they would have done."""
    broken_down = (*order.broken_down, *(truck for truck in absent if truck not in order.broken_down))
    return order if broken_down == order.broken_down else order.model_copy(update={"broken_down": broken_down})
