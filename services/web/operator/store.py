"""What the operator's pages alone read of the store."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, TypedDict
from unicodedata import combining, normalize
from uuid import UUID

from pydantic import TypeAdapter

from services.contracts.changes import BrokenRule
from services.contracts.planning import Circuit, PlanMade, PlanningProgressed
from services.roads.roads import RoadSource
from services.store.connection import Connection
from services.store.many import many_at_once
from services.store.queries import load_queries
from services.store.rows import rows_as
from services.web.figures.store import row_of, rows_of
from services.web.operator.kept_plans import KeptPlans, Key

SQL = load_queries(__name__)
_PLANS = KeptPlans()


class ContainerRow(NamedTuple):
    """A container with the latest known of it. A tuple, in the order of the query: a large city has 50,000 of them."""

    container_id: str
    name: str
    lon: float
    lat: float
    kind_id: str
    zone_id: str
    zone_name: str
    fleet_id: str
    capacity_l: float
    sensor: bool
    fill_ratio: float | None
    fill_at: datetime | None
    last_emptied_at: datetime | None


class PositionRow(TypedDict):
    truck_id: str
    happened_at: datetime
    lon: float
    lat: float
    speed_kmh: float | None
    heading_deg: float | None


class ComparableRow(TypedDict):
    plan_id: UUID
    day: date
    made_at: datetime
    stops: int
    fuel_l: float


class PlanRow(TypedDict):
    plan_id: UUID
    day: date
    made_at: datetime
    status: str
    circuits: int
    stops: int
    distance_m: float
    fuel_l: float
    changed: bool
    """Whether somebody made it of another by hand."""


class CircuitRow(TypedDict):
    number: int
    truck_id: str
    distance_m: float
    fuel_l: float
    duty_s: float
    stops: int


class ProgressRow(TypedDict):
    truck_id: str
    done: int
    skipped: int
    last_at: datetime


class RejectedRow(TypedDict):
    reason: str
    messages: int
    last_at: datetime


class DispatchRow(TypedDict):
    plan_id: UUID
    dispatch_id: UUID
    dispatched_by: str
    dispatched_at: datetime


class NameRow(TypedDict):
    container_id: str
    name: str
    zone_name: str


class FoundRow(NameRow):
    total: int
    """Of all that match, also those beyond the list."""


class ChangeRow(TypedDict):
    plan_id: UUID
    """What came of it."""
    parent_id: UUID
    changed_by: str
    changed_at: datetime
    document: dict[str, Any]


class PlanCircuits(NamedTuple):
    """What of a plan its trucks drive."""

    plan_id: UUID
    roads: RoadSource
    circuits: tuple[Circuit, ...]
    broken: tuple[BrokenRule, ...]


CIRCUITS, BROKEN = TypeAdapter(tuple[Circuit, ...]), TypeAdapter(tuple[BrokenRule, ...])


class ConfirmationRow(TypedDict):
    truck_id: str
    kind: str
    place: str
    outcome: str
    reason: str | None
    happened_at: datetime


@many_at_once()
def list_containers(connection: Connection, city: str, fleet: str | None = None) -> list[ContainerRow]:
    """A fleet's; all of the city where none is named."""
    # Binary, straight into rows and not by way of dicts, fetched at once: a third less time for a large city.
    with connection.cursor(row_factory=rows_as(ContainerRow), binary=True) as cursor:
        return cursor.execute(SQL["list_containers"], {"city": city, "fleet": fleet}).fetchall()


def list_truck_positions(connection: Connection, city: str, fleet: str) -> list[PositionRow]:
    return rows_of(PositionRow, connection.execute(SQL["list_truck_positions"], {"city": city, "fleet": fleet}))


def list_trucks_with_driver(connection: Connection, city: str) -> set[str]:
    """Trucks that somebody can open on a phone."""
    return {row["truck_id"] for row in connection.execute(SQL["list_trucks_with_driver"], {"city": city})}


def find_run(connection: Connection, city: str, request: UUID) -> PlanningProgressed | None:
    row = connection.execute(SQL["find_run"], {"city": city, "request": request}).fetchone()
    return PlanningProgressed.model_validate(row["document"]) if row else None


def find_latest_run(connection: Connection, city: str, fleet: str, day: date) -> PlanningProgressed | None:
    row = connection.execute(SQL["find_latest_run"], {"city": city, "fleet": fleet, "day": day}).fetchone()
    return PlanningProgressed.model_validate(row["document"]) if row else None


def list_plans(connection: Connection, city: str, fleet: str, day: date) -> list[PlanRow]:
    """A fleet's of a day, the newest first, as many as anybody would compare; the one in force is always among them.

    One that was changed by hand since is not, unless it is in force: its last word stands for it.
    """
    return rows_of(PlanRow, connection.execute(SQL["list_plans"], {"city": city, "fleet": fleet, "day": day}))


