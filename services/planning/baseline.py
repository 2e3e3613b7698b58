"""What the city's fixed circuits would have cost on a day: the other side of every saving."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

import routing
from services.city.fields import WEEKDAYS
from services.city.fleets import part_of
from services.city.registry import Registry
from services.contracts.ledger import DayFigures
from services.contracts.planning import ContainerForecast
from services.planning.problem import fuel_models, problem_of_day
from services.roads.roads import NO_WAY_S, Roads

TOGETHER = 400
"""Containers of a part. Fewer make more parts, each of which asks for the roads of all kinds of trucks."""


def baseline_of_day(
    registry: Registry,
    forecasts: Iterable[ContainerForecast],
    day: date,
    *,
    fleet: str,
    road_factor: float = 1.0,
    roads: Roads | None = None,
) -> DayFigures | None:
    """Drive the fixed circuits of this weekday with the fills of this day; None where the city gave no circuits.

    Of `registry`, the whole city, the circuits of the fleet's trucks. Trucks that had none did nothing before: whatever
    a new fleet drives is more than that, and must not be left out of what the city saves.

    The fixed circuits empty every container on their list, full or not: that is what makes them dear. Their trucks
    go to a disposal site whenever the next container would not fit. `roads` have to be those of the plan that it is
    compared with; `road_factor` is what a kilometre on them measures when it is driven.
    """
    if not registry.baseline:
        return None
    registry = part_of(registry, fleet)
    problem, lists = lists_of_day(registry, forecasts, day, roads=roads)
    driven = [routing.replay_fixed_circuit(problem, truck, stops) for truck, stops in lists]
    fuels = fuel_models(registry)
    metres = [circuit.distance_m * road_factor for circuit in driven]
    demand_kg = {stop.id: stop.demand_kg for stop in problem.stops}
    fuel_l = sum(
        routing.litres(fuels[c.route.vehicle], m, c.stops, c.service_s) for c, m in zip(driven, metres, strict=True)
    )
    return DayFigures(
        circuits=len(driven),
        stops=sum(circuit.stops for circuit in driven),
        trips=sum(circuit.trips for circuit in driven),
        distance_m=round(sum(metres), 1),
        service_s=sum(circuit.service_s for circuit in driven),
        fuel_l=round(fuel_l, 2),
        collected_kg=round(sum(demand_kg[stop] for circuit in driven for stop in circuit.route.stop_ids), 1),
    )


def lists_of_day(
    registry: Registry, forecasts: Iterable[ContainerForecast], day: date, *, roads: Roads | None = None
) -> tuple[routing.Problem, list[tuple[str, list[str]]]]:
    """The day as a problem, and of each fixed circuit that is driven its truck and its stops in driving order.

    Of one fleet's registry. A circuit whose truck is not in service is not driven; a container that has no forecast, or
    to which the truck has no way, is left out.
    """
    circuits = _circuits_on(registry, day)
    problem = problem_of_day(registry, forecasts, day, name=f"baseline {day}", roads=roads)
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    reached = {truck: reached_by(problem, truck) for _, truck in circuits if truck in vehicles}
    return problem, [
        (truck, [stop for stop in stops if stop in reached[truck]])
        for (_, truck), stops in circuits.items()
        if truck in vehicles
    ]


def parts_of_day(
    registry: Registry, forecasts: Iterable[ContainerForecast], day: date, *, roads: Roads | None = None
) -> Iterator[tuple[routing.Problem, list[tuple[str, list[str]]]]]:
    """`lists_of_day` in parts of few trucks, in the same order of trucks: what one drives depends on no other's list.

    A matrix grows with the square of its places: all lists of a large city together have ten times the roads that
    their trucks ever look at.
    """
    expected = {forecast.container: forecast for forecast in forecasts}
    of_truck: dict[str, set[str]] = defaultdict(set)
    for (_, truck), stops in _circuits_on(registry, day).items():
        of_truck[truck] |= {stop for stop in stops if stop in expected}
    for trucks in few(of_truck):
        rows = tuple(row for row in registry.baseline if row.truck in trucks)
        here = set[str]().union(*(of_truck[truck] for truck in trucks))
        some = [forecast for container, forecast in expected.items() if container in here]
        yield lists_of_day(registry.model_copy(update={"baseline": rows}), some, day, roads=roads)


def few(of_truck: Mapping[str, Collection[str]]) -> Iterator[set[str]]:
    """Trucks in their order, together while they have at most `TOGETHER` containers."""
    trucks, count = set[str](), 0
    for truck, stops in of_truck.items():
        if trucks and count + len(stops) > TOGETHER:
            yield trucks
            trucks, count = set(), 0
        trucks.add(truck)
        count += len(stops)
    if trucks:
        yield trucks


def reached_by(problem: routing.Problem, truck: str) -> set[str]:
    """Stops of the day with a way there and home. A hole in the map must not become kilometres that were saved."""
    vehicle = next(v for v in problem.vehicles if v.id == truck)
    home = next(depot.location for depot in problem.depots if depot.id == vehicle.start_depot)
    duration_s = problem.matrices[vehicle.profile].duration_s
    return {
        stop.id
        for stop in problem.stops
        if duration_s[home, stop.location] < NO_WAY_S and duration_s[stop.location, home] < NO_WAY_S
    }


def _circuits_on(registry: Registry, day: date) -> dict[tuple[str, str], list[str]]:
    """Containers in driving order, by circuit and truck."""
    weekday = WEEKDAYS[day.weekday()]
    circuits: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in sorted(registry.baseline, key=lambda row: (row.circuit, row.position)):
        if weekday in row.weekdays:
            circuits[row.circuit, row.truck].append(row.container)
    return dict(circuits)
