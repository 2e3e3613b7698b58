"""What the city's fixed circuits would have cost on a day: the other side of every saving."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import routing
from services.city.registry import WEEKDAYS, Registry
from services.contracts.ledger import DayFigures
from services.contracts.planning import ContainerForecast
from services.domain.problem import fuel_models, problem_of_day


def baseline_of_day(
    registry: Registry, forecasts: Iterable[ContainerForecast], day: date, *, road_factor: float = 1.0
) -> DayFigures | None:
    """Drive the fixed circuits of this weekday with the fills of this day; None where the city gave no circuits.

    The fixed circuits empty every container on their list, full or not: that is what makes them dear. Their trucks
    go to a disposal site whenever the next container would not fit. `road_factor` is what a kilometre of the estimated
    road measures on the real one.
    """
    if not registry.baseline:
        return None
    circuits = _circuits_on(registry, day)
    problem = problem_of_day(registry, forecasts, day, name=f"baseline {day}")
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    known = {stop.id for stop in problem.stops}
    driven = [
        routing.replay_fixed_circuit(problem, truck, [stop for stop in stops if stop in known])
        for (_, truck), stops in circuits.items()
        if truck in vehicles
    ]
    fuels = fuel_models(registry)
    metres = [circuit.distance_m * road_factor for circuit in driven]
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
    )


def _circuits_on(registry: Registry, day: date) -> dict[tuple[str, str], list[str]]:
    """Containers in driving order, by circuit and truck."""
    weekday = WEEKDAYS[day.weekday()]
    circuits: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in sorted(registry.baseline, key=lambda row: (row.circuit, row.position)):
        if weekday in row.weekdays:
            circuits[row.circuit, row.truck].append(row.container)
    return dict(circuits)
