"""What the planner reads: the latest state of each container, never their history."""

from psycopg.rows import args_row

from services.adapters.timescale.connection import Connection
from services.adapters.timescale.many import many_at_once
from services.adapters.timescale.queries import load_queries
from services.contracts.planning import PlanDay
from services.fill.forecast import ContainerState

SQL = load_queries(__name__)


@many_at_once()
def load_states(connection: Connection, city: str) -> dict[str, ContainerState]:
    """By container; one that was never heard of is not in it."""
    # Binary, straight into states and not by way of dicts, fetched at once: half the time for a large city.
    with connection.cursor(row_factory=args_row(ContainerState), binary=True) as cursor:
        states = cursor.execute(SQL["list_states"], {"city": city}).fetchall()
    return {state.container: state for state in states}


def is_day_ordered(connection: Connection, order: PlanDay) -> bool:
    """Whether this day has been ordered already, by this order or another."""
    keys = {"city": order.city, "day": order.day, "request_id": order.request_id}
    row = connection.execute(SQL["is_day_ordered"], keys).fetchone()
    return bool(row and row["ordered"])
