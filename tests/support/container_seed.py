"""Two weeks in the life of some containers of the seeded city: readings, emptyings, faults, what people said."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid5

from psycopg.types.json import Jsonb

from services.contracts.doors import UplinkReceived
from services.store.connection import Connection
from services.writer.doors import store_uplinks
from services.writer.evidence import Observation, store_observations
from services.writer.telemetry import store_reading_rows
from tests.support.web_seed import CITY, NAMES, NOW, OPERATOR

BUSY, STUCK, SENSORLESS = "B-022", "B-011", "B-020"
"""One that fills in three days and is emptied each time; one whose sensor is stuck; one that has none."""
EVERY = timedelta(minutes=30)
DAYS = 16


def put_container_history(connection: Connection) -> None:
    """What their pages show; all others have what the city's seed says."""
    connection.execute(
        "UPDATE container_state SET fill_ratio = NULL, fill_at = NULL WHERE city_id = %s AND container_id = ANY(%s)",
        (CITY, [BUSY, STUCK, SENSORLESS]),
    )
    rows = [(CITY, name, at, at, level, 0.72, None) for name, at, level in _readings()]
    store_reading_rows(connection, rows)
    store_observations(connection, [*_emptyings(), _report(), _seen()])
    connection.execute(
        "UPDATE container SET sensor = false WHERE city_id = %s AND container_id = %s", (CITY, SENSORLESS)
    )
    store_uplinks(connection, [_uplink(hours) for hours in (0.5, 1.5)])
    _put_versions(connection)
    _put_plan_change(connection)


def emptied_days() -> Iterator[float]:
    """Days before now at which `BUSY` was emptied: every three days and a bit."""
    days = 15.2
    while days > 0.5:
        yield days
        days -= 3.2


def level_of(days_ago: float) -> float:
    """Of `BUSY`: from nothing at its last emptying, 0.27 a day, slower at night."""
    since = min((day - days_ago for day in emptied_days() if day >= days_ago), default=1.0)
    hours = since * 24
    return round(min(0.02 + 0.27 * since + 0.02 * math.sin(hours / 24 * 2 * math.pi), 1.05), 3)


def _readings() -> Iterator[tuple[str, datetime, float]]:
    steps = int(DAYS * 24 * 2)
    for step in range(steps, 0, -1):
        at = NOW - step * EVERY - timedelta(minutes=7)
        days_ago = (NOW - at) / timedelta(days=1)
        yield BUSY, at, level_of(days_ago)
        yield STUCK, at, 0.41 if days_ago < 5 else round(0.1 + 0.25 * ((DAYS - days_ago) % 3), 3)


def _emptyings() -> Iterator[Observation]:
    """The last of `BUSY` nobody confirmed: its level fell."""
    for number, day in enumerate(list(emptied_days())[:-1]):
        yield _observation("emptied", BUSY, day, number, fill=None)
    for number, day in enumerate((13.1, 9.9, 6.8, 3.9)):
        yield _observation("emptied", SENSORLESS, day, number, fill=(0.75, 1.0, 0.5, 0.75)[number])


def _seen() -> Observation:
    return _observation("seen", BUSY, 4.1, 0, fill=0.5, reason="not_full")


def _report() -> Observation:
    return _observation("report", BUSY, 0.3, 0, fill=None, remark="Le bac déborde devant l'école", by="habitant")


def _observation(kind, name, days, number, *, fill, reason=None, remark=None, by="C-01") -> Observation:  # type: ignore[no-untyped-def]
    at = NOW - timedelta(days=days)
    return Observation(
        id=uuid5(NAMES, f"{kind} {name} {number}"), city=CITY, kind=kind, container=name,
        truck=None if kind == "report" else "C-01", site=None, happened_at=at, received_at=at, fill_ratio=fill,
        weight_kg=None, reason=reason, remark=remark, said_by=by,
    )  # fmt: skip


def _uplink(hours: float) -> UplinkReceived:
    at = NOW - timedelta(hours=hours)
    return UplinkReceived(
        city=CITY, container=BUSY, happened_at=at, received_at=at, door="chirpstack", device="a84041ffff2c10aa",
        decoder="em400_mud", distance_mm=640, fill_ratio=0.5, battery_ratio=0.7, temperature_c=31, alarms=("tilt",),
    )  # fmt: skip


def _put_versions(connection: Connection) -> None:
    """Loaded in October, moved to another kind and made larger a week ago."""
    rows = (
        (1, 2, {"id": BUSY, "capacity_l": 660.0, "kind": "bac", "truck_classes": []}, 40, "amina"),
        (2, None, {"id": BUSY, "capacity_l": 1100.0, "kind": "bac", "truck_classes": ["benne"]}, 7, "kossi"),
    )
    for version, until, document, days, who in rows:
        connection.execute(
            "INSERT INTO registry_version VALUES (%s, %s, %s, %s, 'x')",
            (CITY, version, NOW - timedelta(days=days), who),
        )
        connection.execute(
            "INSERT INTO registry_row VALUES (%s, 'container', %s, %s, %s, %s)",
            (CITY, BUSY, version, until, Jsonb(document)),
        )


def _put_plan_change(connection: Connection) -> None:
    """Put on another truck yesterday."""
    at, plan, parent = NOW - timedelta(hours=22), uuid5(NAMES, "changed"), uuid5(NAMES, "parent")
    change = {
        "change_id": str(uuid5(NAMES, "change")), "parent": str(parent), "kind": "place", "container": BUSY,
        "truck": "C-02", "changed_by": OPERATOR[0], "changed_at": at.isoformat(),
    }  # fmt: skip
    connection.execute(
        "INSERT INTO plan_change VALUES (%s, %s, %s, %s, 'main', %s, %s, %s, %s)",
        (plan, parent, parent, CITY, at.date(), OPERATOR[0], at, Jsonb(change)),
    )
