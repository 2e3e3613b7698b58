"""Containers and circuits of a plan as GeoJSON."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, get_args

from services.city.registry import City
from services.contracts.planning import Circuit, PlanMade
from services.store.many import many_at_once
from services.web.ground.circuit_lines import CircuitLine
from services.web.operator.fill import FillState, fill_state
from services.web.operator.panel import HUES
from services.web.operator.store import ContainerRow
from services.web.rendering.features import Collection, collection_of, feature, point

FILL_STATES: tuple[FillState, ...] = get_args(FillState)
PER_DEGREE = 100_000
"""A metre or less, as the GeoJSON has it."""


def serving_costs(plan: PlanMade) -> dict[str | None, float]:
    """What serving each container costs, or would cost at least where it is left out, in the plan's currency."""
    extras = [(stop.place, stop.marginal_cost) for circuit in plan.circuits for stop in circuit.stops]
    extras += [(row.container, row.cheapest_place_cost) for row in plan.unserved]
    return {container: extra.cost for container, extra in extras if extra}


@many_at_once()
def containers_geojson(city: City, containers: list[ContainerRow], plan: PlanMade | None, now: datetime) -> Collection:
    forecasts = {f.container: f for f in plan.forecasts} if plan else {}
    circuit_of = {stop.place: circuit.number for circuit in plan.circuits for stop in circuit.stops} if plan else {}
    costs = serving_costs(plan) if plan else {}
    full_at = city.planning.full_at_fill_ratio
    features = []
    for row in containers:
        forecast = forecasts.get(row.container_id)
        properties = {
            "id": row.container_id,
            "name": row.name,
            "zone": row.zone_name,
            "state": fill_state(row, forecast, plan.as_of if plan else None, full_at, now),
            "fill_ratio": row.fill_ratio,
            "fill_at": row.fill_at,
            "forecast": round(forecast.fill_ratio, 3) if forecast else None,
            "forecast_low": forecast.fill_low if forecast else None,
            "forecast_high": forecast.fill_high if forecast else None,
            "due": forecast.due if forecast else None,
            "circuit": circuit_of.get(row.container_id),
            "serving_cost": costs.get(row.container_id),
        }
        features.append(feature(row.container_id, properties, point(row.lon, row.lat)))
    return collection_of(features)


@many_at_once()
def containers_in_columns(
    city: City, containers: list[ContainerRow], plan: PlanMade | None, now: datetime
) -> dict[str, Any]:
    """What a map draws of every container, by columns: a seventh of the GeoJSON, for cities of tens of thousands.

    `lon` and `lat` are hundred-thousandths of a degree, each told by its difference to the one before; `state` is a
    digit a container, into `states`; `circuit` is 0 where none takes it.
    """
    forecasts = {f.container: f for f in plan.forecasts} if plan else {}
    circuit_of = {stop.place: circuit.number for circuit in plan.circuits for stop in circuit.stops} if plan else {}
    as_of, full_at = plan.as_of if plan else None, city.planning.full_at_fill_ratio
    states = (fill_state(row, forecasts.get(row.container_id), as_of, full_at, now) for row in containers)
    return {
        "states": FILL_STATES,
        "id": [row.container_id for row in containers],
        "name": [row.name for row in containers],
        "lon": _differences(round(row.lon * PER_DEGREE) for row in containers),
        "lat": _differences(round(row.lat * PER_DEGREE) for row in containers),
        "state": "".join(str(FILL_STATES.index(state)) for state in states),
        "circuit": [circuit_of.get(row.container_id, 0) for row in containers],
    }


def _differences(values: Iterable[int]) -> list[int]:
    last, told = 0, []
    for value in values:
        told.append(value - last)
        last = value
    return told


def circuits_geojson(plan: PlanMade, lines: Mapping[int, CircuitLine]) -> Collection:
    """One line a circuit; `line` says whether it follows streets (`osm`) or is straight (`estimated`)."""
    return collection_of([_circuit(circuit, lines[circuit.number]) for circuit in plan.circuits])


def _circuit(circuit: Circuit, drawn: CircuitLine) -> dict[str, Any]:
    line = [[round(lon, 5), round(lat, 5)] for lon, lat in drawn.way.line]
    first = next(([v.lon, v.lat] for v in circuit.stops), None)
    properties = {
        "number": circuit.number,
        "truck": circuit.truck,
        "hue": (circuit.number - 1) % HUES + 1,
        "stops": len(circuit.stops),
        "distance_m": circuit.distance_m,
        "fuel_l": circuit.fuel_l,
        "first_stop": first,
        "line": drawn.source,
    }
    return feature(circuit.number, properties, {"type": "LineString", "coordinates": line})
