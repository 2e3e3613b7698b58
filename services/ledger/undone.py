"""What was due on a day and was left, and what doing it would have burnt: the price of not serving a zone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from services.city.registry import Registry
from services.contracts.planning import ContainerForecast
from services.ledger.driving import Drives, Scale
from services.ledger.fuel import FuelBook
from services.planning.baseline import reached_by
from services.planning.problem import fuel_models, problem_of_day
from services.roads.roads import Roads


def undone_l(
    registry: Registry,
    forecasts: Iterable[ContainerForecast],
    emptied: Collection[str],
    day: date,
    *,
    fuel: FuelBook,
    scale: Scale,
    roads: Roads,
) -> dict[str, float]:
    """Litres, by zone, that a truck of its own would have burnt for the containers that were due and not emptied.

    Never less than what the circuits of the day would have burnt more for them: the thirstiest truck that is in
    service drives there and to a disposal site and does nothing else. So a zone that is left out is always charged
    more than leaving it out spares, whatever it cost the baseline to serve it.

    Args:
        registry: the fleet's part of the city, as it is that day.
        forecasts: with which the day began.
        emptied: that day, by anybody.
        day: of the city's own calendar.
        fuel: the coefficients, the same as of what was driven.
        scale: likewise.
        roads: those of the plan that was driven.
    """
    zones = {container.id: container.zone for container in registry.containers}
    left = [f for f in forecasts if f.due is not None and f.container in zones and f.container not in emptied]
    models = fuel_models(registry)
    burns = {truck.id: fuel.of(truck.id, models[truck.id]) for truck in registry.trucks if truck.in_service}
    if not left or not burns:
        return {}
    problem = problem_of_day(registry, left, day, name=f"left undone {day}", roads=roads)
    thirstiest = max(sorted(burns), key=lambda truck: burns[truck].l_per_km)
    drives, reached = Drives(problem, burns, scale), reached_by(problem, thirstiest)
    of_zone: dict[str, list[str]] = defaultdict(list)
    for forecast in left:
        if forecast.container in reached:
            of_zone[zones[forecast.container]].append(forecast.container)
    depot = next(vehicle.start_depot for vehicle in problem.vehicles if vehicle.id == thirstiest)
    return {
        zone: drives.litres(thirstiest, _nearest_first(drives, thirstiest, depot, stops))
        for zone, stops in of_zone.items()
    }


def _nearest_first(drives: Drives, truck: str, depot: str, stops: Sequence[str]) -> list[str]:
    """Always on to the nearest: a way that anybody could have driven, and seldom the shortest."""
    left, order, here = list(stops), [], ("depot", depot)
    while left:
        metres: Mapping[str, int] = {stop: drives.metres_between(truck, here, ("stop", stop)) for stop in left}
        nearest = min(left, key=lambda stop: (metres[stop], stop))
        left.remove(nearest)
        order.append(nearest)
        here = ("stop", nearest)
    return order
