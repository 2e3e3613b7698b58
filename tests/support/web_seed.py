"""A plausible small city in the store, for tests of the pages, by SQL and contract objects: no other service."""

import json
import math
import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from services.contracts.coverage import CoverageComputed, ServingCost, ZoneCoverage
from services.contracts.ledger import DayFigures, ErrorTerm, SavingsComputed, ZoneServed
from services.contracts.planning import (
    Binding,
    Circuit,
    ContainerForecast,
    Extra,
    PlanMade,
    PlanningProgressed,
    Totals,
    Unserved,
    Visit,
    WhatIf,
)
from services.ledger.savings import ARITHMETIC
from services.planning.problem import totals_of
from services.store.connection import Connection, connect
from services.web.entry.accounts import add_account
from services.web.entry.phones import add_phone
from services.writer.day import store_coverage, store_savings
from tests.support.web_basemap import SOUTH, WEST, basemap, ring

CITY = "port-azur"
DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # 06:00 in Porto-Novo
ZONE = ZoneInfo("Africa/Porto-Novo")
NAMES = UUID("5f0f6f0a-93a6-4a44-9a27-6f7ed7a3f0c1")
PLAN = uuid5(NAMES, "plan")
OPERATOR = ("awa", "une-longue-matinee")
DRIVER = ("C-01", "482193")
MAYOR = ("mairie", "une-longue-matinee")
PLANNER = ("adjoa", "une-longue-matinee")
TECHNICIAN = ("kossi", "une-longue-matinee")
"""Of those two, `put_office`."""

DISTRICTS = (
    ("akpakpa", "Akpakpa-Nord", 128_000, (0.062, 0.012, 0.098, 0.040)),
    ("dantokpa", "Grand-Marché", 96_000, (0.036, 0.014, 0.060, 0.038)),
    ("cadjehoun", "Les Cocotiers", 74_000, (0.004, 0.006, 0.034, 0.024)),
    ("gbegamey", "Gbégamè", 142_000, (0.006, 0.026, 0.034, 0.044)),
    ("vossa", "Vossa-Lagune", 88_000, (0.036, 0.040, 0.064, 0.056)),
    ("pk6", "Plage-Est", 152_000, (0.062, 0.000, 0.104, 0.011)),
)
STREETS = ("Rue des Cheminots", "Carrefour Étoile", "École Sainte-Rita", "Marché Gbogbanou", "Pharmacie du Pont",
           "Avenue Steinmetz", "Place des Martyrs", "Station Tokpa", "Mosquée Zongo", "Stade René-Pleven")  # fmt: skip
BINDINGS = (
    Binding(limit="time", used_ratio=0.96, left=1_150, slack_s=14 * 60 + 40, closes="disposal", closes_place="centre"),
    Binding(limit="load_l", used_ratio=0.88, left=3_600, slack_s=95 * 60, closes="shift"),
    Binding(limit="time", used_ratio=0.62, left=10_900, slack_s=52 * 60, closes="break"),
    Binding(limit="trips", used_ratio=0.93, left=1, slack_s=20, closes="stop", closes_place="B-003"),
)
TRUCKS = ("C-01", "C-02", "C-03", "T-04", "T-05")
FLEETS: tuple[dict[str, Any], ...] = (
    {"id": "est", "name": "Lot Est", "contractor": "Port Propre", "zones": ["akpakpa", "dantokpa"], "kinds": []},
    {"id": "ouest", "name": "Lot Ouest", "contractor": None, "kinds": [],
     "zones": ["cadjehoun", "gbegamey", "vossa", "pk6"]},
)  # fmt: skip
FLEET_TRUCKS = {"est": ["C-01", "C-03"], "ouest": ["C-02", "T-04", "T-05"]}


def city_document(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "tournee/city/1",
        "id": CITY,
        "name": "Port-Azur",
        "timezone": "Africa/Porto-Novo",
        "currency": "XOF",
        "simulated": True,
        "assumptions": [],
        "prices": {"fuel_per_l": 655.0, "crew_per_h": 2500.0},
        **changes,
    }


def containers() -> list[dict[str, Any]]:
    """48 containers, eight a district but one, where nobody has set any."""
    dice = random.Random(7)
    rows = []
    for district, _, _, (west, south, east, north) in DISTRICTS:
        for _ in range(0 if district == "pk6" else 10):
            index = len(rows) + 1
            rows.append(
                {
                    "id": f"B-{index:03}",
                    "name": f"{STREETS[index % len(STREETS)]} {index}",
                    "lon": round(WEST + dice.uniform(west + 0.002, east - 0.002), 5),
                    "lat": round(SOUTH + dice.uniform(south + 0.002, north - 0.002), 5),
                    "kind": "bac",
                    "capacity_l": 1100.0,
                    "zone": district,
                    "fill": dice.choice([0.15, 0.3, 0.45, 0.6, 0.7, 0.82, 0.88, 0.93, 1.05]),
                    "hours_ago": 40 if index in (5, 17, 33) else dice.uniform(0.2, 3),
                }
            )
    return rows


