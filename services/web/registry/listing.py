"""One screen of a subject: the rows of a page, and a drawing of where all that match stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.registry import store
from services.web.registry.store import PAGE_LENGTH, Box, Wish
from services.web.registry.subjects import Subject
from services.web.rendering.geo import Frame, base_paths, frame_around, positions_of

WIDTH, HEIGHT = 640.0, 620.0
SMALLEST = 0.0016
"""Degrees: a drawing shows no less than some 180 m, so that a single container has its street around it."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    subject: Subject
    search: str = ""
    zone: str | None = None
    box: Box | None = None
    page: int = 1
    chosen: str | None = None

    @property
    def wish(self) -> Wish:
        return Wish(self.subject.kind, tuple(self.search.split()[:8]), self.zone, self.box)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.zone or self.box)

    def address(self, **changes: Any) -> str:
        """The same screen with something else; None takes a part away."""
        parts: dict[str, Any] = {
            "cherche": self.search or None, "secteur": self.zone, "cadre": _box_text(self.box),
            "page": self.page if self.page > 1 else None, "choisi": self.chosen,
        } | changes  # fmt: skip
        query = urlencode({name: value for name, value in parts.items() if value is not None})
        return f"/registre/{self.subject.slug}" + (f"?{query}" if query else "")


@dataclass(frozen=True)
class Dot:
    """One place of the drawing, or several together."""

    x: float
    y: float
    rows: int
    radius: float
    name: str
    id: str
    href: str
    is_here: bool
    """Its row is on this page."""


@dataclass(frozen=True)
class Screen:
    asked: Asked
    counts: Mapping[str, int]
    """By kind, whatever is searched."""
    matching: int
    pages: int
    rows: Sequence[store.Row]
    zones: Sequence[tuple[str, str]]
    base: Sequence[tuple[str, str]]
    outlines: Sequence[str]
    dots: Sequence[Dot]
    label_files: Sequence[int] = ()
    """Numbers of the files of labels to print, of the zone that is shown or of all."""
    width: float = WIDTH
    height: float = HEIGHT


def read_screen(connection: Connection, city: str, asked: Asked, basemap: dict[str, Any] | None) -> Screen:
    """A chosen row is on the page that is shown; pages beyond the last are the last."""
    matching = store.count_matching(connection, city, asked.wish)
    pages = max(1, -(-matching // PAGE_LENGTH))
    page = asked.page
    if asked.chosen is not None and asked.page == 1:
        page = store.page_of(connection, city, asked.wish, asked.chosen)
    page = min(max(page, 1), pages)
    shown = Asked(asked.subject, asked.search, asked.zone, asked.box, page, asked.chosen)
    rows = store.list_page(connection, city, asked.wish, page)
    zones = shared.list_zones(connection, city)
    marks = store.list_marks(connection, city, asked.wish) if asked.subject.is_placed else []
    frame = _frame(marks, zones, asked)
    return Screen(
        asked=shown,
        counts=store.count_kinds(connection, city),
        matching=matching,
        pages=pages,
        rows=rows,
        zones=sorted(((zone["zone_id"], zone["name"]) for zone in zones), key=lambda zone: zone[1]),
        base=base_paths(basemap, frame),
        outlines=[frame.path(zone["geometry"]) for zone in zones if frame.shows(zone["geometry"])],
        dots=_dots(marks, frame, shown, {row["id"] for row in rows}),
        label_files=_label_files(connection, city, asked),
    )


def _label_files(connection: Connection, city: str, asked: Asked) -> range:
    labelled = asked.subject.kind in {"container", "truck"}
    count = store.count_matching(connection, city, Wish(asked.subject.kind, zone=asked.zone)) if labelled else 0
    return range(1, 1 - -count // store.LABELS_IN_A_FILE)


def box_of(text: str | None) -> Box | None:
    """`west,south,east,north` of an address; None for what is none."""
    try:
        west, south, east, north = map(float, (text or "").split(","))
    except ValueError:
        return None
    is_one = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    return Box(west, south, east, north) if is_one else None


def _box_text(box: Box | None) -> str | None:
    return ",".join(f"{degrees:.5f}" for degrees in box) if box else None


def _frame(marks: Sequence[store.Mark], zones: Sequence[shared.ZoneRow], asked: Asked) -> Frame:
    """Around what matches; around the city where nothing has a place."""
    if asked.box:
        corners = [(asked.box.west, asked.box.south), (asked.box.east, asked.box.north)]
    elif marks:
        corners = [(mark["west"], mark["south"]) for mark in marks] + [(mark["east"], mark["north"]) for mark in marks]
    else:
        corners = [position for zone in zones for position in positions_of(zone["geometry"])]
    if not corners:
        corners = [(0.0, 0.0)]
    lon = (min(c[0] for c in corners) + max(c[0] for c in corners)) / 2
    lat = (min(c[1] for c in corners) + max(c[1] for c in corners)) / 2
    half = SMALLEST / 2
    return frame_around([*corners, (lon - half, lat - half), (lon + half, lat + half)], WIDTH, HEIGHT)


def _dots(marks: Sequence[store.Mark], frame: Frame, asked: Asked, here: set[str]) -> list[Dot]:
    """A single one leads to its row, several together to their part of the city; what is chosen lies on top."""
    dots = []
    for mark in marks:
        x, y = frame.point(mark["lon"], mark["lat"])
        is_one = mark["rows"] == 1
        box = Box(*(round(mark[side], 5) for side in ("west", "south", "east", "north")))
        wide = Box(box.west - 2e-5, box.south - 2e-5, box.east + 2e-5, box.north + 2e-5)
        href = (
            asked.address(choisi=mark["id"], page=asked.page if mark["id"] in here and asked.page > 1 else None)
            if is_one
            else asked.address(cadre=_box_text(wide), page=None, choisi=None)
        )
        radius = 6.0 if is_one else min(8 + 2.2 * len(str(mark["rows"])) + mark["rows"] ** 0.33, 22.0)
        dots.append(Dot(x, y, mark["rows"], radius, mark["name"], mark["id"], href, is_one and mark["id"] in here))
    return sorted(dots, key=lambda dot: (dot.id == asked.chosen and dot.rows == 1, dot.is_here, -dot.rows))
