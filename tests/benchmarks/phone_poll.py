"""What a phone's question each minute costs, in a city of 10,000 containers: `python -m tests.benchmarks.phone_poll`.

Beside it stands what it cost when each answer was cut out of the whole plan, parsed anew: `whole plan`.
"""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from uuid import uuid5

import httpx

from infra.migrate import migrate
from infra.stack.start import start_stack
from services.contracts.planning import Circuit, ContainerForecast, PlanMade, Totals, Visit
from services.store.connection import connect
from services.web.entry.accounts import add_account
from services.web.operator.store import find_plan, find_plan_text
from tests.support.databases import new_database
from tests.support.web_seed import CITY, DRIVER, NAMES, NOW, make_plan, put_city, put_dispatch, put_phone, put_plan
from tests.support.web_server import client_of, serve
from tests.twins.stream import MemoryStream

CONTAINERS, TRUCKS, STOPS = 10_000, 60, 60
TRUCK = "M-07"
RUNS = 50


def made_plan() -> PlanMade:
    """Sixty circuits of sixty stops, and a forecast for every container, as a planner would hand them out."""
    circuits = [_circuit(number) for number in range(1, TRUCKS + 1)]
    forecasts = tuple(
        ContainerForecast(
            container=f"K-{n:05}", fill_ratio=0.31 + n % 67 / 100, fill_per_day=0.2137, evidence="readings",
            demand_kg=101.25 + n % 89, demand_l=512.5 + n % 89, due="full" if n % 3 == 0 else None, prize=1812.5,
        )
        for n in range(CONTAINERS)
    )  # fmt: skip
    totals = Totals(circuits=TRUCKS, stops=TRUCKS * STOPS, trips=TRUCKS, distance_m=2e6, fuel_l=1500, duty_s=1.2e6)
    changes = {"plan_id": uuid5(NAMES, "ten thousand"), "circuits": tuple(circuits), "forecasts": forecasts}
    return make_plan().model_copy(update=changes | {"totals": totals, "unserved": ()})


def _circuit(number: int) -> Circuit:
    places = [f"K-{(number - 1) * STOPS + n:05}" for n in range(STOPS)]
    visits = [_visit("depot", "depot", NOW, 0.0)]
    visits += [_visit("stop", place, NOW + timedelta(minutes=4 * n), 95.5 * n) for n, place in enumerate(places, 1)]
    visits += [_visit("disposal", "centre", NOW + timedelta(hours=5), 0.0), _visit("depot", "depot", NOW, 0.0)]
    return Circuit(
        number=number, truck=f"M-{number:02}", distance_m=33_000, fuel_l=25.5, duty_s=20_000, trips=1,
        visits=tuple(visits),
    )  # fmt: skip


def _visit(kind: str, place: str, at: datetime, load_kg: float) -> Visit:
    return Visit.model_validate(
        {"kind": kind, "place": place, "lon": 2.41234, "lat": 6.36789, "arrive_at": at, "start_at": at}
        | {"leave_at": at + timedelta(minutes=3), "load_kg": load_kg, "load_l": load_kg * 5.8}
    )


def put_made(database_url: str, plan: PlanMade) -> None:
    """The plan, its containers and the truck's login."""
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        connection.execute(
            """INSERT INTO container
                (city_id, container_id, name, lon, lat, kind_id, zone_id, capacity_l, sensor, document)
            SELECT %(city)s, 'K-' || lpad(n::text, 5, '0'), 'Rue ' || n, 2.4, 6.36, kind_id, zone_id, 1100, true, '{}'
            FROM generate_series(0, %(last)s) AS n,
                 (SELECT kind_id, zone_id FROM container WHERE city_id = %(city)s LIMIT 1) AS k""",
            {"city": CITY, "last": CONTAINERS - 1},
        )
        connection.execute(
            "INSERT INTO truck SELECT city_id, %(truck)s, document FROM truck WHERE truck_id = 'C-01'",
            {"truck": TRUCK},
        )
        add_account(connection, CITY, TRUCK, "driver", DRIVER[1], TRUCK)
        put_phone(connection, TRUCK)
        put_plan(connection, plan)
        put_dispatch(connection, plan)
        connection.execute("ANALYZE")


def main() -> None:
    """Print a line for each way to ask."""
    plan = made_plan()
    with start_stack("embedded") as stack, new_database(stack) as url:
        migrate(url)
        put_made(url, plan)
        with connect(url, name="bench") as connection:
            text = find_plan_text(connection, CITY, plan.plan_id) or ""
            whole_ms = _timed(lambda: find_plan(connection, CITY, plan.plan_id))
        with serve(url, MemoryStream(), NOW) as web, closing(client_of(web, (TRUCK, DRIVER[1]))) as phone:
            sys.stdout.write(f"{CONTAINERS} containers, {TRUCKS} circuits of {STOPS} stops; {RUNS} runs each\n")
            sys.stdout.write(f"{'':34}{'of plan, bytes':>16}{'answer, bytes':>16}{'ms':>8}\n")
            _tell("whole plan parsed, store only", len(text.encode()), 0, whole_ms)
            own = plan.circuits[int(TRUCK[2:]) - 1].model_dump_json()
            _ask(phone, "circuit, when it has changed", "/api/v1/driver/circuit", len(own), known=False)
            _ask(phone, "circuit, held already", "/api/v1/driver/circuit", 0, known=True)
            _ask(phone, "state, when somebody said more", "/api/v1/driver/state", 0, known=False)
            _ask(phone, "state, unchanged", "/api/v1/driver/state", 0, known=True)


def _ask(phone: httpx.Client, name: str, path: str, parsed: int, *, known: bool) -> None:
    first = phone.get(path)
    assert first.status_code == 200, first.text
    headers = {"If-None-Match": first.headers["etag"]} if known else {}
    took_ms = _timed(lambda: phone.get(path, headers=headers))
    answer = phone.get(path, headers=headers)
    _tell(name, parsed, len(answer.content), took_ms)


def _timed(act: Callable[[], object]) -> float:
    act()
    started = time.perf_counter()
    for _ in range(RUNS):
        act()
    return (time.perf_counter() - started) * 1000 / RUNS


def _tell(name: str, parsed: int, answer: int, took_ms: float) -> None:
    sys.stdout.write(f"{name:34}{parsed:16,}{answer:16,}{took_ms:8.1f}\n")


if __name__ == "__main__":
    main()
