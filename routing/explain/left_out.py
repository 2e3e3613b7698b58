"""What it would cost at least to put a stop that is left out into the plan as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import le, sub

from routing.explain.untimed import Bill, UntimedRoute, may_serve
from routing.fuel import litres
from routing.limits import LIMITS, Over, of_visits
from routing.problem import DisposalSite, Problem, Stop
from routing.schedule import earliest_starts, latest_starts, next_start
from routing.solution import Reason
from routing.timed_route import Place, service_of, windows_of

LOADS = tuple(limit for limit in LIMITS if limit.over is Over.TRIP)
type Loads = tuple[float, ...]  # an amount for each of `LOADS`


@dataclass(frozen=True, slots=True)
class Insertion:
    """The cheapest place for a stop left out: into a trip as it is, as a trip of its own, or with a parked vehicle.

    `extra` is the vehicle's bill with it - its bill as it is; None (and no vehicle) when it fits nowhere. `prize` is
    None for a required stop.
    """

    id: str
    reason: Reason | None
    prize: float | None
    vehicle: str | None
    extra: Bill | None


class Host:
    """A route that may take a stop, with its bill as it is, and the room it has at each place.

    `earliest_s` and `latest_s` are starts of service when no break is counted, None when the untimed itself cannot be
    driven; `room` holds the room in the trip that a stop put in before a place would join.
    """

    def __init__(self, untimed: UntimedRoute, now: Bill) -> None:
        legs, (from_s, to_s) = untimed.legs(), untimed.vehicle.shift
        self.untimed, self.now = untimed, now
        self.earliest_s = earliest_starts(legs, from_s)
        self.latest_s = latest_starts(legs, to_s)
        self.least_s = legs.least_s()
        self.room = _room(untimed)

    def holds(self, load: Loads, at: int) -> bool:
        """Tell whether so much may join the trip under way before place `at`: there is one, and room in it."""
        if at >= len(self.room):
            return False
        return all(map(le, load, self.room[at]))


def _loads(stops: Sequence[Stop]) -> Loads:
    return tuple(of_visits(load.counts, stops) for load in LOADS)


def _room(untimed: UntimedRoute) -> list[Loads]:
    """Return what a stop may weigh at most, rounding included, by place, as far as the last disposal visit."""
    most = tuple(load.most(untimed.vehicle) + load.counts.tolerance for load in LOADS)
    room: list[Loads] = [(0.0,) * len(LOADS)]
    for stops, _site in untimed.trips():
        room += [tuple(map(sub, most, _loads(stops)))] * (len(stops) + 1)
    return room


@dataclass(frozen=True, slots=True, eq=False)
class Try:
    """`places` go in before position `at` of the host's route, for `bound` of money or more."""

    bound: float
    host: Host
    at: int
    places: tuple[Place, ...]

    def longer(self) -> UntimedRoute:
        """Return the host's route with `places` in it."""
        untimed = self.host.untimed
        return untimed.with_places([*untimed.places[: self.at], *self.places, *untimed.places[self.at :]])

    def extra(self) -> Bill | None:
        longer = self.longer()
        bill = longer.cheapest() if longer.keeps_counts() else None
        return None if bill is None else bill - self.host.now


def cheapest_insertion(problem: Problem, hosts: Iterable[Host], stop: Stop, reason: Reason | None) -> Insertion:
    """Find the cheapest place, as `cheapest_try` does."""
    prize = None if stop.required else stop.prize
    found = cheapest_try(problem, hosts, stop)
    if found is None:
        return Insertion(stop.id, reason, prize, None, None)
    return Insertion(stop.id, reason, prize, found[0].host.untimed.vehicle.id, found[1])


def cheapest_try(problem: Problem, hosts: Iterable[Host], stop: Stop) -> tuple[Try, Bill] | None:
    """Find the cheapest place exactly, with its extra bill; None where the stop fits nowhere.

    Tries are timed in the order of their bounds, until no bound can win.
    """
    best: tuple[Try, Bill] | None = None
    for one in sorted(_tries(problem, hosts, stop), key=lambda one: one.bound):
        if best is not None and one.bound >= best[1].cost:
            break
        extra = one.extra()
        if extra is not None and (best is None or extra.cost < best[1].cost):
            best = one, extra
    return best


