"""What the planner reads: the latest state of each container, never their history."""

from services.adapters.timescale.connection import Connection
from services.adapters.timescale.queries import load_queries
from services.contracts.planning import PlanDay
from services.domain.forecast import ContainerState

SQL = load_queries("planning.sql")


def load_states(connection: Connection, city: str) -> dict[str, ContainerState]:
    """By container; one that was never heard of is not in it."""
    rows = connection.execute(SQL["list_states"], {"city": city}).fetchall()
    return {row["container"]: ContainerState(**row) for row in rows}


def is_day_ordered(connection: Connection, order: PlanDay) -> bool:
    """Whether this day has been ordered already, by this order or another."""
    keys = {"city": order.city, "day": order.day, "request_id": order.request_id}
    row = connection.execute(SQL["is_day_ordered"], keys).fetchone()
    return bool(row and row["ordered"])
