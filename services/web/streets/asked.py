"""The form that closes a street: what was filled in, and what is wrong with it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from services.city.geometry import great_circle_m
from services.city.registry import City
from services.contracts.fields import LAST_DAY
from services.contracts.streets import LONGEST_NAME, LONGEST_REASON, MOST_POINTS
from services.roads.osm.city_roads import OsmRoads
from services.roads.osm.errors import RoadsError
from services.roads.osm.extract import metres_outside
from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.ground.closed_streets import Matched, SaidStreet, matched
from services.web.rendering.geo import positions_of
from services.web.streets import store

LEAST_M, MOST_M = 10.0, 5_000.0
"""Of a line: shorter is a slip of the mouse, longer no street. Assumed."""
MOST_OUTSIDE_M = 10_000.0
"""From the box around the city's zones: as far as a landfill may be. Assumed."""
MOST_CLOSED = 200
"""Streets of a city at a time: each takes a look at all segments when a plan is made."""
AS_LONG = 3.0
"""Between two places along streets, over the straight line: more is another street. Assumed."""
DECIMALS = 6


type Line = list[tuple[float, float]]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field: the word of its sentence, and what the sentence takes."""

    of: str
    """The field."""
    what: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Asked:
    """The form as it was sent, and what was read of it."""

    name: str = ""
    reason: str = ""
    until: str = ""
    """As a browser's `datetime-local` says it, on the city's clock."""
    line: str = ""
    """`lon,lat` of each point, parted by blanks or semicolons."""
    begin: str = ""
    end: str = ""
    """Instead of a line: a container's number or name, or `lat, lon`."""
    points: Line = field(default_factory=list)
    until_at: datetime | None = None
    streets: Matched | None = None
    faults: list[Fault] = field(default_factory=list)

    def fault_of(self, *fields: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.of in fields), None)


def read_asked(
    connection: Connection,
    city: City,
    now: datetime,
    roads: OsmRoads | None,
    closed: Sequence[SaidStreet],
    asked: Asked,
) -> None:
    """Read every field, with all that is wrong: `asked.faults` is empty where the street can be closed."""
    asked.name, asked.reason = " ".join(asked.name.split()), " ".join(asked.reason.split())
    asked.faults += _words(asked)
    asked.faults += _end(asked, city, now)
    faults = list(_place(connection, city, roads, asked))
    if not faults:
        faults = list(_line_faults(connection, city, asked))
    if not faults:
        asked.streets = matched(roads, [asked.points])
        faults = list(_street_faults(asked, roads, closed))
    asked.faults += faults


def read_drawn(line: str) -> Line:
    """The points of a drawn line.

    Raises:
        ValueError: it is none.
    """
    points = []
    for pair in line.replace(";", " ").split():
        lon, lat = (float(number) for number in pair.split(","))
        if not (abs(lon) <= 180 and abs(lat) <= 90):  # also of what is no number
            raise ValueError(pair)
        points.append((round(lon, DECIMALS), round(lat, DECIMALS)))
    return points


def line_m(points: Line) -> float:
    return math.fsum(great_circle_m(*a, *b) for a, b in pairwise(points))


def _words(asked: Asked) -> Iterator[Fault]:
    for name, text, longest in (("name", asked.name, LONGEST_NAME), ("reason", asked.reason, LONGEST_REASON)):
        if not text:
            yield Fault(name, f"no_{name}")
        elif len(text) > longest:
            yield Fault(name, "too_long", {"count": len(text), "most": longest})
        elif not text.isprintable():
            yield Fault(name, "not_printable")


def _end(asked: Asked, city: City, now: datetime) -> Iterator[Fault]:
    if not asked.until.strip():
        return
    try:
        until = datetime.fromisoformat(asked.until.strip())
        asked.until_at = until.replace(tzinfo=city.zone_info) if until.tzinfo is None else until
    except ValueError:
        yield Fault("until", "no_instant")
        return
    if asked.until_at <= now:
        yield Fault("until", "past")
    elif asked.until_at.date() >= LAST_DAY:
        yield Fault("until", "no_instant")


