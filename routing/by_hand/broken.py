"""The rules that a circuit breaks, each with its amount: what `routing.check` says in words, for other words.

Shares nothing with the judge; the tests hold the two against each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from routing.explain.untimed import UntimedRoute, may_serve
from routing.limits import AMOUNTS, METRES, SECONDS, Over, of_visits, total
from routing.problem import DisposalSite, Stop, Window
from routing.solution import Route, VisitKind

Rule = Literal[
    "load_kg", "load_l", "trips", "stops", "day_kg", "day_l", "distance", "duty", "time",
    "window", "site_hours", "site_closed", "site_refuses", "not_carried", "not_allowed", "break", "loaded_home",
]  # fmt: skip
"""The names of `routing.limits`, and what is no amount: hours of a stop or site, streams, who may come, the break."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that the vehicle's circuit breaks. `over` in the limit's unit, seconds late for hours; 0 for yes or no.

    `place` is the stop or disposal site where it breaks; None where it is the whole duty.
    """

    vehicle: str
    rule: Rule
    over: float = 0.0
    place: str | None = None


NAMES: dict[str, Rule] = {
    "load_kg": "load_kg", "load_l": "load_l", "trips": "trips", "stops": "stops", "day_kg": "day_kg",
    "day_l": "day_l", "distance": "distance", "duty": "duty",
}  # fmt: skip


def broken_by(untimed: UntimedRoute, route: Route) -> tuple[Broken, ...]:
    """Every rule that this route breaks, in the order in which a day meets them. `untimed` are its places."""
    if untimed.is_parked():
        return ()
    return (*_at_visits(untimed, route), *_of_trips(untimed), *_of_duty(untimed, route), *_of_break(untimed, route))


def _at_visits(untimed: UntimedRoute, route: Route) -> Iterator[Broken]:
    vehicle = untimed.vehicle
    visits = [visit for visit in route.visits if visit.kind is not VisitKind.BREAK]
    for place, visit in zip(untimed.places, visits, strict=True):
        if isinstance(place, Stop):
            if place.stream not in vehicle.streams:
                yield Broken(vehicle.id, "not_carried", place=place.id)
            elif not may_serve(vehicle, place):
                yield Broken(vehicle.id, "not_allowed", place=place.id)
            if place.windows and not _is_inside(place.windows, visit.start_s):
                yield Broken(vehicle.id, "window", _late_s(place.windows, visit.start_s), place.id)
        elif isinstance(place, DisposalSite):
            if not place.open:
                yield Broken(vehicle.id, "site_closed", place=place.id)
            elif not _is_inside(place.open, visit.start_s):
                yield Broken(vehicle.id, "site_hours", _late_s(place.open, visit.start_s), place.id)


def _of_trips(untimed: UntimedRoute) -> Iterator[Broken]:
    vehicle = untimed.vehicle
    trips = untimed.trips()
    for stops, site in trips:
        for limit in AMOUNTS:
            if limit.over is Over.TRIP:
                over = of_visits(limit.counts, stops) - limit.most(vehicle)
                if over > limit.counts.tolerance:
                    yield Broken(vehicle.id, NAMES[limit.name], over, site.id)
        if site.streams and {stop.stream for stop in stops} - site.streams:
            yield Broken(vehicle.id, "site_refuses", place=site.id)
    unloaded = sum(len(stops) for stops, _ in trips)
    if unloaded < sum(isinstance(place, Stop) for place in untimed.places):
        yield Broken(vehicle.id, "loaded_home")


def _of_duty(untimed: UntimedRoute, route: Route) -> Iterator[Broken]:
    vehicle = untimed.vehicle
    for limit in AMOUNTS:
        if limit.over is Over.DUTY and limit.most(vehicle) < math.inf:
            used = total(limit.counts, untimed.places, untimed.roads, route.duty_s)
            over = used - limit.most(vehicle)
            # Metres and seconds are whole; a limit of them holds to the metre and second.
            if over > (0 if limit.counts in (METRES, SECONDS) else limit.counts.tolerance):
                yield Broken(vehicle.id, NAMES[limit.name], over)
    late_s = max(route.visits[-1].arrive_s - vehicle.shift[1], vehicle.shift[0] - route.visits[0].leave_s)
    if late_s > 0:
        yield Broken(vehicle.id, "time", late_s)


def _of_break(untimed: UntimedRoute, route: Route) -> Iterator[Broken]:
    rest, visits = untimed.vehicle.rest, route.visits
    if rest is None or not visits[0].leave_s < rest.window[1] < visits[-1].arrive_s:
        return
    opens_s, closes_s = rest.window
    taken = (visit for visit in visits if visit.kind is VisitKind.BREAK)
    if not any(v.leave_s - v.start_s >= rest.duration_s and opens_s <= v.start_s <= closes_s for v in taken):
        yield Broken(untimed.vehicle.id, "break")


def _is_inside(windows: tuple[Window, ...], at_s: int) -> bool:
    return any(from_s <= at_s <= to_s for from_s, to_s in windows)


def _late_s(windows: tuple[Window, ...], at_s: int) -> int:
    """Since the last window closed before it; until the first opens where none has closed yet."""
    closed = [at_s - to_s for _, to_s in windows if to_s < at_s]
    return min(closed) if closed else min(from_s - at_s for from_s, _ in windows)
