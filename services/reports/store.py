"""What is known of a container that is reported, and the reports that there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.contracts.reports import Answer, ReportDoor, ReportKind
from services.reports.answering import Known, State, state_of
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import rows_as
from services.times import instant_of, local_day

SQL = load_queries(__name__)

NEAR_M = 60.0
"""A report without a container's number is of the nearest one, so far at most: across a square, not a street on."""
MOST_LISTED = 5000


class Today(NamedTuple):
    """By the city's own clock."""

    day: date
    begins_at: datetime


@dataclass(frozen=True)
class Place:
    """A container, as a resident knows it."""

    id: str
    name: str
    lon: float
    lat: float
    zone: str


@dataclass(frozen=True)
class Report:
    """A report as it stands on a day."""

    id: str
    city: str
    kind: ReportKind
    container: str | None
    lon: float | None
    lat: float | None
    door: ReportDoor
    made_at: datetime
    answer: Answer
    known_at: datetime | None
    insists: bool
    first_id: str
    """The report that it follows: its own id where it is the first."""
    reports: int
    """So many say the same, this one included."""
    emptied_at: datetime | None
    seen_at: datetime | None
    planned_at: datetime | None
    """When a circuit that was sent is to empty it on the day asked for, and has not been there."""
    name: str | None
    zone: str | None
    fleet: str | None
    """None: of no container of the registry."""

    @property
    def state(self) -> State:
        return state_of(
            self.kind, self.answer, emptied_at=self.emptied_at, seen_at=self.seen_at, planned_at=self.planned_at
        )

    @property
    def is_closed(self) -> bool:
        """Nobody will do any more about it."""
        return self.state == "done" or self.answer == "just_emptied"

    @property
    def updated_at(self) -> datetime:
        return max(filter(None, (self.made_at, self.emptied_at, self.seen_at)))


@dataclass(frozen=True)
class Private:
    """What a resident gave of themselves, as long as it is kept."""

    contact: str | None
    words: str | None
    address: str | None
    media_url: str | None
    has_photo: bool


@dataclass(frozen=True)
class Wish:
    """Which reports are asked for: all that is not None has to hold."""

    ids: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    unsettled: bool = False
    """Only the first of each thing, and only what neither a crew, nor the office, nor an answer at once has settled."""


def today_in(zone: ZoneInfo, now: datetime) -> Today:
    day = local_day(now, zone)
    return Today(day, instant_of(day, 0, zone))


def find_place(connection: Connection, city: str, container: str) -> Place | None:
    """A container in service, whose id may be written in small letters."""
    with connection.cursor(row_factory=rows_as(Place)) as cursor:
        return cursor.execute(SQL["find_place"], {"city": city, "container": container}).fetchone()


def list_places(connection: Connection, city: str) -> list[Place]:
    """All containers in service, by zone."""
    with connection.cursor(row_factory=rows_as(Place)) as cursor:
        return cursor.execute(SQL["list_places"], {"city": city}).fetchall()


def find_nearest(connection: Connection, city: str, lon: float, lat: float) -> Place | None:
    """The container in service that is nearest, within `NEAR_M`."""
    values = {"city": city, "lon": lon, "lat": lat, "near_m": NEAR_M}
    with connection.cursor(row_factory=rows_as(Place)) as cursor:
        return cursor.execute(SQL["find_nearest"], values).fetchone()


def read_known(connection: Connection, city: str, container: str, today: Today) -> Known:
    values = {"city": city, "container": container, "day": today.day, "day_from": today.begins_at}
    with connection.cursor(row_factory=rows_as(Known)) as cursor:
        return cursor.execute(SQL["read_known"], values).fetchone() or Known()


def list_reports(connection: Connection, city: str, today: Today, wish: Wish) -> list[Report]:
    """The newest first, `MOST_LISTED` at most."""
    values = {
        "city": city, "unsettled": wish.unsettled, "day": today.day, "day_from": today.begins_at,
        "most": MOST_LISTED, "since": wish.since, "until": wish.until,
        "ids": None if wish.ids is None else list(wish.ids),
        "kinds": None if wish.kinds is None else list(wish.kinds),
    }  # fmt: skip
    with connection.cursor(row_factory=rows_as(Report)) as cursor:
        return cursor.execute(SQL["list_reports"], values).fetchall()


def find_report_city(connection: Connection, report: str) -> str | None:
    row = connection.execute(SQL["find_report_city"], {"report": report}).fetchone()
    return row["city_id"] if row else None


def find_private(connection: Connection, city: str, reports: Sequence[str]) -> dict[str, Private]:
    """What is kept of what these residents gave of themselves, by report."""
    rows = connection.execute(SQL["find_private"], {"city": city, "reports": list(reports)})
    return {
        row["report_id"]: Private(row["contact"], row["words"], row["address"], row["media_url"], row["has_photo"])
        for row in rows
    }


def find_photo(connection: Connection, city: str, report: str) -> bytes | None:
    row = connection.execute(SQL["find_photo"], {"city": city, "report": report}).fetchone()
    return bytes(row["photo"]) if row else None
