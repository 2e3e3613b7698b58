"""OSRM's answer for a line, in our words."""

from typing import Any

from services.roads.ways import Leg, Manoeuvre, Way


def way_of(answer: Any) -> Way:
    """A route of OSRM with steps and GeoJSON lines."""
    return Way(tuple(_leg(leg) for leg in _items(answer["legs"])))


def _leg(leg: Any) -> Leg:
    line: list[tuple[float, float]] = []
    for step in _items(leg["steps"]):
        points = [(lon, lat) for lon, lat in _items(step["geometry"]["coordinates"])]
        line += points[1:] if line and points[0] == line[-1] else points
    if len(line) == 2 and line[0] == line[1]:
        line = line[:1]
    return Leg(
        distance_m=round(leg["distance"]),
        duration_s=round(leg["duration"]),
        line=tuple(line),
        manoeuvres=tuple(_manoeuvre(step) for step in _items(leg["steps"])),
    )


def _manoeuvre(step: Any) -> Manoeuvre:
    what = step["maneuver"]
    lon, lat = _items(what["location"])
    number = _find(what, "exit")
    return Manoeuvre(
        kind=what["type"],
        direction=_find(what, "modifier") or "",
        street=step["name"] or _find(step, "ref") or "",
        exit=None if number is None else round(number),
        distance_m=round(step["distance"]),
        duration_s=round(step["duration"]),
        lon=lon,
        lat=lat,
    )


def _find(thing: Any, key: str) -> Any:
    """OSRM's objects have no `get`."""
    return thing[key] if key in thing else None  # noqa: SIM401


def _items(array: Any) -> list[Any]:
    return [array[index] for index in range(len(array))]
