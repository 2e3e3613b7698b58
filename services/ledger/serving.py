"""What serving a zone would cost in a week: points for its people, circuits of their own by the routing engine."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

import numpy as np

import routing
from services.city.assumed import KG_A_PERSON_DAY
from services.city.registry import Container, ContainerKind, Registry, Truck, TruckClass
from services.contracts.coverage import NoCost, ServingCost
from services.contracts.planning import ContainerForecast
from services.ledger.coverage import Basis, Unserved
from services.ledger.homes import DETOUR_FACTOR
from services.ledger.points import Set, set_points
from services.planning.problem import circuits_of, problem_of_day, totals_of
from services.roads.roads import Roads

ROOM = 0.8
"""Of a container's volume that is filled when it is emptied. Assumed."""
ITERATIONS = 200
"""Of the search: a count and not a clock, so that it finds the same on any machine."""


def serving_cost(basis: Basis, unserved: Unserved, day: date, roads: Roads) -> ServingCost | NoCost:
    """Each point emptied as often as the city promises, by trucks that do nothing else that day.

    An upper bound: joined to circuits that pass nearby, the same points may cost less.

    Args:
        basis: the city, and how often a point is emptied.
        unserved: the zone's people without basic service.
        day: the zone would be served on the first day from it on which a disposal site is open.
        roads: of the city.
    """
    registry = basis.registry
    trucks = [truck for truck in registry.trucks if truck.in_service]
    if not trucks:
        return "no_truck"
    standing = [[c.lon, c.lat] for c in registry.containers if c.zone == unserved.zone]
    radius_m = registry.city.service.walk_m / DETOUR_FACTOR
    points = set_points(unserved.lonlat, unserved.people, np.array(standing).reshape(-1, 2), radius_m)
    asked = list(_asked(points, registry, trucks, unserved.zone, basis.times_a_week))
    alone = registry.model_copy(update={"containers": tuple(row.container for row in asked), "baseline": ()})
    at = open_day(registry, day)
    problem = problem_of_day(alone, (row.forecast for row in asked), at, name=f"serving {unserved.zone}", roads=roads)
    if len(problem.stops) < len(asked):
        return "no_way"
    lifts = {row.container.id: row.lifts for row in asked}
    stops = tuple(replace(stop, service_s=stop.service_s * lifts[stop.id]) for stop in problem.stops)
    problem = replace(problem, stops=stops)
    solution = routing.solve(problem, routing.MaxIterations(ITERATIONS), seed=1)
    if solution.unserved:
        return "too_much"
    totals, prices = totals_of(circuits_of(solution, problem, at, alone)), registry.city.prices
    fuel_l = round((totals.fuel_l + _more_lifts_l(solution, problem, lifts)) * basis.times_a_week, 1)
    crew_s = round(totals.duty_s * basis.times_a_week)
    return ServingCost(
        points=len(points.people),
        new_points=int(points.is_new.sum()),
        containers=sum(lifts.values()),
        rounds=totals.circuits * basis.times_a_week,
        distance_m=round(totals.distance_m * basis.times_a_week),
        fuel_l=fuel_l,
        crew_s=crew_s,
        money=round(fuel_l * prices.fuel_per_l + crew_s / 3600 * prices.crew_per_h),
    )


@dataclass(frozen=True)
class _Asked:
    """Containers at one point that one visit empties."""

    container: Container
    forecast: ContainerForecast
    lifts: int


def _asked(points: Set, registry: Registry, trucks: list[Truck], zone: str, times: int) -> Iterator[_Asked]:
    """What waits at each point; more than a truck carries is parted into several visits."""
    kind, capacity_l = _usual(registry)
    days, stream = 7 / times, trucks[0].streams[0]
    most_kg, most_l = _room(registry, trucks)
    for number, ((lon, lat), people) in enumerate(zip(points.lonlat.tolist(), points.people.tolist(), strict=True)):
        whole_kg = people * KG_A_PERSON_DAY * days
        whole_l = whole_kg / kind.kg_per_l
        parts = max(1, ceil(whole_kg / most_kg), ceil(whole_l / most_l))
        for part in range(parts):
            name = f"point-{number + 1}-{part + 1}"
            yield _Asked(
                Container(
                    id=name, name=name, lon=lon, lat=lat, kind=kind.id, capacity_l=capacity_l, zone=zone, stream=stream
                ),
                ContainerForecast(
                    container=name, fill_ratio=ROOM, fill_per_day=ROOM / days, evidence="prior", due="full",
                    required=True, demand_kg=whole_kg / parts, demand_l=whole_l / parts,
                ),
                max(1, ceil(whole_l / parts / (ROOM * capacity_l))),
            )  # fmt: skip


def _usual(registry: Registry) -> tuple[ContainerKind, float]:
    """The kind and volume that the city has most of; before it has any, its first kind and 1,100 L."""
    kinds = {kind.id: kind for kind in registry.container_kinds}
    common = Counter((c.kind, c.capacity_l) for c in registry.containers).most_common(1)
    if not common:
        return registry.container_kinds[0], 1100.0
    (kind, capacity_l), _ = common[0]
    return kinds[kind], capacity_l


def _room(registry: Registry, trucks: list[Truck]) -> tuple[float, float]:
    """What any of the trucks carries: kilograms, and litres as they lie in containers."""
    classes: dict[str, TruckClass] = {row.id: row for row in registry.truck_classes}
    used = [classes[truck.truck_class] for truck in trucks]
    return min(row.capacity_kg for row in used), min(row.capacity_l * row.compaction for row in used)


def open_day(registry: Registry, day: date) -> date:
    """The first from a day on with an open disposal site; of a city without any, the day itself."""
    week = [day + timedelta(days=n) for n in range(7)]
    return next((at for at in week if any(site.is_open_on(at) for site in registry.disposal_sites)), day)


def _more_lifts_l(solution: routing.Solution, problem: routing.Problem, lifts: dict[str, int]) -> float:
    """Litres of lifting every container after the first of a visit."""
    fuel = {vehicle.id: vehicle.fuel.per_stop_l for vehicle in problem.vehicles}
    return sum(fuel[route.vehicle] * sum(lifts[stop] - 1 for stop in route.stop_ids) for route in solution.routes)
