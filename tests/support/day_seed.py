"""A day on the road in the seeded city: crews who speak, one who is silent, tracks of their trucks."""

from datetime import datetime, timedelta
from uuid import uuid5

from services.contracts.planning import Circuit, PlanMade
from services.store.connection import Connection
from tests.support.web_seed import CITY, NAMES, make_plan, put_dispatch, put_plan

LATE_MIN = 14
"""C-02 is so many minutes behind its plan."""
GHOST, LATE, SKIPPED = "C-01", "C-02", "C-03"
EVERY = timedelta(seconds=30)


def put_day_on_the_road(connection: Connection, now: datetime) -> PlanMade:
    """In place of what the seed says of the day: sent, and lived through until `now`.

    C-01 has said nothing for half an hour and C-02 is late; C-03 has passed one stop; T-04 has no driver and is heard.
    """
    plan = make_plan()
    connection.execute("TRUNCATE plan, circuit, stop, dispatch, confirmation, position")
    put_plan(connection, plan)
    put_dispatch(connection, plan)
    for circuit in plan.circuits:
        late = timedelta(minutes=LATE_MIN if circuit.truck == LATE else 1)
        until = now - timedelta(minutes=32) if circuit.truck == GHOST else now
        _speak(connection, plan, circuit, late, until)
        _drive(connection, circuit, late, until)
    return plan


def _speak(connection: Connection, plan: PlanMade, circuit: Circuit, late: timedelta, until: datetime) -> None:
    for n, visit in enumerate(v for v in circuit.visits if v.kind in {"stop", "disposal"}):
        at = visit.leave_at + late + timedelta(seconds=75 * (-1) ** n)
        if at > until:
            return
        passed = circuit.truck == SKIPPED and n == 2
        connection.execute(
            "INSERT INTO confirmation VALUES (%s, %s, %s, %s, %s, %s, %s, %s, NULL, %s, %s, %s)",
            (uuid5(NAMES, f"{circuit.truck} {n}"), CITY, circuit.truck, plan.plan_id, visit.kind, visit.place,
             "skipped" if passed else "done", "blocked" if passed else None, at, at, circuit.truck),
        )  # fmt: skip


def _drive(connection: Connection, circuit: Circuit, late: timedelta, until: datetime) -> None:
    """Straight from visit to visit, a position each half minute."""
    places = [(v.leave_at + late, v.lon, v.lat) for v in circuit.visits if v.lon is not None and v.lat is not None]
    rows = []
    at = places[0][0]
    while at <= min(until, places[-1][0]):
        n = max(i for i, place in enumerate(places) if place[0] <= at)
        (from_at, lon, lat), after = places[n], places[min(n + 1, len(places) - 1)]
        span = (after[0] - from_at).total_seconds()
        share = (at - from_at).total_seconds() / span if span else 0.0
        rows.append((CITY, circuit.truck, at, at, lon + share * (after[1] - lon), lat + share * (after[2] - lat)))
        at += EVERY
    connection.cursor().executemany("INSERT INTO position VALUES (%s, %s, %s, %s, %s, %s)", rows)
    if rows:
        _, truck, at, _, lon, lat = rows[-1]
        connection.execute(
            "UPDATE truck_state SET happened_at = %s, lon = %s, lat = %s WHERE city_id = %s AND truck_id = %s",
            (at, lon, lat, CITY, truck),
        )
