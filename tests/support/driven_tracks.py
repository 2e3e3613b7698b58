"""Positions that trucks send while they drive their circuits."""

from collections.abc import Iterator
from itertools import pairwise
from math import cos, hypot, radians, sqrt

from services.contracts.planning import Circuit, Visit
from services.roads.tracks import METRES_A_DEGREE, TrackFix

EVERY_S = 10


def track_of(circuit: Circuit, stretch: float = 1.0, every_s: int = EVERY_S) -> list[TrackFix]:
    """A fix each ten seconds along the circuit's visits, by its clock, as long as its estimate times `stretch`.

    Each leg goes by way of a corner: of a triangle whose two sides are together as long as the road.
    """
    visits = [visit for visit in circuit.visits if visit.lon is not None]
    straight_m = sum(_metres(a, b) for a, b in pairwise(visits))
    ratio = circuit.distance_m * stretch / straight_m
    return [fix for a, b in pairwise(visits) for fix in _leg(a, b, ratio, every_s)]


def _leg(a: Visit, b: Visit, ratio: float, every_s: int) -> Iterator[TrackFix]:
    """From the arrival at `a` to that at `b`: it stands, then drives."""
    assert a.lon is not None
    assert a.lat is not None
    assert b.lon is not None
    assert b.lat is not None
    shrink = cos(radians(a.lat))
    east, north = (b.lon - a.lon) * shrink, b.lat - a.lat
    aside = sqrt(max(0.0, ratio**2 - 1)) / 2
    corner = (a.lon + (east / 2 - north * aside) / shrink, a.lat + north / 2 + east * aside)
    begin_s, leave_s, end_s = (at.timestamp() for at in (a.arrive_at, a.leave_at, b.arrive_at))
    at_s = begin_s
    while at_s < end_s:
        share = max(0.0, (at_s - leave_s) / (end_s - leave_s))
        (lon, lat), (to_lon, to_lat) = ((a.lon, a.lat), corner) if share < 0.5 else (corner, (b.lon, b.lat))
        along = 2 * share if share < 0.5 else 2 * share - 1
        yield TrackFix(at_s, lon + along * (to_lon - lon), lat + along * (to_lat - lat), 5.0)
        at_s += every_s


def _metres(a: Visit, b: Visit) -> float:
    assert a.lon is not None
    assert a.lat is not None
    assert b.lon is not None
    assert b.lat is not None
    return hypot((b.lon - a.lon) * cos(radians(a.lat)), b.lat - a.lat) * METRES_A_DEGREE