def make_plan(plan_id: UUID = PLAN, request_id: UUID | None = None, day: date = DAY) -> PlanMade:
    """Four circuits of the containers that are due, one left out."""
    rows = [row for row in containers() if row["fill"] >= 0.6]
    left_out, planned = rows[0], rows[1:]
    planned.sort(key=lambda row: row["lon"])
    share = math.ceil(len(planned) / 4)
    circuits = [_circuit(n + 1, TRUCKS[n], planned[n * share : (n + 1) * share], day) for n in range(4)]
    totals = Totals(
        circuits=4,
        stops=sum(len(c.stops) for c in circuits),
        trips=4,
        distance_m=sum(c.distance_m for c in circuits),
        fuel_l=sum(c.fuel_l for c in circuits),
        duty_s=sum(c.duty_s for c in circuits),
    )
    return PlanMade(
        plan_id=plan_id,
        request_id=request_id or uuid5(NAMES, "request"),
        city=CITY,
        day=day,
        as_of=datetime.combine(day, time(4, 50), UTC),
        made_at=datetime.combine(day, time(4, 51), UTC),
        seed=1,
        time_limit_s=30,
        solve_s=30.2,
        status="planned",
        roads="estimated",
        cost=184_200,
        currency="XOF",
        totals=totals,
        baseline=totals.model_copy(update={"fuel_l": totals.fuel_l * 1.31, "distance_m": totals.distance_m * 1.34}),
        circuits=tuple(circuits),
        unserved=(
            Unserved(
                container=left_out["id"],
                reason="prize_below_cost",
                due="full",
                cheapest_place_cost=Extra(cost=5_400, fuel_l=3.2, duty_s=4_740),
                cheapest_place_truck=TRUCKS[3],
            ),
        ),
        explained="all",
        what_if=(
            WhatIf(change="longer_shifts", extra_s=3600, saved=900, spread=1_300, newly_served=0, search_s=1.5),
            WhatIf(change="one_more_truck", like_truck="C-01", saved=6_840, spread=1_300, newly_served=0, search_s=1.5),
        ),
        forecasts=tuple(
            ContainerForecast(
                container=row["id"],
                fill_ratio=row["fill"],
                fill_low=round(max(row["fill"] - 0.12, 0), 3),
                fill_high=round(row["fill"] + 0.09, 3),
                fill_per_day=0.3,
                evidence="prior" if row["id"] == "B-010" else "readings",
                demand_kg=row["fill"] * 190,
                demand_l=row["fill"] * 1100,
                due=_due(row["fill"]),
                required=row["fill"] > 1,
                prize=round(2_600 * row["fill"]) if _due(row["fill"]) else 0,
            )
            for row in containers()
        ),
    )


def _due(fill: float) -> Any:
    if fill >= 0.8:
        return "full"
    return "full_by_next_round" if fill >= 0.6 else None


def _circuit(number: int, truck: str, rows: list[dict[str, Any]], day: date) -> Circuit:
    at = datetime.combine(day, time(6, 30), ZONE).astimezone(UTC)
    depot = (WEST + 0.03, SOUTH + 0.003)
    site = (WEST + 0.10, SOUTH + 0.052)
    visits = [_visit("depot", "depot", *depot, at, 0, 0)]
    load = 0.0
    for index, row in enumerate(rows):
        at += timedelta(minutes=9)
        load += row["fill"] * 190
        stop = _visit("stop", row["id"], row["lon"], row["lat"], at, load, load * 5.8)
        visits.append(stop.model_copy(update={"marginal_cost": _marginal(number, index)}))
    at += timedelta(minutes=25)
    visits.append(_visit("disposal", "centre", *site, at, 0, 0))
    at += timedelta(minutes=25)
    visits.append(_visit("depot", "depot", *depot, at, 0, 0))
    distance = 11_000.0 + 1_450 * len(rows)
    return Circuit(
        number=number,
        truck=truck,
        distance_m=distance,
        fuel_l=distance / 1000 * 0.62 + len(rows) * 0.11,
        duty_s=(at - visits[0].leave_at).total_seconds(),
        trips=1,
        visits=tuple(visits),
        binding=BINDINGS[number - 1],
    )


