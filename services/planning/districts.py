"""From districts of a plan to the messages that carry them, and back. Roads are told by name, never as matrices."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np

import routing
from routing.sharing import District, problem_document, problem_from
from services.city.registry import Registry, RoadEstimate
from services.contracts.districts import (
    DistrictCircuit,
    DistrictOrdered,
    DistrictPlanned,
    DistrictVisit,
    LeftOut,
    RoadProfile,
    StraightLines,
)
from services.errors import TourneeError
from services.planning.problem import shift_of
from services.roads.roads import Places, Roads, RoadVehicle, road_vehicle

MOST_PLACES = 5000
"""Of a district: its matrices then take 200 MB a profile. The planner's have half as many at the most."""
VISIT_KINDS = {"stop": routing.VisitKind.STOP, "disposal": routing.VisitKind.DISPOSAL}


class OtherRoads(TourneeError):
    """This machine has not the roads that a district's problem was made on."""


def profiles_of(registry: Registry, roads: Roads) -> tuple[RoadProfile, ...]:
    """Each kind of vehicle in service by the name of its matrix, as `services.planning.problem` calls it."""
    classes = {truck_class.id: truck_class for truck_class in registry.truck_classes}
    vehicles = [road_vehicle(classes[t.truck_class], shift_of(t)) for t in registry.trucks if t.in_service]
    named = {roads.name(vehicle): vehicle for vehicle in vehicles}
    return tuple(RoadProfile(name=name, **asdict(vehicle)) for name, vehicle in sorted(named.items()))


def lines_of(registry: Registry) -> StraightLines:
    """How this city's roads are estimated."""
    return StraightLines(**registry.city.roads.model_dump())


def road_settings(lines: StraightLines) -> RoadEstimate:
    """The same as a city says it."""
    return RoadEstimate(**lines.model_dump())


def problem_on_roads(order: DistrictOrdered, roads: Roads) -> routing.Problem:
    """The district's problem with matrices of this machine's roads.

    Raises:
        ProblemError: the message holds no problem.
        ValueError: it has too many places, or speaks of some that it does not have.
        OtherRoads: these roads do not know a vehicle of it by its name.
    """
    problem = problem_from(order.problem)
    profiles = {profile.name: _vehicle(profile) for profile in order.profiles}
    if len(problem.locations) > MOST_PLACES:
        raise ValueError(f"{len(problem.locations)} places, at most {MOST_PLACES} in a district")
    places = _places(problem)
    matrices = {}
    for name in sorted({vehicle.profile for vehicle in problem.vehicles}):
        known = roads.name(profiles[name]) if name in profiles else "nothing of the order"
        if known != name:
            raise OtherRoads(f"{name} is {known} on the roads here: build or copy the planner's roads")
        matrices[name] = roads.table(profiles[name], places).matrix()
    return replace(problem, matrices=matrices)


def circuits_of(solution: routing.Solution) -> tuple[DistrictCircuit, ...]:
    """The order of visits of each route."""
    return tuple(
        DistrictCircuit(
            truck=route.vehicle,
            visits=tuple(
                DistrictVisit(kind=v.kind.value, place=v.id) for v in route.visits if v.kind.value in VISIT_KINDS
            ),
        )
        for route in solution.routes
    )


def left_out_of(solution: routing.Solution) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(stop=row.id, reason=row.reason.value) for row in solution.unserved)


def solution_of(problem: str, circuits: Sequence[DistrictCircuit], left_out: Sequence[LeftOut]) -> routing.Solution:
    """The order of visits as a solution, without times: for `routing.solve` to start from, and `routing.sharing.merge`.

    Raises:
        ValueError: a reason that nobody knows.
    """
    return routing.Solution(
        problem,
        tuple(
            routing.Route(
                circuit.truck, tuple(routing.Visit(VISIT_KINDS[h.kind], h.place, 0, 0, 0) for h in circuit.visits)
            )
            for circuit in circuits
        ),
        tuple(routing.Unserved(row.stop, routing.Reason(row.reason)) for row in left_out),
    )


def answer_of(answer: DistrictPlanned, district: District) -> routing.Solution:
    """What a worker says of a district. Raises as `solution_of`."""
    return solution_of(district.problem.name, answer.circuits, answer.left_out)


def contents_of(district: District) -> Mapping[str, object]:
    """The fields of `DistrictOrdered` that say what is to be planned."""
    return {
        "problem": problem_document(district.problem),
        "start": circuits_of(district.start),
        "left_out": left_out_of(district.start),
    }


def _vehicle(profile: RoadProfile) -> RoadVehicle:
    return RoadVehicle(**profile.model_dump(exclude={"name"}))


def _places(problem: routing.Problem) -> Places:
    """Its locations: where a stop is, the truck visits at the kerb."""
    lonlat = np.array([(place.lon, place.lat) for place in problem.locations], dtype=np.float64).reshape(-1, 2)
    at_kerb = np.zeros(len(lonlat), dtype=np.bool_)
    for stop in problem.stops:
        if not 0 <= stop.location < len(lonlat):
            raise ValueError(f"stop {stop.id} at place {stop.location}, one of {len(lonlat)} expected")
        at_kerb[stop.location] = True
    return Places(lonlat, at_kerb)
