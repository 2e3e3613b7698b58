"""The registry and plans as GeoJSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic_core import to_json

from services.city.registry import City
from services.contracts.planning import Circuit, PlanMade
from services.store.many import many_at_once
from services.web.maps.lines import CircuitLine
from services.web.operator.api import with_etag
from services.web.operator.fill import fill_state
from services.web.operator.panel import HUES
from services.web.store import ContainerRow

Collection = dict[str, Any]


def geojson_answer(request: Request, collection: Collection, cache: str = "no-cache") -> Response:
    return with_etag(request, to_json(collection), "application/geo+json", cache)


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
            "due": forecast.due if forecast else None,
            "circuit": circuit_of.get(row.container_id),
            "serving_cost": costs.get(row.container_id),
        }
        features.append(_feature(row.container_id, properties, "Point", [row.lon, row.lat]))
    return {"type": "FeatureCollection", "features": features}


def sites_geojson(sites: list[tuple[str, dict[str, Any]]]) -> Collection:
    features = [
        _feature(
            site["id"], {"kind": kind, "id": site["id"], "name": site["name"]}, "Point", [site["lon"], site["lat"]]
        )
        for kind, site in sites
    ]
    return {"type": "FeatureCollection", "features": features}


def circuits_geojson(plan: PlanMade, lines: Mapping[int, CircuitLine]) -> Collection:
    """One line a circuit; `line` says whether it follows streets (`osm`) or is straight (`estimated`)."""
    features = [_circuit(circuit, lines[circuit.number]) for circuit in plan.circuits]
    return {"type": "FeatureCollection", "features": features}


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
    return _feature(circuit.number, properties, "LineString", line)


def _feature(feature_id: str | int, properties: dict[str, Any], kind: str, coordinates: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "id": feature_id, "properties": properties, "geometry": geometry}