def _marginal(number: int, index: int) -> Extra | None:
    """Some hundreds of francs; one on the way for nothing, one that its circuit cannot do without."""
    if (number, index) == (1, 2):
        return None
    fuel_l, duty_s = (0.0, 0.0) if (number, index) == (1, 3) else (0.2 + 0.13 * index, 200.0 + 95 * index)
    return Extra(cost=round(655 * fuel_l + 2_500 * duty_s / 3600, 2), fuel_l=round(fuel_l, 2), duty_s=duty_s)


def _visit(kind: Any, place: str, lon: float, lat: float, at: datetime, kg: float, litres: float) -> Visit:
    leave = at + timedelta(minutes=3)
    return Visit(
        kind=kind, place=place, lon=lon, lat=lat, arrive_at=at, start_at=at, leave_at=leave, load_kg=kg, load_l=litres
    )


def savings_day(day: date, factor: float = 1.3, *, baseline: bool = True, simulated: bool = True) -> SavingsComputed:
    dice = random.Random(day.toordinal())
    fuel = 96 + dice.uniform(-12, 12)
    driven = DayFigures(
        circuits=4,
        stops=34,
        trips=4,
        distance_m=fuel / 0.62 * 1000,
        service_s=34 * 180,
        fuel_l=fuel,
        collected_kg=5_600,
    )
    changes = {"fuel_l": fuel * factor, "distance_m": driven.distance_m * (factor + 0.02), "stops": 50}
    before = driven.model_copy(update=changes)
    saved = before.fuel_l - fuel if baseline else None
    shares = {"akpakpa": 0.96, "dantokpa": 1.0, "cadjehoun": 1.0, "gbegamey": 0.62, "vossa": 0.41, "pk6": 0.0}
    zones = tuple(
        ZoneServed(
            zone=z,
            population=p,
            containers=0 if z == "pk6" else 10,
            containers_served=int(10 * shares[z]),
            served_people=p * shares[z],
        )
        for z, _, p, _ in DISTRICTS
    )
    errors = (
        ErrorTerm(name="fuel/defaults", fuel_l=0.1 * (before.fuel_l - fuel)),
        ErrorTerm(name=f"gps/main/{day}", fuel_l=0.03 * fuel, distance_m=0.03 * driven.distance_m),
    )
    return SavingsComputed(
        computation_id=uuid5(NAMES, f"savings {day} {factor} {baseline} {simulated}"),
        city=CITY,
        day=day,
        computed_at=datetime.combine(day + timedelta(days=1), time(2), UTC),
        finished=True,
        plan_id=PLAN,
        driven=driven,
        driven_from="gps" if day.day % 6 else "plan",
        road_factor=1.04,
        baseline=before if baseline else None,
        fuel_saved_l=saved,
        fuel_saved_ratio=None if saved is None else saved / before.fuel_l,
        money_saved=None if saved is None else saved * 655,
        currency="XOF",
        co2e_saved_kg=None if saved is None else saved * 2.66155,
        population=sum(p for _, _, p, _ in DISTRICTS),
        served_people=sum(z.served_people for z in zones),
        zones=zones,
        simulated=simulated,
        confirmations=34,
        latest_fix_at=None,
        arithmetic=ARITHMETIC,
        baseline_version=1,
        errors=errors if baseline else (),
        provisional=("fuel_not_calibrated",) if baseline else (),
    )


def put_city(connection: Connection, **changes: Any) -> None:
    """Registry, states and accounts; no plan, no ledger."""
    wobble = random.Random(3)
    document = city_document(**changes)
    execute = connection.execute
    execute(
        "INSERT INTO city VALUES (%s, %s, %s, %s, %s, %s)",
        (CITY, document["name"], document["timezone"], Jsonb(document), Jsonb(basemap()), NOW),
    )
    for zone, name, people, box in DISTRICTS:
        shape = {"type": "Polygon", "coordinates": [ring(box, wobble)]}
        execute("INSERT INTO zone VALUES (%s, %s, %s, %s, %s)", (CITY, zone, name, people, Jsonb(shape)))
    for row in containers():
        execute(
            "INSERT INTO container"
            " (city_id, container_id, name, lon, lat, kind_id, zone_id, capacity_l, sensor, document)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, true, %s)",
            (CITY, *(row[k] for k in ("id", "name", "lon", "lat", "kind", "zone", "capacity_l")), Jsonb({})),
        )
        execute(
            "INSERT INTO container_state (city_id, container_id, fill_ratio, fill_at) VALUES (%s, %s, %s, %s)",
            (CITY, row["id"], row["fill"], NOW - timedelta(hours=row["hours_ago"])),
        )
    for position, truck in enumerate(TRUCKS):
        document = {"id": truck, "truck_class": "benne", "depot": "depot", "shift_from": "06:00", "shift_to": "14:00"}
        execute("INSERT INTO truck VALUES (%s, %s, %s)", (CITY, truck, Jsonb(document)))
        spot = (WEST + 0.02 + 0.015 * position, SOUTH + 0.012 + 0.006 * position)
        execute("INSERT INTO truck_state VALUES (%s, %s, %s, %s, %s)", (CITY, truck, NOW - timedelta(minutes=2), *spot))
    put_entries(connection)
    add_account(connection, CITY, OPERATOR[0], "operator", OPERATOR[1])
    add_account(connection, CITY, MAYOR[0], "municipality", MAYOR[1])
    for truck in TRUCKS[:3]:
        add_account(connection, CITY, truck, "driver", DRIVER[1], truck)
        put_phone(connection, truck)


