"""What a container's page reads of the store."""

from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from services.fill.outlook import Known
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import rows_as
from services.web.figures.store import row_of, rows_of

SQL = load_queries(__name__)

MOST = 60
"""Lines of a list: further back the CSV and the API tell."""
USUAL_FILL_PER_DAY = 0.3
"""Of a kind that no file names any more."""


class ContainerRow(TypedDict):
    container_id: str
    name: str
    lon: float
    lat: float
    kind_id: str
    kind_name: str
    zone_id: str
    zone_name: str
    fleet_id: str
    capacity_l: float
    sensor: bool
    active: bool
    stream: str
    fill_ratio: float | None
    fill_at: datetime | None
    battery_ratio: float | None
    last_emptied_at: datetime | None
    readings: int
    """All that were ever stored."""


class LevelRow(TypedDict):
    """Of a step of time."""

    at: datetime
    """Of the last reading."""
    fill_ratio: float
    least: float
    most: float
    readings: int


class ObservationRow(TypedDict):
    kind: str
    happened_at: datetime
    fill_ratio: float | None
    weight_kg: float | None
    reason: str | None
    remark: str | None
    truck_id: str | None
    said_by: str


class SkippedRow(TypedDict):
    happened_at: datetime
    truck_id: str
    reason: str
    said_by: str


class UplinkRow(TypedDict):
    happened_at: datetime
    distance_mm: float
    door: str
    device: str
    alarms: list[str]


class AlarmRow(TypedDict):
    alarm: str
    last_at: datetime
    messages: int


class NextVisitRow(TypedDict):
    day: date
    fleet_id: str
    truck_id: str
    number: int
    start_at: datetime


class PlanChangeRow(TypedDict):
    plan_id: UUID
    day: date
    changed_by: str
    changed_at: datetime
    document: dict[str, Any]


class SeenAlertRow(TypedDict):
    seen_by: str
    seen_at: datetime
    reason: str | None
    truck_id: str


def find_container(connection: Connection, city: str, container: str) -> ContainerRow | None:
    values = {"city": city, "container": container}
    return row_of(ContainerRow, connection.execute(SQL["find_container"], values).fetchone())


def list_known(connection: Connection, city: str, container: str, *, alone: bool) -> list[Known]:
    """What the registry says of the city's containers, or of this one alone."""
    values = {"city": city, "container": container, "alone": alone, "usual": USUAL_FILL_PER_DAY}
    with connection.cursor(row_factory=rows_as(Known)) as cursor:
        return cursor.execute(SQL["list_known"], values).fetchall()


def list_levels(
    connection: Connection, city: str, container: str, since: datetime, until: datetime, step: timedelta
) -> list[LevelRow]:
    """What its sensor said, one row a step of time, the oldest first."""
    values = {"city": city, "container": container, "since": since, "until": until, "step": step}
    return rows_of(LevelRow, connection.execute(SQL["list_levels"], values))


def list_observations(connection: Connection, city: str, container: str, since: datetime) -> list[ObservationRow]:
    """The latest first."""
    return rows_of(ObservationRow, connection.execute(SQL["list_observations"], _since(city, container, since)))


def list_skipped(connection: Connection, city: str, container: str, since: datetime) -> list[SkippedRow]:
    """The latest first."""
    return rows_of(SkippedRow, connection.execute(SQL["list_skipped"], _since(city, container, since)))


def list_uplinks(connection: Connection, city: str, container: str, most: int) -> list[UplinkRow]:
    """The latest first."""
    values = {"city": city, "container": container, "most": most}
    return rows_of(UplinkRow, connection.execute(SQL["list_uplinks"], values))


def list_alarms(connection: Connection, city: str, container: str, since: datetime) -> list[AlarmRow]:
    """The latest first."""
    return rows_of(AlarmRow, connection.execute(SQL["list_alarms"], _since(city, container, since)))


def list_next_visits(connection: Connection, city: str, container: str, today: date) -> list[NextVisitRow]:
    """The soonest first."""
    values = {"city": city, "container": container, "today": today}
    return rows_of(NextVisitRow, connection.execute(SQL["list_next_visits"], values))


def list_plan_changes(connection: Connection, city: str, container: str, since_day: date) -> list[PlanChangeRow]:
    """The latest first."""
    values = {"city": city, "container": container, "since_day": since_day, "most": MOST}
    return rows_of(PlanChangeRow, connection.execute(SQL["list_plan_changes"], values))


def list_seen_alerts(connection: Connection, city: str, container: str, since: datetime) -> list[SeenAlertRow]:
    """The latest first."""
    return rows_of(SeenAlertRow, connection.execute(SQL["list_seen_alerts"], _since(city, container, since)))


def _since(city: str, container: str, since: datetime) -> dict[str, object]:
    return {"city": city, "container": container, "since": since, "most": MOST}