def tries_by_road(host: Host, stop: Stop) -> list[Try]:
    """Return every place in the host's trips and every trip of its own between them, whatever limit breaks.

    The cheapest by road first.
    """
    untimed = host.untimed
    own_trips = [(stop, site) for site in untimed.problem.disposal_sites if _takes(site, stop)]
    tries = list[Try]()
    for at in range(1, len(untimed.places)):
        if at < len(host.room):
            tries.append(Try(_bound(host, at, (stop,)), host, at, (stop,)))
        if not isinstance(untimed.places[at - 1], Stop):
            tries += [Try(_bound(host, at, own_trip), host, at, own_trip) for own_trip in own_trips]
    return sorted(tries, key=lambda one: one.bound)


def _tries(problem: Problem, hosts: Iterable[Host], stop: Stop) -> Iterator[Try]:
    load = _loads([stop])
    own_trips = [(stop, site) for site in problem.disposal_sites if _takes(site, stop)]
    tried = set[object]()
    for host in hosts:
        untimed = host.untimed
        if not may_serve(untimed.vehicle, stop):
            continue
        if untimed.is_parked():  # one parked vehicle of a kind is enough
            kind = replace(untimed.vehicle, id="")
            if kind in tried:
                continue
            tried.add(kind)
        for at in range(1, len(untimed.places)):
            if host.holds(load, at):
                yield from _try(host, at, (stop,))
            if not isinstance(untimed.places[at - 1], Stop):
                for own_trip in own_trips:
                    yield from _try(host, at, own_trip)


def _try(host: Host, at: int, places: tuple[Place, ...]) -> Iterator[Try]:
    """Yield the insertion unless driving alone forbids it."""
    if _fits_in_time(host, at, places):
        yield Try(_bound(host, at, places), host, at, places)


def _bound(host: Host, at: int, places: tuple[Place, ...]) -> float:
    """Bound the extra cost from below: fuel is exact, and no duty is shorter than its driving and service.

    extra >= fixed_cost if parked + fuel_per_l * extra litres
             + crew_per_h * (driving and service with the stop - duty as it is)
    """
    untimed, prices = host.untimed, host.untimed.problem.prices
    stretch = [untimed.places[at - 1], *places, untimed.places[at]]
    away_m, drive_s = _roads_along(untimed, stretch)
    spared_m, spared_s = _roads_along(untimed, [stretch[0], stretch[-1]])
    service_s = sum(service_of(place) for place in places)
    parked = untimed.is_parked()
    fuel_l = litres(untimed.vehicle.fuel, away_m - (0 if parked else spared_m), 1, service_s)
    longer_s = host.least_s + drive_s - spared_s + service_s - host.now.duty_s
    fixed = untimed.vehicle.fixed_cost if parked else 0.0
    return fixed + prices.fuel_per_l * fuel_l + prices.crew_per_h * longer_s / 3600


def _roads_along(untimed: UntimedRoute, places: Iterable[Place]) -> tuple[int, int]:
    """Return metres and seconds of driving from place to place."""
    roads, rows = untimed.problem.matrices[untimed.vehicle.profile], [place.location for place in places]
    distance_m = sum(int(roads.distance_m[here, there]) for here, there in pairwise(rows))
    return distance_m, sum(int(roads.duration_s[here, there]) for here, there in pairwise(rows))


def _fits_in_time(host: Host, at: int, places: tuple[Place, ...]) -> bool:
    """Tell whether windows and shift leave time for it when no break is counted: necessary, and quick to see."""
    if host.earliest_s is None or host.latest_s is None:
        return False
    untimed = host.untimed
    drive_s = untimed.problem.matrices[untimed.vehicle.profile].duration_s
    here, clock = untimed.places[at - 1], host.earliest_s[at - 1] + service_of(untimed.places[at - 1])
    for place in places:
        start_s = next_start(windows_of(place), clock + int(drive_s[here.location, place.location]))
        if start_s is None:
            return False
        here, clock = place, start_s + service_of(place)
    return clock + int(drive_s[here.location, untimed.places[at].location]) <= host.latest_s[at]


def _takes(site: DisposalSite, stop: Stop) -> bool:
    return bool(site.open) and (not site.streams or stop.stream in site.streams)