def put_office(connection: Connection) -> None:
    """Who else has a desk: a planner and a technician."""
    add_account(connection, CITY, PLANNER[0], "planner", PLANNER[1])
    add_account(connection, CITY, TECHNICIAN[0], "technician", TECHNICIAN[1])


def key_of(truck: str) -> str:
    """Of the truck's phone."""
    return f"key-of-the-phone-of-{truck}"


def put_phone(connection: Connection, truck: str) -> None:
    add_phone(connection, CITY, truck, by=OPERATOR[0], now=NOW, key=key_of(truck))


def put_entries(connection: Connection) -> None:
    entries = {
        "truck_class": {
            "id": "benne", "name": "Benne 12 m³", "capacity_kg": 6000.0, "capacity_l": 12_000.0, "compaction": 2.5,
            "max_trips": 3, "fixed_cost": 5000.0, "drive_l_per_km": 0.6, "per_stop_l": 0.1, "idle_l_per_h": 3.0,
        },
        "depot": {"id": "depot", "name": "Dépôt du Port", "lon": WEST + 0.03, "lat": SOUTH + 0.003},
        "disposal_site": {"id": "centre", "name": "Centre d'enfouissement de Ouèssè",
                          "lon": WEST + 0.1, "lat": SOUTH + 0.052, "service_s": 900,
                          "open_from": "06:00", "open_to": "18:00"},
    }  # fmt: skip
    for kind, document in entries.items():
        connection.execute(
            "INSERT INTO registry_entry VALUES (%s, %s, %s, 0, %s)", (CITY, kind, document["id"], Jsonb(document))
        )


def put_fleets(connection: Connection) -> None:
    """Part the city between two fleets: the first has two districts and the trucks of two drivers."""
    for position, fleet in enumerate(FLEETS):
        connection.execute(
            "INSERT INTO registry_entry VALUES (%s, 'fleet', %s, %s, %s)", (CITY, fleet["id"], position, Jsonb(fleet))
        )
        connection.execute(
            "UPDATE container SET fleet_id = %s WHERE city_id = %s AND zone_id = ANY(%s)",
            (fleet["id"], CITY, fleet["zones"]),
        )
        connection.execute(
            "UPDATE truck SET fleet_id = %s WHERE city_id = %s AND truck_id = ANY(%s)",
            (fleet["id"], CITY, FLEET_TRUCKS[fleet["id"]]),
        )


def plan_of_fleet(fleet: str, plan_id: UUID) -> PlanMade:
    """The circuits, containers and reasons of `make_plan` that are the fleet's."""
    whole = make_plan(plan_id, uuid5(plan_id, "request"))
    zones = next(row["zones"] for row in FLEETS if row["id"] == fleet)
    theirs = {row["id"] for row in containers() if row["zone"] in zones}
    circuits = tuple(
        circuit.model_copy(update={"visits": tuple(v for v in circuit.visits if v.kind != "stop" or v.place in theirs)})
        for circuit in whole.circuits
        if circuit.truck in FLEET_TRUCKS[fleet]
    )
    return whole.model_copy(
        update={
            "fleet": fleet,
            "circuits": circuits,
            "totals": totals_of(circuits),
            "forecasts": tuple(f for f in whole.forecasts if f.container in theirs),
            "unserved": tuple(row for row in whole.unserved if row.container in theirs),
        }
    )


