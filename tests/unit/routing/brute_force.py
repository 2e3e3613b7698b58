"""What trying everything finds: the fewest required stops left out and the least money, for towns of a few stops.

Shares with the search only the timing of a fixed sequence (`routing.schedule`); prices and loads are summed up here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise, permutations, product

from routing import DisposalSite, Problem, Solution, Stop, Vehicle
from routing.schedule import best_timing
from routing.timed_route import legs_of

type Worth = tuple[int, float]  # required stops left out, money with all prizes left: less of the first comes first


def worth_of(problem: Problem, plan: Solution) -> Worth:
    """What a plan of the solver is worth; it must break no other rule."""
    left = {row.id for row in plan.unserved}
    wrong = [text for text in plan.violations if not text.endswith(": required, left out")]
    assert wrong == [], wrong
    missing = [stop for stop in problem.stops if stop.required and stop.id in left]
    return len(missing), plan.cost + sum(stop.prize for stop in missing)


def best_worth(problem: Problem) -> Worth:
    """The worth of the best plan there is."""
    none = (1 << len(problem.stops)) - 1
    best = {none: _left(problem, none)}  # by the stops still free
    for vehicle in problem.vehicles:
        duties = cheapest_duties(problem, vehicle)
        further = dict(best)
        for free, (missing, money) in best.items():
            for mask, cost in duties.items():
                if mask & ~free:
                    continue
                missed, lost = _left(problem, mask)
                found = (missing - missed, money - lost + cost)
                further[free & ~mask] = min(further.get(free & ~mask, found), found)
        best = further
    return min(best.values())


def _left(problem: Problem, mask: int) -> Worth:
    stops = [stop for number, stop in enumerate(problem.stops) if mask >> number & 1]
    return sum(stop.required for stop in stops), sum(stop.prize for stop in stops)


def cheapest_duties(problem: Problem, vehicle: Vehicle) -> dict[int, float]:
    """Money of the vehicle's cheapest duty for each set of stops it can serve, as bits."""
    able = [number for number, stop in enumerate(problem.stops) if _may_serve(vehicle, stop)]
    most = min(len(able), vehicle.max_stops or len(able))
    cheapest: dict[int, float] = {}
    for count in range(1, most + 1):
        for chosen in combinations(able, count):
            costs = [_cost(problem, vehicle, halts) for halts in _sequences(problem, vehicle, chosen)]
            possible = [cost for cost in costs if cost is not None]
            if possible:
                cheapest[sum(1 << number for number in chosen)] = min(possible)
    return cheapest


def _may_serve(vehicle: Vehicle, stop: Stop) -> bool:
    return stop.stream in vehicle.streams and (stop.vehicles is None or vehicle.id in stop.vehicles)


def _sequences(
    problem: Problem, vehicle: Vehicle, chosen: tuple[int, ...]
) -> Iterator[tuple[Stop | DisposalSite, ...]]:
    """Every order with every way to unload: at some site or none after each stop, at some site after the last."""
    sites = [s for s in problem.disposal_sites if s.open and (not s.streams or s.streams & vehicle.streams)]
    trips = vehicle.max_trips or len(chosen)
    for order in permutations(chosen):
        for after in product([None, *sites], repeat=len(chosen) - 1):
            if sum(site is not None for site in after) + 1 > trips:
                continue
            for last in sites:
                halts: list[Stop | DisposalSite] = []
                for number, site in zip(order, [*after, last], strict=True):
                    halts += [problem.stops[number]] if site is None else [problem.stops[number], site]
                yield tuple(halts)


def _cost(problem: Problem, vehicle: Vehicle, halts: tuple[Stop | DisposalSite, ...]) -> float | None:
    """Money of the duty past these halts at its best timing; None when it breaks a rule."""
    if not _is_loaded_well(vehicle, halts):
        return None
    depots = {depot.id: depot for depot in problem.depots}
    places = [depots[vehicle.start_depot], *halts, depots[vehicle.end_depot]]
    legs = legs_of(problem, vehicle, places)
    timing = best_timing(legs, vehicle.shift, vehicle.rest)
    if timing is None:
        return None
    metres = problem.matrices[vehicle.profile].distance_m
    driven_m = sum(int(metres[here.location, there.location]) for here, there in pairwise(places))
    if vehicle.max_distance_m is not None and driven_m > vehicle.max_distance_m:
        return None
    stops, fuel, prices = [halt for halt in halts if isinstance(halt, Stop)], vehicle.fuel, problem.prices
    litres = fuel.drive_l_per_km * driven_m / 1000 + fuel.per_stop_l * len(stops)
    litres += fuel.idle_l_per_h * sum(legs.service_s) / 3600
    return vehicle.fixed_cost + prices.fuel_per_l * litres + prices.crew_per_h * timing.duty_s / 3600


def _is_loaded_well(vehicle: Vehicle, halts: tuple[Stop | DisposalSite, ...]) -> bool:
    kg = volume_l = day_kg = day_l = 0.0
    streams: set[str] = set()
    for halt in halts:
        if isinstance(halt, Stop):
            kg, volume_l = kg + halt.demand_kg, volume_l + halt.demand_l
            day_kg, day_l = day_kg + halt.demand_kg, day_l + halt.demand_l
            streams.add(halt.stream)
            if kg > vehicle.capacity_kg or volume_l > vehicle.capacity_l:
                return False
        else:
            if halt.streams and streams - halt.streams:
                return False
            kg = volume_l = 0.0
            streams = set()
    limits = ((day_kg, vehicle.day_limit_kg), (day_l, vehicle.day_limit_l))
    return all(limit is None or amount <= limit for amount, limit in limits)
