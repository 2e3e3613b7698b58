"""The part of the findings that one screen shows: a group, those that match a search, a page of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Literal, get_args

from services.roads.inspection import Inspected
from services.roads.osm.places import PlacesChecked
from services.web.rendering.geo import Frame, frame_around

type Group = Literal["none", "some", "walk", "sites"]
GROUPS: tuple[Group, ...] = get_args(Group.__value__)
PAGE_LENGTH = 50
MOST_MARKS = 1500
"""On the drawing: more would be one stain."""


@dataclass(frozen=True)
class Listing:
    """One screen of a group."""

    group: Group
    counts: dict[Group, int]
    """Of all groups, whatever is searched."""
    search: str
    matching: int
    page: int
    pages: int
    places: Sequence[Inspected]


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    group: Group
    name: str


def group_of(place: Inspected) -> Group:
    """Containers by who serves them; depots and sites are few, and a matter of their own."""
    if place.kind != "container":
        return "sites"
    return "walk" if place.served == "all" else place.served


def list_places(checked: PlacesChecked, group: Group | None, search: str = "", page: int = 1) -> Listing:
    """A page of a group, the first that holds anything unless one is asked for; pages beyond the last are the last."""
    counts: dict[Group, int] = dict.fromkeys(GROUPS, 0)
    for place in checked.places:
        counts[group_of(place)] += 1
    first_used: Group = next((name for name in GROUPS if counts[name]), GROUPS[0])
    chosen = first_used if group is None else group
    words = search.casefold().split()
    matching = [place for place in checked.places if group_of(place) == chosen and _matches(place, words)]
    pages = max(1, -(-len(matching) // PAGE_LENGTH))
    page = min(max(page, 1), pages)
    shown = matching[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]
    return Listing(chosen, counts, search.strip(), len(matching), page, pages, shown)


def marks_of(checked: PlacesChecked, frame: Frame) -> list[Mark]:
    """The worst are drawn last, so that they lie on top, and are never those left out."""
    kept = checked.places[:MOST_MARKS]  # the worst first
    return [Mark(*frame.point(p.lon, p.lat), group_of(p), p.name) for p in reversed(kept)]


def height_for(checked: PlacesChecked, width: float, lowest: float, highest: float) -> float:
    """Of a drawing so wide that shows all places at one scale."""
    west, south, east, north = checked.bounds
    wide = max((east - west) * cos(radians((south + north) / 2)), 1e-6)
    return min(max(width * (north - south) / wide, lowest), highest)


def frame_of(checked: PlacesChecked, width: float, height: float) -> Frame:
    """All of the city's places, whether anything is wrong with them or not."""
    west, south, east, north = checked.bounds
    return frame_around([(west, south), (east, north)], width, height)


def _matches(place: Inspected, words: list[str]) -> bool:
    told = f"{place.id} {place.name} {place.zone}".casefold()
    return all(word in told for word in words)
