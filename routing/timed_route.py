"""From places in their order to a timed route: what the scheduler is told, and the visits its best timing means.

Whoever knows the order of a vehicle's places, the search as much as the explanation, gets its times here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from routing.problem import Depot, DisposalSite, Problem, Stop, Vehicle, Window
from routing.schedule import Legs, Timing, best_timing
from routing.solution import Route, Visit, VisitKind

type Place = Stop | DisposalSite | Depot


def timed_route(problem: Problem, vehicle: Vehicle, places: Sequence[Place]) -> Route | None:
    """Return the route past these places, depot to depot, at its best timing; None when it cannot be driven in time."""
    legs = legs_of(problem, vehicle, places)
    timing = best_timing(legs, vehicle.shift, vehicle.rest)
    return None if timing is None else route_at(vehicle, places, legs, timing)


def route_at(vehicle: Vehicle, places: Sequence[Place], legs: Legs, timing: Timing) -> Route:
    """Return the route past these places as it is timed, the break included."""
    visits: list[Visit] = []
    for at, (place, start_s) in enumerate(zip(places, timing.start_s, strict=True)):
        arrive_s = visits[-1].leave_s + legs.travel_s[at - 1] if at else start_s
        visits.append(Visit(kind_of(place), place.id, arrive_s, start_s, start_s + legs.service_s[at]))
        if at == timing.rest_after:
            visits.append(_break(vehicle, timing, visits[-1].leave_s))
    return Route(vehicle.id, tuple(visits))


def legs_of(problem: Problem, vehicle: Vehicle, places: Sequence[Place]) -> Legs:
    """Return driving, service and windows as the scheduler wants them."""
    drive_s = problem.matrices[vehicle.profile].duration_s
    return Legs(
        [int(drive_s[here.location, there.location]) for here, there in pairwise(places)],
        [service_of(place) for place in places],
        [windows_of(place) for place in places],
    )


def service_of(place: Place) -> int:
    """Return seconds of service there; a depot has none."""
    return 0 if isinstance(place, Depot) else place.service_s


def windows_of(place: Place) -> tuple[Window, ...]:
    """Return when service may start there; nothing means any time."""
    if isinstance(place, Depot):
        return ()
    return place.windows if isinstance(place, Stop) else place.open


def kind_of(place: Place) -> VisitKind:
    if isinstance(place, Stop):
        return VisitKind.STOP
    return VisitKind.DISPOSAL if isinstance(place, DisposalSite) else VisitKind.DEPOT


def _break(vehicle: Vehicle, timing: Timing, arrive_s: int) -> Visit:
    rest, start_s = vehicle.rest, timing.rest_start_s
    assert rest is not None  # noqa: S101 - the timing placed this break
    assert start_s is not None  # noqa: S101 - `rest_after` and `rest_start_s` come together
    return Visit(VisitKind.BREAK, "break", arrive_s, start_s, start_s + rest.duration_s)
