"""What the registry's page reads of the store: pages of a subject, where its rows stand, what became of a change."""

from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.figures.store import row_of, rows_of

SQL = load_queries(__name__)

PAGE_LENGTH = 50
ACROSS, DOWN = 26, 22
"""Cells in which places are put together on the drawing, where there are too many to be told apart."""
MOST_MARKS = 500
LABELS_IN_A_FILE = 400
"""Fifty sheets."""


class Box(NamedTuple):
    """Degrees."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Wish:
    """Which rows of a subject."""

    kind: str
    words: tuple[str, ...] = ()
    """Each has to stand in the id, the name or the zone's name."""
    zone: str | None = None
    box: Box | None = None

    def values(self, city: str) -> dict[str, Any]:
        patterns = [f"%{_plain(word)}%" for word in self.words]
        west, south, east, north = self.box or (None, None, None, None)
        return {
            "city": city, "kind": self.kind, "patterns": patterns, "zone": self.zone,
            "west": west, "south": south, "east": east, "north": north,
        }  # fmt: skip

    @property
    def query(self) -> str:
        """The name of the part of the queries: containers have columns of their own, and may be 50,000."""
        return "containers" if self.kind == "container" else "rows"


class Row(TypedDict):
    id: str
    name: str
    document: dict[str, Any]
    lon: float | None
    lat: float | None


class Mark(TypedDict):
    """A row on the drawing, or so many rows of a cell."""

    rows: int
    id: str
    name: str
    lon: float
    lat: float
    west: float
    south: float
    east: float
    north: float


class Change(TypedDict):
    """What became of a change; `outcome` None: it is not whole yet."""

    outcome: str | None
    version: int | None
    detail: str | None
    parts: int
    arrived: int


def count_kinds(connection: Connection, city: str) -> dict[str, int]:
    """Of every kind."""
    return {row["kind"]: row["count"] for row in connection.execute(SQL["count_kinds"], {"city": city})}


def count_matching(connection: Connection, city: str, wish: Wish) -> int:
    row = connection.execute(SQL[f"count_{wish.query}"], wish.values(city)).fetchone()
    return int(row["count"]) if row else 0


def list_page(connection: Connection, city: str, wish: Wish, page: int) -> list[Row]:
    values = {**wish.values(city), "limit": PAGE_LENGTH, "offset": (page - 1) * PAGE_LENGTH}
    return rows_of(Row, connection.execute(SQL[f"list_{wish.query}"], values))


def page_of(connection: Connection, city: str, wish: Wish, row_id: str) -> int:
    """On which page of the wish a row stands."""
    row = connection.execute(SQL[f"rank_{wish.query}"], {**wish.values(city), "id": row_id}).fetchone()
    return 1 + (row["rank"] if row else 0) // PAGE_LENGTH


def list_marks(connection: Connection, city: str, wish: Wish) -> list[Mark]:
    """Where they stand, each or by cells of the drawing."""
    values = {**wish.values(city), "across": ACROSS, "down": DOWN, "most": MOST_MARKS}
    return rows_of(Mark, connection.execute(SQL[f"mark_{wish.query}"], values))


def find_row(connection: Connection, city: str, kind: str, row_id: str) -> dict[str, Any] | None:
    """As it is now; None where there is none, or none any more."""
    row = connection.execute(SQL["find_row"], {"city": city, "kind": kind, "id": row_id}).fetchone()
    return row["document"] if row else None


def find_row_at(connection: Connection, city: str, kind: str, row_id: str, version: int) -> dict[str, Any] | None:
    """As it was in a version."""
    values = {"city": city, "kind": kind, "id": row_id, "version": version}
    row = connection.execute(SQL["find_row_at"], values).fetchone()
    return row["document"] if row else None


def list_choices(connection: Connection, city: str, kind: str) -> list[tuple[str, str]]:
    """Ids and names of a file, for a cell that names one of them."""
    rows = connection.execute(SQL["list_choices"], {"city": city, "kind": kind})
    return [(row["id"], row["name"]) for row in rows]


def find_change(connection: Connection, city: str, change: UUID) -> Change | None:
    values = {"city": city, "change": change}
    return row_of(Change, connection.execute(SQL["find_change"], values).fetchone())


def _plain(word: str) -> str:
    """Without a meaning to LIKE."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
