"""Give each leg the speeds of the hour it is driven in, once a first plan says when that is.

A problem has one matrix for each profile, without an hour. But a place is left once a day, by one truck: so the row of
a place can be that of the hour in which the first plan leaves it. A search that starts from that plan moves few visits
to another hour; what it moves by minutes across the edge of a band keeps the speeds of the band before.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

import routing
from services.city.registry import Container, Registry
from services.planning.problem import shift_of
from services.roads.reach import city_places
from services.roads.roads import Places, Roads, RoadVehicle, road_vehicle
from services.roads.speeds import BAND_HOURS, band_shares

type Departures = dict[int, dict[int, float]]
"""By location, how much of the times it is left fall into each band; sums to 1."""


def at_driven_hours(
    problem: routing.Problem, plan: routing.Solution, registry: Registry, due: Sequence[str], roads: Roads
) -> routing.Problem:
    """The problem with the row of every place that the plan leaves as it is at that hour.

    `due` are the containers in the order in which the problem was made of them. A depot or disposal site that is left
    more than once has the mean of its hours; a place that the plan does not visit keeps the hours of the shift.
    """
    vehicles = _vehicles_with_hours(registry, roads)
    containers = {container.id: container for container in registry.containers}
    chosen: list[Container] = [containers[id_] for id_ in due]
    places = city_places(registry, chosen)[1]
    departures = departures_of(problem, plan)
    matrices = {
        name: _at_hours(matrix, vehicles[name], departures, roads, places) if name in vehicles else matrix
        for name, matrix in problem.matrices.items()
    }
    return replace(problem, matrices=matrices)


def knows_hours(registry: Registry, roads: Roads) -> bool:
    """Tell whether a truck of this city finds other roads from one hour to another."""
    return bool(_vehicles_with_hours(registry, roads))


def departures_of(problem: routing.Problem, plan: routing.Solution) -> Departures:
    """When each location is left."""
    located = {
        (kind, place.id): place.location
        for kind, rows in (("depot", problem.depots), ("disposal", problem.disposal_sites), ("stop", problem.stops))
        for place in rows
    }
    counts: Departures = defaultdict(lambda: defaultdict(float))
    for route in plan.routes:
        here = None
        for visit, after in zip(route.visits, route.visits[1:], strict=False):
            here = located.get((visit.kind.value, visit.id), here)  # after a break the truck drives on from where it is
            if here is None or after.kind is routing.VisitKind.BREAK:
                continue
            for band, share in band_shares((visit.leave_s, visit.leave_s)).items():
                counts[here][band] += share
    return {
        here: {band: count / sum(bands.values()) for band, count in bands.items()} for here, bands in counts.items()
    }


def _vehicles_with_hours(registry: Registry, roads: Roads) -> Mapping[str, RoadVehicle]:
    """By name of its matrix, each vehicle whose roads differ from hour to hour."""
    classes = {truck_class.id: truck_class for truck_class in registry.truck_classes}
    vehicles = [road_vehicle(classes[t.truck_class], shift_of(t)) for t in registry.trucks if t.in_service]
    named = {roads.name(vehicle): vehicle for vehicle in vehicles}
    return {name: v for name, v in named.items() if name != roads.name(replace(v, hours=None))}


def _at_hours(
    matrix: routing.Matrix, vehicle: RoadVehicle, departures: Departures, roads: Roads, places: Places
) -> routing.Matrix:
    """One profile's matrix, band by band: a single further table is in memory at a time."""
    left = sorted(departures)
    metres, seconds = np.zeros((2, len(left), len(places)))
    for band in sorted({band for bands in departures.values() for band in bands}):
        hours = BAND_HOURS[band] * 3600, BAND_HOURS[band + 1] * 3600
        table = roads.table(replace(vehicle, hours=hours), places).matrix()
        shares = np.array([departures[here].get(band, 0.0) for here in left])[:, None]
        metres += shares * table.distance_m[left]
        seconds += shares * table.duration_s[left]
    distance_m, duration_s = matrix.distance_m.copy(), matrix.duration_s.copy()
    distance_m[left], duration_s[left] = np.rint(metres), np.ceil(seconds - 1e-6)
    return routing.Matrix(distance_m, duration_s)
