"""Each city: how old each fleet's newest plan is, and its newest reading."""

from datetime import datetime, timedelta
from itertools import groupby

from infra.doctor.findings import Finding, in_words, look, ok
from services.contracts.fields import scope_name
from services.planning.freshness import overdue_s
from services.planning.store import Freshness, list_freshness
from services.store.connection import Connection

OVERDUE_LOOK_S = 1800.0
SILENT_LOOK = timedelta(hours=24)


def check_cities(connection: Connection, now: datetime) -> list[Finding]:
    """A line for each fleet's plan, then one for the city's readings; one that says so where there is no city."""
    fleets = list_freshness(connection, now)
    if not fleets:
        return [look("cities", "none is loaded", "run: tournee city load FOLDER")]
    with_sensors = {
        row["city_id"]
        for row in connection.execute("SELECT DISTINCT city_id FROM container WHERE sensor AND active").fetchall()
    }
    findings = []
    for city, group in groupby(fleets, lambda fresh: fresh.city.id):
        theirs = list(group)
        findings += [_check_plan(fresh, now) for fresh in theirs]
        findings.append(_check_readings(theirs[0], now, city in with_sensors))
    return findings


def _check_plan(fresh: Freshness, now: datetime) -> Finding:
    what = f"plan of {scope_name(fresh.city.id, fresh.fleet)}"
    waiting_s = overdue_s(fresh, now)
    made = "never planned" if fresh.planned_at is None else f"made {in_words(now - fresh.planned_at)} ago"
    if waiting_s > OVERDUE_LOOK_S:
        late = in_words(timedelta(seconds=waiting_s))
        return look(what, f"{made}; today's is {late} late", "is the planner running? see its log")
    if fresh.planned_at is None:
        return ok(what, f"never planned; today's is due at {fresh.city.planning.plan_at:%H:%M}, its own time")
    return ok(what, f"{made}, for {fresh.planned_day}")


def _check_readings(fresh: Freshness, now: datetime, has_sensors: bool) -> Finding:
    what = f"readings of {fresh.city.id}"
    if not has_sensors:
        return ok(what, "no container has a sensor")
    next_ = "are sensors, broker, bridge and writer running?"
    if fresh.read_at is None:
        return look(what, "none has ever come", next_)
    age = now - fresh.read_at
    detail = f"the newest is {in_words(age)} old"
    return look(what, detail, next_) if age > SILENT_LOOK else ok(what, detail)
