"""Streets that are closed, as several faces show them: what was said, and which streets of the network that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.roads.closures import along
from services.roads.osm.city_roads import OsmRoads
from services.roads.osm.errors import RoadsError
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)

type Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class SaidStreet:
    """The latest word on a street, with what was said when it was closed."""

    street_id: UUID
    closed: bool
    """Whether the latest word closes it; it may be open again by itself."""
    name: str
    line: Points
    reason: str
    until: datetime | None
    closed_by: str
    closed_at: datetime
    said_by: str
    said_at: datetime

    def is_closed_at(self, at: datetime) -> bool:
        return self.closed and (self.until is None or self.until > at)


@dataclass(frozen=True)
class Matched:
    """Streets of the network along a line: how long together, and as the coordinates of a MultiLineString."""

    metres: float
    pieces: list[Any]


def list_said(connection: Connection, city: str, now: datetime, since: datetime) -> list[SaidStreet]:
    """Streets that are closed, then those that opened since; the latest first."""
    rows = connection.execute(SQL["list_said"], {"city": city, "now": now, "since": since})
    said = [SaidStreet(**row) for row in rows]
    return sorted(said, key=lambda street: not street.is_closed_at(now))


def list_closed(connection: Connection, city: str, now: datetime) -> list[SaidStreet]:
    """Those that are closed now."""
    return [street for street in list_said(connection, city, now, now) if street.is_closed_at(now)]


def matched(roads: OsmRoads | None, lines: Sequence[Points]) -> Matched | None:
    """The streets along these lines; None where the city has no streets to look among."""
    if roads is None:
        return None
    try:
        segments = roads.segments()
    except RoadsError:
        return None
    found = along(segments, [[(lon, lat) for lon, lat in line] for line in lines])
    return Matched(segments.metres(found), segments.lonlat(found).tolist())
