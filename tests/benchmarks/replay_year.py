"""How long the ledger's arithmetic takes for a large city: days of it, and what a year of such days would take.

    python -m tests.benchmarks.replay_year --containers 5000 --days 7

Plans, words and tracks are made up and in memory: reading them from the store is not in it. Seconds are those of the
processor, so that other work on the machine does not count. Ends with one line of JSON.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from numpy.typing import NDArray

import routing
from services.city.fields import WEEKDAYS
from services.city.registry import BaselineStop, Registry, Zone
from services.contracts.planning import ContainerForecast, PlanMade
from services.ledger.day_events import DayEvents
from services.ledger.driven import Confirmed, SentPlan
from services.ledger.frozen import baseline_of_folder
from services.ledger.savings import savings_of_day
from services.ledger.served import Accepted
from services.planning.problem import circuits_of, problem_of_day, totals_of
from services.times import instant_of
from tests.benchmarks.honest_twin.town import draw_town
from tests.support.driven_tracks import track_of

FIRST = date(2026, 3, 2)
A_CIRCUIT, A_ZONE = 90, 75
SELDOM_SHARE = 0.3
"""Of the containers, those of the first zones: too seldom emptied to serve anybody."""
SIDE_DEGREES = 0.12
YEAR = 365


def large_town(containers: int, seed: int = 1) -> Registry:
    """Containers over a square of some 13 km, swept into circuits by their place; each is emptied three days a week."""
    town, rng = draw_town(seed), np.random.default_rng([seed, 5000])
    model = town.containers[0]
    places = rng.uniform(-SIDE_DEGREES / 2, SIDE_DEGREES / 2, (containers, 2))
    places += np.array((town.depots[0].lon, town.depots[0].lat))
    places = places[np.lexsort((places[:, 1], np.floor(places[:, 0] / 0.004)))]
    rows = tuple(
        model.model_copy(
            update={
                "id": f"B-{n:05}", "name": f"B-{n:05}", "lon": lon, "lat": lat, "zone": f"Z{n // A_ZONE:03}"
            }
        )
        for n, (lon, lat) in enumerate(places.tolist())
    )  # fmt: skip
    zones = tuple(Zone(id=f"Z{n:03}", name=f"Z{n:03}", population=8000) for n in range(-(-containers // A_ZONE)))
    trucks = tuple(
        town.trucks[0].model_copy(update={"id": f"C{n:03}"}) for n in range(-(-containers // A_CIRCUIT // 2))
    )
    baseline = tuple(
        BaselineStop(
            circuit=f"K{n // A_CIRCUIT:03}",
            truck=trucks[(n // A_CIRCUIT) % len(trucks)].id,
            weekdays=("mon", "wed", "fri") if n // A_CIRCUIT % 2 else ("tue", "thu", "sat"),
            position=n % A_CIRCUIT + 1,
            container=row.id,
        )
        for n, row in enumerate(rows)
    )
    shapes = {zone.id: _box(places[n * A_ZONE : (n + 1) * A_ZONE]) for n, zone in enumerate(zones)}
    return town.model_copy(
        update={"zones": zones, "zone_shapes": shapes, "containers": rows, "trucks": trucks, "baseline": baseline}
    )


def _box(places: NDArray[np.float64]) -> dict[str, object]:
    """Around a zone's containers."""
    (west, south), (east, north) = (places.min(axis=0) - 0.001).tolist(), (places.max(axis=0) + 0.001).tolist()
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def is_due(number: int, containers: int, day: date) -> bool:
    """Every second day, neighbours by turns; in the first zones every fifth. On a day that is two fifths of all."""
    return (day.toordinal() + number) % (5 if number < SELDOM_SHARE * containers else 2) == 0


def lived_day(town: Registry, day: date) -> DayEvents:
    """Some containers are due, and every truck drives its share with a fix each ten seconds."""
    count = len(town.containers)
    forecasts = [_forecast(row.id, is_due(number, count, day)) for number, row in enumerate(town.containers)]
    wanted = [forecast for forecast in forecasts if forecast.due]
    problem = problem_of_day(town, wanted, day, name=f"plan {day}")
    lists: dict[str, list[str]] = defaultdict(list)
    for n, forecast in enumerate(wanted):
        lists[town.trucks[n * len(town.trucks) // len(wanted)].id].append(forecast.container)
    plan = _plan(town, problem, lists, day, forecasts)
    words = [
        Confirmed(circuit.truck, visit.kind, visit.place or "", "done", visit.leave_at, plan.plan_id)
        for circuit in plan.circuits
        for visit in circuit.visits
        if visit.kind in {"stop", "disposal"}
    ]
    tracks = {circuit.truck: track_of(circuit) for circuit in plan.circuits}
    accepted = Accepted(1, FIRST - timedelta(days=30), baseline_of_folder(town, 1))
    emptied = {row.id: 2 for row in town.containers}
    return DayEvents([SentPlan(plan, plan.made_at)], words, tracks, emptied, None, accepted)


def _forecast(container: str, is_due: bool) -> ContainerForecast:
    return ContainerForecast(
        container=container, fill_ratio=0.85 if is_due else 0.3, fill_per_day=0.25, evidence="readings",
        due="full" if is_due else None, required=is_due, demand_kg=200 if is_due else 80,
        demand_l=800 if is_due else 320,
    )  # fmt: skip


def _plan(
    town: Registry,
    problem: routing.Problem,
    lists: Mapping[str, Sequence[str]],
    day: date,
    forecasts: Sequence[ContainerForecast],
) -> PlanMade:
    routes = tuple(routing.replay_fixed_circuit(problem, truck, stops).route for truck, stops in lists.items())
    circuits = circuits_of(routing.Solution(problem.name, routes), problem, day, town)
    made_at = instant_of(day, 4 * 3600, town.city.zone_info)
    plan_id = uuid5(NAMESPACE_URL, f"replay {day}")
    return PlanMade(
        plan_id=plan_id, request_id=plan_id, city=town.city.id, day=day, as_of=made_at, made_at=made_at, seed=1,
        time_limit_s=0, solve_s=0, status="planned", roads="estimated", cost=0, currency=town.city.currency,
        totals=totals_of(circuits), baseline=None, circuits=circuits, unserved=(), forecasts=tuple(forecasts),
    )  # fmt: skip


def main() -> None:
    """Compute some days and tell what one takes."""
    parser = argparse.ArgumentParser(prog="replay_year", description=__doc__)
    parser.add_argument("--containers", type=int, default=5000)
    parser.add_argument("--days", type=int, default=len(WEEKDAYS))
    asked = parser.parse_args()
    town, took_s = large_town(asked.containers), []
    for n in range(asked.days):
        day = FIRST + timedelta(days=n)
        events = lived_day(town, day)
        began_s = time.process_time()
        now: datetime = instant_of(day + timedelta(days=1), 3600, town.city.zone_info)
        line = savings_of_day([town], day, events, now=now, registry_version=1)
        took_s.append(time.process_time() - began_s)
        fixes = sum(map(len, events.tracks.values()))
        print(
            f"{day} {took_s[-1]:.2f} s: {line.driven.stops} stops, {len(line.works)} trucks, {fixes} fixes", flush=True
        )
    day_s = sum(took_s) / len(took_s)
    print(
        json.dumps({"containers": asked.containers, "day_cpu_s": round(day_s, 3), "year_cpu_s": round(YEAR * day_s, 1)})
    )


if __name__ == "__main__":
    main()
