"""What the driver's phone alone asks of the store: of one truck's circuit, never of a whole plan."""

from collections.abc import Collection
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import rows_as, rows_as_tuples
from services.web.figures.outcomes import Said
from services.web.figures.store import row_of, rows_of

SQL = load_queries(__name__)


def find_truck_fleet(connection: Connection, city: str, truck: str) -> str | None:
    """The fleet that the truck is of, be it in service or not; None for a truck that the city never had."""
    row = connection.execute(SQL["find_truck_fleet"], {"city": city, "truck": truck}).fetchone()
    return row["fleet_id"] if row else None


def find_plan_fleets(connection: Connection, city: str, plans: Collection[UUID]) -> dict[UUID, str]:
    """By plan, the fleet it is of; a plan that is not the city's is not in it."""
    rows = connection.execute(SQL["find_plan_fleets"], {"city": city, "plans": list(plans)})
    return {row["plan_id"]: row["fleet_id"] for row in rows}


def is_called_off(connection: Connection, city: str, plan: UUID, truck: str) -> bool:
    """Whether the truck's containers went to others in this plan."""
    row = connection.execute(SQL["is_called_off"], {"city": city, "plan": plan, "truck": truck}).fetchone()
    return bool(row and row["is_one"])


class SentRow(TypedDict):
    """The plan in force of a truck's fleet, and the circuit of the day that the truck has."""

    plan_id: UUID
    dispatched_at: datetime
    made_at: datetime
    loaded_at: datetime
    """When the city was loaded last: since then names are as they are."""
    circuit_plan_id: UUID
    """Another than `plan_id` where the truck had a circuit in a plan sent before and has none in the one in force."""
    number: int


class ForecastRow(TypedDict):
    container: str
    fill_ratio: float
    demand_kg: float
    demand_l: float


def find_sent(connection: Connection, city: str, truck: str, day: date) -> SentRow | None:
    """None when nothing was sent that day, or this truck was in no plan of it."""
    asked = {"city": city, "truck": truck, "day": day}
    return row_of(SentRow, connection.execute(SQL["find_sent"], asked).fetchone())


def list_visits(connection: Connection, plan: UUID, number: int) -> list[tuple[str, str | None]]:
    """Kind and place of a circuit's visits, in driving order."""
    with connection.cursor(row_factory=rows_as_tuples) as cursor:
        return cursor.execute(SQL["list_visits"], {"plan": plan, "number": number}).fetchall()


def list_said(connection: Connection, city: str, plan: UUID, truck: str) -> list[Said]:
    """What the crew of a truck said of a plan's places, in the order in which it happened."""
    with connection.cursor(row_factory=rows_as(Said)) as cursor:
        return cursor.execute(SQL["list_said"], {"city": city, "plan": plan, "truck": truck}).fetchall()


def list_forecasts(
    connection: Connection, city: str, plan: UUID, containers: Collection[str]
) -> dict[str, ForecastRow]:
    """What a plan expects of these containers, by id."""
    asked = {"city": city, "plan": plan, "containers": list(containers)}
    return {row["container"]: row for row in rows_of(ForecastRow, connection.execute(SQL["list_forecasts"], asked))}
