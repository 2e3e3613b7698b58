"""What binds a circuit: what it has left of time, load, trips and stops, and which of them it has least of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from routing.explain.untimed import Bill, UntimedRoute
from routing.limits import LIMITS, SHIFT, TRIPS, Limit, Over, of_visits, total
from routing.problem import Stop, Vehicle, Window
from routing.schedule import Legs, earliest_starts, latest_starts
from routing.solution import Route, Visit, VisitKind
from routing.timed_route import Place, service_of, windows_of

type Dated = tuple[Visit, Place | None]  # the break has no place of its own

WORDS = {limit.name: limit.words for limit in LIMITS}


@dataclass(frozen=True, slots=True)
class Trip:
    """What one trip brings to its disposal site, and what more the vehicle could have held."""

    site: str
    stops: int
    load_kg: float
    load_l: float
    left_kg: float
    left_l: float


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How far a circuit has used one of `routing.limits` up: `used` and `left` in the unit of what it counts.

    `left_ratio` compares limits with each other. For `trips` it is the share of all allowed trips' capacity that is
    free (by weight or volume, whichever is less), since a trip with room is not used up; otherwise left / limit.
    """

    name: str
    used: float
    limit: float
    left: float
    left_ratio: float

    def words(self) -> str:
        """Say it as an operator would."""
        return WORDS[self.name].format(
            used=self.used,
            limit=self.limit,
            left=self.left,
            full=1 - self.left_ratio,
            left_min=self.left // 60,
            left_km=self.left / 1000,
            limit_h=self.limit / 3600,
            limit_km=self.limit / 1000,
        )


@dataclass(frozen=True, slots=True)
class ExplainedCircuit:
    """A route's bill, its trips and limits.

    `delay_s` is how late it may run at any moment of the duty before something closes, `closes_first` what that is:
    the id of a stop or site, `break` or `shift`.
    """

    vehicle: str
    bill: Bill
    trips: tuple[Trip, ...]
    limits: tuple[LimitUse, ...]
    delay_s: int
    closes_first: str

    @property
    def binding(self) -> LimitUse:
        """The limit with the least share left; of equals the first of `LIMITS`."""
        return min(self.limits, key=lambda limit: limit.left_ratio)


def circuit_of(untimed: UntimedRoute, route: Route, bill: Bill) -> ExplainedCircuit:
    """Tell what binds this route."""
    trips = tuple(_trip(untimed.vehicle, stops, site.id) for stops, site in untimed.trips())
    delay_s, closes_first = _delay(untimed, route)
    return ExplainedCircuit(
        untimed.vehicle.id, bill, trips, tuple(_limits(untimed, route, bill)), delay_s, closes_first
    )


def _trip(vehicle: Vehicle, stops: list[Stop], site: str) -> Trip:
    kg, volume_l = sum(stop.demand_kg for stop in stops), sum(stop.demand_l for stop in stops)
    return Trip(site, len(stops), kg, volume_l, vehicle.capacity_kg - kg, vehicle.capacity_l - volume_l)


def _limits(untimed: UntimedRoute, route: Route, bill: Bill) -> Iterator[LimitUse]:
    """Yield the limits the vehicle has, in the order of `LIMITS`."""
    made = route.trips
    for limit in LIMITS:
        most, used = limit.most(untimed.vehicle), _used(limit, untimed, route, bill)
        if limit.over is Over.TRIP:
            most *= made
        if math.isfinite(most):
            left_ratio = _free(untimed, most) if limit.counts is TRIPS else _ratio(used, most)
            yield LimitUse(limit.name, used, most, most - used, left_ratio)


def _used(limit: Limit, untimed: UntimedRoute, route: Route, bill: Bill) -> float:
    """Return what a circuit has come to. Of its shift all is used up that no further work would fit into."""
    if limit is SHIFT:
        return SHIFT.most(untimed.vehicle) - _room_s(untimed, route)
    return total(limit.counts, untimed.places, untimed.roads, bill.duty_s)


def _free(untimed: UntimedRoute, trips: float) -> float:
    """Return the share of so many trips' capacity that is free, by what there is least of."""
    loads = (limit for limit in LIMITS if limit.over is Over.TRIP)
    return min(_ratio(of_visits(load.counts, untimed.places), load.most(untimed.vehicle) * trips) for load in loads)


def _ratio(used: float, limit: float) -> float:
    """Share of a limit that is left; a limit of nothing leaves nothing."""
    return (limit - used) / limit if limit > 0 else 0.0


def _room_s(untimed: UntimedRoute, route: Route) -> int:
    """Return the most extra seconds of work that fit between two visits, order and break staying as they are.

    room = max over visits i of (latest start of i + 1 - driving there - service at i - earliest start of i); work
    after which a break would become due does not count.
    """
    from_s, to_s = _span(untimed.vehicle, route)
    dated = list(_dated(untimed, route))
    legs = _legs(untimed, dated)
    earliest, latest = earliest_starts(legs, from_s), latest_starts(legs, to_s)
    if earliest is None or latest is None:
        return 0
    gaps = (latest[at + 1] - legs.travel_s[at] - legs.service_s[at] - earliest[at] for at in range(len(legs.travel_s)))
    return max(0, *gaps)


def _span(vehicle: Vehicle, route: Route) -> Window:
    """Return the shift, cut where a route that has no break would owe one."""
    from_s, to_s = vehicle.shift
    rest = vehicle.rest
    if rest is None or any(visit.kind is VisitKind.BREAK for visit in route.visits):
        return from_s, to_s
    if route.visits[-1].arrive_s <= rest.window[1]:
        return from_s, min(to_s, rest.window[1])
    return max(from_s, rest.window[1]), to_s


def _dated(untimed: UntimedRoute, route: Route) -> Iterator[Dated]:
    places = iter(untimed.places)
    for visit in route.visits:
        yield visit, None if visit.kind is VisitKind.BREAK else next(places)


def _legs(untimed: UntimedRoute, dated: Iterable[Dated]) -> Legs:
    """Return the legs of the route with its break as a visit on the spot."""
    here, rows, service_s, windows = untimed.places[0].location, list[int](), list[int](), list[tuple[Window, ...]]()
    for visit, place in dated:
        here = here if place is None else place.location
        rows.append(here)
        service_s.append(visit.leave_s - visit.start_s if place is None else service_of(place))
        windows.append(_windows(untimed.vehicle, place))
    drive_s = untimed.problem.matrices[untimed.vehicle.profile].duration_s
    return Legs([int(drive_s[a, b]) for a, b in pairwise(rows)], service_s, windows)


def _windows(vehicle: Vehicle, place: Place | None) -> tuple[Window, ...]:
    if place is not None:
        return windows_of(place)
    return () if vehicle.rest is None else (vehicle.rest.window,)


def _delay(untimed: UntimedRoute, route: Route) -> tuple[int, str]:
    """Return the least time to a closing, and what closes: shift end - being back, or closing - start of service."""
    delays = [(untimed.vehicle.shift[1] - route.visits[-1].arrive_s, "shift")]
    for visit, place in _dated(untimed, route):
        closings = [to_s for from_s, to_s in _windows(untimed.vehicle, place) if from_s <= visit.start_s <= to_s]
        delays += [(to_s - visit.start_s, visit.id) for to_s in closings[:1]]
    return min(delays, key=lambda delay: delay[0])
