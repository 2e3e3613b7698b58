"""The example town grown to a city: as many containers and trucks as are asked for, and its day."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched
from uuid import NAMESPACE_URL, uuid5

from services.city.registry import Container, Registry, Truck
from services.contracts.planning import Circuit, ContainerForecast, PlanMade, Visit
from services.planning.problem import totals_of
from tests.support.example_town import example_town

DAY = date(2026, 3, 3)  # a Tuesday
MORNING = datetime(2026, 3, 3, 4, tzinfo=UTC)  # 05:00 in Porto-Novo
WEST, SOUTH, EAST, NORTH = 1.79, 6.48, 1.93, 6.60
STREETS = ("Rue des Cheminots", "Carrefour Étoile", "École Sainte-Rita", "Marché Gbogbanou", "Pharmacie du Pont",
           "Avenue Steinmetz", "Place des Martyrs", "Station Tokpa", "Mosquée Zongo", "Stade René-Pleven")  # fmt: skip


def large_town(containers: int, trucks: int) -> Registry:
    """Containers denser towards the middle, in the nearest zone; compactors that leave at six."""
    town = example_town()
    dice = random.Random(11)
    truck = next(one for one in town.trucks if one.truck_class == "compacteur")
    changes = {"shift_from": time(6), "shift_to": time(14)}
    return town.model_copy(
        update={
            "containers": tuple(_containers(town, dice, containers)),
            "trucks": tuple(truck.model_copy(update={"id": truck_id(n), **changes}) for n in range(1, trucks + 1)),
            "baseline": (),
        }
    )


def truck_id(number: int) -> str:
    return f"RB-{2000 + number}"


def _containers(town: Registry, dice: random.Random, count: int) -> Iterator[Container]:
    like = next(one for one in town.containers if one.kind == "bac-1100")
    middles = {one.zone: (one.lon, one.lat) for one in town.containers}
    for n in range(1, count + 1):
        lon, lat = dice.triangular(WEST, EAST), dice.triangular(SOUTH, NORTH)
        zone = min(middles, key=lambda name: (middles[name][0] - lon) ** 2 + (middles[name][1] - lat) ** 2)
        yield like.model_copy(
            update={
                "id": f"K-{n:05}", "name": f"{STREETS[n % len(STREETS)]} {n}", "lon": round(lon, 5),
                "lat": round(lat, 5), "zone": zone, "sensor": n % 3 == 0,
            }
        )  # fmt: skip


def swept_plan(town: Registry, circuits: int, stops: int) -> PlanMade:
    """So many circuits of so many stops, in strips from west to east, without a search: to be looked at, not driven."""
    dice = random.Random(5)
    due = sorted(dice.sample(town.containers, circuits * stops), key=lambda one: (round(one.lon / 0.02), one.lat))
    rounds = tuple(_circuit(town, n, town.trucks[n - 1], part) for n, part in enumerate(batched(due, stops), 1))
    wanted = {one.id for one in due}
    return PlanMade(
        plan_id=uuid5(NAMESPACE_URL, f"{circuits} of {stops}"), request_id=uuid5(NAMESPACE_URL, "swept"),
        city=town.city.id, day=DAY, as_of=MORNING, made_at=MORNING, seed=1, time_limit_s=30, solve_s=30,
        status="planned", roads="estimated", cost=10_000 * circuits, currency=town.city.currency,
        totals=totals_of(rounds), baseline=None, circuits=rounds, unserved=(),
        forecasts=tuple(_forecast(dice, one, is_due=one.id in wanted) for one in town.containers),
    )  # fmt: skip


def _forecast(dice: random.Random, container: Container, *, is_due: bool) -> ContainerForecast:
    fill = round(dice.uniform(0.8, 1.2) if is_due else dice.uniform(0.05, 0.75), 3)
    return ContainerForecast(
        container=container.id, fill_ratio=fill, fill_low=round(fill * 0.8, 3), fill_high=round(fill * 1.2, 3),
        fill_per_day=0.3, evidence="readings", demand_kg=round(fill * 190, 1), demand_l=round(fill * 1100, 1),
        due="full" if is_due else None,
    )  # fmt: skip


def _circuit(town: Registry, number: int, truck: Truck, containers: tuple[Container, ...]) -> Circuit:
    depot, site = town.depots[0], town.disposal_sites[0]
    places = [("depot", depot), *(("stop", one) for one in containers), ("disposal", site), ("depot", depot)]
    at = MORNING + timedelta(hours=1, minutes=number % 40)
    visits = []
    for n, (kind, place) in enumerate(places):
        visits.append(
            Visit.model_validate(
                {"kind": kind, "place": place.id, "lon": place.lon, "lat": place.lat, "arrive_at": at, "start_at": at}
                | {"leave_at": at + timedelta(minutes=2), "load_kg": 95.0 * n, "load_l": 380.0 * n}
            )
        )
        at += timedelta(minutes=6)
    return Circuit(
        number=number, truck=truck.id, distance_m=33_000, fuel_l=25.5, trips=1, visits=tuple(visits),
        duty_s=(visits[-1].arrive_at - visits[0].leave_at).total_seconds(),
    )  # fmt: skip
