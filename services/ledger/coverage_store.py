"""What coverage is computed of, out of the store; and the population grid that a city may give."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import NamedTuple, TypedDict

import numpy as np

from services.city.registry import City
from services.city.store import find_registry
from services.city.versions import find_version
from services.contracts.coverage import CoverageComputed
from services.ledger.coverage import ARITHMETIC, Basis, Emptied
from services.ledger.emptyings import WEEK, WEEKS, Emptyings
from services.ledger.people import Grid
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.store.rows import JsonDocument
from services.times import instant_of, local_day

SQL = load_queries(__name__)


class CoverageDue(NamedTuple):
    """A city's day whose coverage is not up to date, and what it waits for: the same is computed once."""

    city_id: str
    day: date
    computed_at: datetime
    grid_version: int
    words: int
    """What the store has heard, where the line has heard another number."""


def list_coverage_due(connection: Connection, now: datetime) -> list[CoverageDue]:
    """Finished days that no coverage is of, and young lines that missed a word on its way to the store."""
    rows = connection.execute(SQL["list_coverage_due"], {"arithmetic": ARITHMETIC, "now": now})
    return [CoverageDue(**row) for row in rows]


def load_basis(connection: Connection, city: str, day: date, known_at: datetime) -> Basis | None:
    """Of a city as it is registered now, at the end of a day, by the words received until an instant.

    None where the city is not loaded.
    """
    registry = find_registry(connection, city)
    if registry is None:
        return None
    emptyings = load_emptyings(connection, registry.city, day, day, known_at)
    emptied = emptied_by(connection, registry.city, emptyings, day, known_at)
    asked = {"city": city, "day": day, "known_at": known_at}
    heard = connection.execute(SQL["count_words_heard"], asked).fetchone()
    return Basis(
        registry=registry,
        registry_version=find_version(connection, city),
        **_grid(connection, city, None),
        emptied=replace(emptied, words_heard=heard["words"] if heard else 0),
    )


def load_emptyings(connection: Connection, city: City, first: date, last: date, known_at: datetime) -> Emptyings:
    """Those of the days from one to another, and of the weeks that a line of the first looks back.

    Of words that had come by an instant it is not kept when they came: lines that were computed later know them all.
    """
    asked = {
        "city": city.id, "last": last, "timezone": city.timezone, "known_at": known_at,
        "from": instant_of(first - timedelta(days=WEEK * WEEKS - 1), 0, city.zone_info),
        "until": instant_of(last + timedelta(days=1), 0, city.zone_info),
    }  # fmt: skip
    known = connection.execute(SQL["list_emptyings"], asked).fetchall()
    later = connection.execute(SQL["list_emptyings_later"], asked).fetchall()
    containers = sorted({row["container_id"] for row in (*known, *later)})
    place = {container: number for number, container in enumerate(containers)}
    rows = [(place[row["container_id"]], row["days_before"], -np.inf) for row in known]
    rows += [(place[row["container_id"]], [row["days_before"]], row["received_at"].timestamp()) for row in later]
    counts = [len(days) for _, days, _ in rows]
    return Emptyings(
        last=last,
        containers=containers,
        container=np.repeat(np.array([number for number, _, _ in rows], dtype=np.int64), counts),
        days_before=np.fromiter(chain.from_iterable(days for _, days, _ in rows), dtype=np.int64),
        heard_s=np.repeat(np.array([heard_s for _, _, heard_s in rows], dtype=np.float64), counts),
    )


def emptied_by(connection: Connection, city: City, emptyings: Emptyings, day: date, known_at: datetime) -> Emptied:
    """Of the weeks that end with a day, by the words that had come by an instant."""
    row = connection.execute(SQL["find_first_emptying"], {"city": city.id, "known_at": known_at}).fetchone()
    began = local_day(row["at"], city.zone_info) if row and row["at"] else day + timedelta(days=1)
    weeks_known = max(0, min(WEEKS, ((day - began).days + 1) // WEEK))
    return Emptied(emptyings.weeks(day, known_at), weeks_known)


def find_grid(connection: Connection, city: str, version: int) -> Grid | None:
    """A population grid that the city gave."""
    return _grid(connection, city, version)["grid"]


def list_published(connection: Connection, city: str, first: date, last: date) -> list[CoverageComputed]:
    """The line that counts of each day between two, both included."""
    rows = connection.execute(SQL["list_published"], {"city": city, "first": first, "last": last})
    return [CoverageComputed.model_validate_json(row["document"]) for row in rows]


class _KeptGrid(TypedDict):
    grid: Grid | None
    grid_version: int | None


_NO_GRID = _KeptGrid(grid=None, grid_version=None)


def _grid(connection: Connection, city: str, version: int | None) -> _KeptGrid:
    row = connection.execute(SQL["find_grid"], {"city": city, "version": version}).fetchone()
    return _KeptGrid(grid=Grid.of(row["cells"]), grid_version=row["version"]) if row else _NO_GRID


def add_grid(
    connection: Connection, city: str, grid: Grid, *, source: str, who: str, now: datetime
) -> tuple[int, bool]:
    """Keep a population grid as a version; which, and whether it is new. The latest one again is none."""
    key = {"city": city, "sha256": grid.sha256, "source": source, "who": who, "now": now}
    with store_errors(), connection.transaction():
        same = connection.execute(SQL["find_same_grid"], key).fetchone()
        if same is not None:
            return int(same["version"]), False
        row = connection.execute(SQL["add_grid"], {**key, "cells": JsonDocument(grid.rows)}).fetchone()
        if row is None:
            raise RuntimeError("an INSERT .. RETURNING told nothing")
        detail = {"version": row["version"], "cells": len(grid.people), "people": round(float(grid.people.sum()))}
        connection.execute(SQL["add_audit"], {**key, "detail": JsonDocument({**detail, "source": source})})
    return int(row["version"]), True