def _place(connection: Connection, city: City, roads: OsmRoads | None, asked: Asked) -> Iterator[Fault]:
    """Sets the points: those that were drawn, or the street between two places."""
    if asked.line.strip():
        try:
            asked.points = read_drawn(asked.line)
        except ValueError:
            yield Fault("line", "no_line")
        return
    ends: Line = []
    for name, text in (("begin", asked.begin.strip()), ("end", asked.end.strip())):
        place = _find_place(connection, city, name, text)
        if isinstance(place, Fault):
            yield place
        else:
            ends.append(place)
    if len(ends) < 2:
        return
    asked.points = ends
    if roads is not None:
        yield from _along_the_street(roads, asked)


def _find_place(connection: Connection, city: City, name: str, text: str) -> Fault | tuple[float, float]:
    if not text:
        return Fault(name, "no_place")
    try:
        lat, lon = (float(number) for number in text.split(","))
    except ValueError:
        found = store.find_containers(connection, city.id, text)
        by_number = [row for row in found if row["container_id"] == text] or found
        if len(by_number) == 1:
            return by_number[0]["lon"], by_number[0]["lat"]
        return Fault(name, "several_places" if by_number else "unknown_place", {"place": text[:80]})
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        return Fault(name, "unknown_place", {"place": text[:80]})
    return round(lon, DECIMALS), round(lat, DECIMALS)


def _along_the_street(roads: OsmRoads, asked: Asked) -> Iterator[Fault]:
    begin, end = asked.points
    try:
        line = roads.between(begin, end)
    except RoadsError:
        line = None
    straight_m = max(great_circle_m(*begin, *end), 2 * LEAST_M)
    if line is None or line_m(list(line)) > AS_LONG * straight_m:
        yield Fault("end", "no_street_between")
    elif len(line) > MOST_POINTS:
        yield Fault("end", "too_far_apart")
    else:
        asked.points = [(round(lon, DECIMALS), round(lat, DECIMALS)) for lon, lat in line]


def _line_faults(connection: Connection, city: City, asked: Asked) -> Iterator[Fault]:
    points = asked.points
    if len(points) > MOST_POINTS:
        yield Fault("line", "too_many_points", {"count": len(points), "most": MOST_POINTS})
        return
    if len(set(points)) < 2:
        yield Fault("line", "one_point")
        return
    corners = [p for zone in shared.list_zones(connection, city.id) for p in positions_of(zone["geometry"])]
    if corners:
        lon, lat = zip(*corners, strict=True)
        outside_m = metres_outside((min(lon), min(lat), max(lon), max(lat)), np.array(points, dtype=np.float64))
        if outside_m.max() > MOST_OUTSIDE_M:
            yield Fault("line", "outside", {"km": float(outside_m.max()) / 1000})
            return
    metres = line_m(points)
    if metres < LEAST_M:
        yield Fault("line", "too_short")
    elif metres > MOST_M:
        yield Fault("line", "too_long_line", {"km": metres / 1000, "most": MOST_M / 1000})


def _street_faults(asked: Asked, roads: OsmRoads | None, closed: Sequence[SaidStreet]) -> Iterator[Fault]:
    if len(closed) >= MOST_CLOSED:
        yield Fault("line", "too_many_streets", {"most": MOST_CLOSED})
    if asked.streets is None:
        same = [street for street in closed if [tuple(point) for point in street.line] == asked.points]
    elif not asked.streets.pieces:
        yield Fault("line", "no_street")
        return
    else:
        own = _pieces(asked.streets)
        # Each by itself, so that the one that closes it already can be named.
        same = [street for street in closed if own <= _pieces(matched(roads, [street.line]))]
    if same:
        yield Fault("line", "closed_already", {"name": same[0].name})


def _pieces(streets: Matched | None) -> set[tuple[tuple[float, float], ...]]:
    return {tuple(map(tuple, piece)) for piece in streets.pieces} if streets else set()
