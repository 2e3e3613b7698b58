"""What coverage is computed of, out of the store; and the population grid that a city may give."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.city.store import find_registry
from services.city.versions import find_version
from services.ledger.coverage import ARITHMETIC, WEEKS, Basis, Emptied
from services.ledger.people import Grid
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.store.rows import JsonDocument
from services.times import instant_of, local_day

SQL = load_queries(__name__)


class CoverageDue(NamedTuple):
    """A city whose coverage is not up to date, and what it waits for: the same is computed once."""

    city_id: str
    day: date
    computed_at: datetime
    grid_version: int


def list_coverage_due(connection: Connection) -> list[CoverageDue]:
    """Cities with a finished day in the ledger that no coverage is of."""
    rows = connection.execute(SQL["list_coverage_due"], {"arithmetic": ARITHMETIC})
    return [CoverageDue(**row) for row in rows]


def load_basis(connection: Connection, city: str, day: date) -> Basis | None:
    """Of a city as it is registered now, at the end of a day; None where it is not loaded."""
    registry = find_registry(connection, city)
    if registry is None:
        return None
    zone = registry.city.zone_info
    until = instant_of(day + timedelta(days=1), 0, zone)
    first = connection.execute(SQL["find_first_emptying"], {"city": city}).fetchone()
    began = local_day(first["at"], zone) if first and first["at"] else day + timedelta(days=1)
    asked = {
        "city": city, "day": day, "timezone": registry.city.timezone, "until": until,
        "from": instant_of(day - timedelta(days=7 * WEEKS - 1), 0, zone),
    }  # fmt: skip
    weeks: dict[str, dict[int, int]] = defaultdict(dict)
    for row in connection.execute(SQL["list_weeks"], asked):
        weeks[row["container_id"]][row["week"]] = row["times"]
    grid = connection.execute(SQL["find_grid"], {"city": city}).fetchone()
    return Basis(
        registry=registry,
        registry_version=find_version(connection, city),
        grid=Grid.of(grid["cells"]) if grid else None,
        grid_version=grid["version"] if grid else None,
        emptied=Emptied(weeks, max(0, min(WEEKS, ((day - began).days + 1) // 7))),
    )


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