def put_plan(connection: Connection, plan: PlanMade) -> None:
    connection.execute(
        "INSERT INTO plan VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (plan.plan_id, plan.city, plan.day, plan.made_at, plan.status, plan.totals.circuits, plan.totals.stops,
         plan.totals.distance_m, plan.totals.fuel_l, Jsonb(json.loads(plan.model_dump_json())), plan.fleet),
    )  # fmt: skip
    for circuit in plan.circuits:
        connection.execute(
            "INSERT INTO circuit VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (plan.plan_id, circuit.number, plan.city, plan.day, circuit.truck,
             circuit.distance_m, circuit.fuel_l, circuit.duty_s),
        )  # fmt: skip
        for sequence, visit in enumerate(circuit.visits):
            connection.execute(
                "INSERT INTO stop VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (plan.plan_id, circuit.number, sequence, visit.kind, visit.place, visit.start_at, visit.leave_at),
            )


def put_dispatch(connection: Connection, plan: PlanMade) -> None:
    connection.execute(
        "INSERT INTO dispatch VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (uuid5(plan.plan_id, "dispatch"), plan.city, plan.day, plan.plan_id, OPERATOR[0], NOW + timedelta(minutes=4),
         plan.fleet),
    )  # fmt: skip


def put_confirmations(connection: Connection, plan: PlanMade, truck: str, count: int) -> None:
    """The crew of a truck has handled its first stops, the third skipped."""
    circuit = next(c for c in plan.circuits if c.truck == truck)
    for index, stop in enumerate(circuit.stops[:count]):
        outcome, reason = ("skipped", "blocked") if index == 2 else ("done", None)
        connection.execute(
            "INSERT INTO confirmation VALUES (%s, %s, %s, %s, 'stop', %s, %s, %s, NULL, %s, %s, %s)",
            (uuid5(plan.plan_id, f"{truck} {index}"), plan.city, truck, plan.plan_id, stop.place, outcome, reason,
             stop.leave_at, stop.leave_at, truck),
        )  # fmt: skip


def put_run(connection: Connection, run: PlanningProgressed) -> None:
    connection.execute(
        "INSERT INTO planning_run VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (request_id) DO UPDATE"
        " SET state = excluded.state, document = excluded.document",
        (run.request_id, run.city, run.day, run.state, run.happened_at, Jsonb(run.model_dump(mode="json")), run.fleet),
    )


def put_savings(connection: Connection, days: list[SavingsComputed]) -> None:
    """As the writer does: a further line of a day takes the place of the one before."""
    store_savings(connection, days)


def coverage(day: date = date(2026, 11, 22), **changes: Any) -> CoverageComputed:
    """Four districts served nearly whole, two not: one has no container, one's are emptied too seldom."""
    served = {"akpakpa": 0.94, "dantokpa": 1.0, "cadjehoun": 0.97, "gbegamey": 0.71, "vossa": 0.22, "pk6": 0.0}
    zones = []
    for zone, _, people, _ in DISTRICTS:
        basic, left = people * served[zone], people * (1 - served[zone])
        limited = 0.0 if zone == "pk6" else left * 0.8
        improved = basic * 0.3 if zone == "cadjehoun" else 0.0
        cost = ServingCost(
            points=31, new_points=24, containers=96, rounds=6, distance_m=214_000, fuel_l=171.4, crew_s=120_600,
            money=196_017,
        )  # fmt: skip
        zones.append(
            ZoneCoverage(
                zone=zone, population=people, assigned_people=0 if zone == "pk6" else people * 0.97,
                none=left - limited, limited=limited, basic=basic - improved, improved=improved, full=0,
                nearest_served_m=None if left == 0 else 2_340 if zone == "pk6" else 310,
                cost=cost if zone == "vossa" else None, no_cost="too_much" if zone == "pk6" else None,
            )
        )  # fmt: skip
    told = CoverageComputed(
        computation_id=uuid5(NAMES, f"coverage {day}"), city=CITY, day=day,
        computed_at=datetime.combine(day + timedelta(days=1), time(2), UTC), arithmetic=1, walk_m=200,
        detour_factor=1.3, times_a_week=2, weeks_known=3, regular_share=0.9, people_from="zones", currency="XOF",
        simulated=True, zones=tuple(zones),
    )  # fmt: skip
    return told.model_copy(update=changes)


def put_coverage(connection: Connection, lines: list[CoverageComputed]) -> None:
    """As the writer does."""
    store_coverage(connection, lines)


def november(factor: float = 1.3, **changes: Any) -> list[SavingsComputed]:
    return [savings_day(date(2026, 11, day), factor, **changes) for day in range(1, 23)]


def put_everything(database_url: str) -> PlanMade:
    """A city in the middle of a sent day, with a month in the ledger."""
    plan = make_plan()
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        put_plan(connection, plan)
        put_dispatch(connection, plan)
        put_confirmations(connection, plan, "C-02", 5)
        put_savings(connection, november())
        put_coverage(connection, [coverage()])
    return plan