def list_plan_circuits(connection: Connection, city: str, plan: UUID) -> list[CircuitRow]:
    return rows_of(CircuitRow, connection.execute(SQL["list_plan_circuits"], {"city": city, "plan": plan}))


def list_progress(connection: Connection, city: str, plan: UUID) -> list[ProgressRow]:
    return rows_of(ProgressRow, connection.execute(SQL["list_progress"], {"city": city, "plan": plan}))


def count_silent(connection: Connection, city: str, fleet: str, since: datetime) -> int:
    """Sensors of the fleet's containers that have not been heard since."""
    row = connection.execute(SQL["count_silent"], {"city": city, "fleet": fleet, "since": since}).fetchone()
    return int(row["silent"]) if row else 0


def list_rejected(connection: Connection, city: str, since: datetime) -> list[RejectedRow]:
    return rows_of(RejectedRow, connection.execute(SQL["list_rejected"], {"city": city, "since": since}))


def find_dispatch(connection: Connection, city: str, fleet: str, day: date) -> DispatchRow | None:
    """The dispatch in force of a fleet and day: the latest."""
    values = {"city": city, "fleet": fleet, "day": day}
    return row_of(DispatchRow, connection.execute(SQL["find_dispatch"], values).fetchone())


def list_comparable(connection: Connection, city: str, fleet: str, day: date, plan: UUID) -> list[ComparableRow]:
    """Plans to set beside one, the newest day first: the others of its day, and those in force of the week before."""
    values = {"city": city, "fleet": fleet, "day": day, "plan": plan}
    return rows_of(ComparableRow, connection.execute(SQL["list_comparable"], values))


def list_changes(connection: Connection, city: str, plan: UUID) -> list[ChangeRow]:
    """Of the chain that the plan is in, in no order."""
    return rows_of(ChangeRow, connection.execute(SQL["list_changes"], {"city": city, "plan": plan}))


def list_names(connection: Connection, city: str, ids: Iterable[str]) -> dict[str, NameRow]:
    """Of these containers, by id; one that has left the registry is not among them."""
    rows = rows_of(NameRow, connection.execute(SQL["list_names"], {"city": city, "ids": list(ids)}))
    return {row["container_id"]: row for row in rows}


def find_containers_like(connection: Connection, city: str, fleet: str, search: str) -> list[FoundRow]:
    """A fleet's whose id, name and zone hold every word of the search, whatever its accents; at most thirty."""
    words = folded(search).split()
    if not words:
        return []
    values = {"city": city, "fleet": fleet, "words": words}
    return rows_of(FoundRow, connection.execute(SQL["find_containers_like"], values))


def folded(text: str) -> str:
    """Without capitals and accents."""
    return "".join(sign for sign in normalize("NFD", text.lower()) if not combining(sign))


def find_plan_text(connection: Connection, city: str, plan: UUID) -> str | None:
    """The plan as the planner said it, whole, as JSON."""
    row = connection.execute(SQL["find_plan_text"], {"city": city, "plan": plan}).fetchone()
    return row["document"] if row else None


def find_plan(connection: Connection, city: str, plan: UUID) -> PlanMade | None:
    """Kept as it was read, as long as its row is the same: half a megabyte of a plan takes longer than a page may."""
    key = _key_of(connection, city, plan)
    return _PLANS.of(key, lambda: _read_plan(connection, city, plan)) if key else None


def _key_of(connection: Connection, city: str, plan: UUID) -> Key | None:
    """None where there is no such plan."""
    row = connection.execute(SQL["find_plan_row"], {"city": city, "plan": plan}).fetchone()
    store = connection.info
    return (store.host, str(store.port), store.dbname, city, str(plan), row["version"]) if row else None


@many_at_once()
def _read_plan(connection: Connection, city: str, plan: UUID) -> PlanMade:
    """Of a row that was there a moment ago: nobody takes plans away."""
    return PlanMade.model_validate_json(find_plan_text(connection, city, plan) or "")


def find_circuits(connection: Connection, city: str, plan: UUID) -> PlanCircuits | None:
    """Of a plan that is not kept these alone are read: the whole of a large city's is megabytes."""
    key = _key_of(connection, city, plan)
    if key is None:
        return None
    if (kept := _PLANS.find(key)) is not None:
        return PlanCircuits(plan, kept.roads, kept.circuits, kept.broken)
    row = connection.execute(SQL["find_circuits"], {"city": city, "plan": plan}).fetchone()
    if row is None:
        return None
    circuits, broken = CIRCUITS.validate_json(row["circuits"]), BROKEN.validate_json(row["broken"])
    return PlanCircuits(plan, row["roads"], circuits, broken)


def list_confirmations(connection: Connection, city: str, plan: UUID) -> list[ConfirmationRow]:
    """In the order in which they happened."""
    return rows_of(ConfirmationRow, connection.execute(SQL["list_confirmations"], {"city": city, "plan": plan}))
