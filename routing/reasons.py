"""Why a stop is left out, found out truthfully: first what no plan could do, then what this plan cannot.

- no vehicle at all, none with room for the stop, or (for stops that could be served alone) a fleet whose trips or
  hours are used up: `no_capacity`;
- vehicles, but none carries its stream or is on its list: `no_vehicle_allowed`;
- no open site takes its waste, or none is open when a truck could get there: `disposal_closed`;
- its windows (or the shifts) do not let any allowed vehicle serve it and be back: `window_unreachable`;
- an optional stop that would fit, dearer than its prize: `prize_below_cost`;
- a required stop that could be served alone, in a fleet not proven too small: `time_limit`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from routing.draft import NOBODY, WIDE_LOOK, Draft
from routing.instance import INFINITE, Instance, Truck
from routing.schedule import best_timing
from routing.solution import Reason, Unserved
from routing.tour import build_tour, legs_of


def left_out(draft: Draft, final: bool) -> tuple[Unserved, ...]:
    """Reasons for every stop nobody serves. Unless `final`, optional stops are simply said not to pay."""
    instance = draft.instance
    ids = [stop.id for stop in instance.problem.stops]
    missing = [stop for stop in range(instance.stops) if draft.where[stop] == NOBODY]
    too_small = _fleet_too_small(instance) if final else False
    return tuple(Unserved(ids[stop], _reason(draft, stop, final, too_small)) for stop in missing)


def _reason(draft: Draft, stop: int, final: bool, too_small: bool) -> Reason:
    instance = draft.instance
    alone = _alone(instance, stop)
    if alone is not None:
        return alone
    if instance.required[stop]:
        return Reason.NO_CAPACITY if too_small else Reason.TIME_LIMIT
    if not final or not instance.worth[stop]:
        return Reason.PRIZE_BELOW_COST
    fits = draft.copy().serve(stop, INFINITE, WIDE_LOOK)
    return Reason.PRIZE_BELOW_COST if fits else Reason.NO_CAPACITY


def _alone(instance: Instance, stop: int) -> Reason | None:
    """Say why no vehicle could serve this stop even on a day of its own; None when one could."""
    if not instance.trucks:
        return Reason.NO_CAPACITY
    allowed = [truck for truck in instance.trucks if truck.can[stop]]
    if not allowed:
        return Reason.NO_VEHICLE_ALLOWED
    able = list({truck.kind: truck for truck in allowed if _holds(instance, truck, stop)}.values())
    if not able:
        return Reason.NO_CAPACITY
    pairs = [(t, site) for t in able for site in t.sites if instance.stream[stop] & instance.accepts[site]]
    if not pairs:
        return Reason.DISPOSAL_CLOSED
    if any(build_tour(instance, truck, [truck.start, stop, site, truck.end]) for truck, site in pairs):
        return None
    return _what_shuts(instance, stop, pairs)


def _what_shuts(instance: Instance, stop: int, pairs: list[tuple[Truck, int]]) -> Reason:
    """Which windows make the solo duties impossible: those of the sites, if leaving them away would help."""
    for truck, site in pairs:
        legs = legs_of(instance, truck, [truck.start, stop, site, truck.end])
        always_open = replace(legs, windows=[(), instance.windows[stop], (), ()])
        if best_timing(always_open, (truck.from_s, truck.to_s), truck.rest) is not None:
            return Reason.DISPOSAL_CLOSED
    return Reason.WINDOW_UNREACHABLE


def _holds(instance: Instance, truck: Truck, stop: int) -> bool:
    kg, litres = instance.kg[stop], instance.l[stop]
    return kg <= min(truck.kg, truck.day_kg) and litres <= min(truck.l, truck.day_l)


def _fleet_too_small(instance: Instance) -> bool:
    """Prove, if it can be, that the required stops exceed the fleet's trips or hours, whatever the plan."""
    required = [stop for stop in range(instance.stops) if instance.required[stop] and _alone(instance, stop) is None]
    kg, litres = sum(instance.kg[stop] for stop in required), sum(instance.l[stop] for stop in required)
    trips = [(truck, _most_trips(instance, truck)) for truck in instance.trucks]
    hours_s = sum(truck.to_s - truck.from_s for truck in instance.trucks)
    return (
        kg > sum(min(truck.day_kg, count * truck.kg) for truck, count in trips)
        or litres > sum(min(truck.day_l, count * truck.l) for truck, count in trips)
        or len(required) > sum(truck.max_stops for truck in instance.trucks)
        or sum(instance.service_s[stop] for stop in required) > hours_s
    )


def _most_trips(instance: Instance, truck: Truck) -> int:
    """Bound the disposal visits of one duty: each takes at least the shortest unloading and the drive to get there."""
    if not truck.sites:
        return 0
    served = [stop for stop in range(instance.stops) if truck.can[stop]]
    drives = [truck.drive_s[stop][site] for stop, site in product(served, truck.sites)]
    shortest_s = max(1, min(instance.service_s[site] for site in truck.sites) + min(drives, default=0))
    return int(min(truck.max_trips, (truck.to_s - truck.from_s) // shortest_s))
