"""Put a stop into a circuit, take one out, avoid a site: the rest of the order stays as it is."""

from __future__ import annotations

from dataclasses import dataclass

from routing.by_hand.drive import Driven, drive
from routing.errors import PlanError
from routing.explain.left_out import Host, cheapest_try, tries_by_road
from routing.explain.stops import without_place
from routing.explain.untimed import UntimedRoute
from routing.problem import DisposalSite, Stop
from routing.timed_route import Place


@dataclass(frozen=True, slots=True)
class Before:
    """The place in a circuit's order: before a stop of it, or (None) as the last of all."""

    stop_id: str | None


AT_BEST = "at best"
"""Where it costs least, keeping the rules if any place does."""
type Where = Before | str

MOST_BROKEN = 5
"""Places that are looked at where none keeps the rules, the cheapest by road: the one that breaks least is taken."""


def take_out(untimed: UntimedRoute, stop_id: str) -> UntimedRoute:
    """Without the stop, and without its trip's unloading when nothing is left to unload. Raises `PlanError`."""
    return without_place(untimed, _position(untimed, stop_id))


def put_in(untimed: UntimedRoute, stop: Stop, where: Where = AT_BEST) -> UntimedRoute:
    """With the stop at that place; in a trip of its own where the vehicle is parked.

    Raises `PlanError` where there is no such stop to go before, or no site to unload at.
    """
    if isinstance(where, Before) and not untimed.is_parked():
        at = _last_place(untimed) if where.stop_id is None else _position(untimed, where.stop_id)
        return _with(untimed, at, (stop,))
    return best_place(drive(untimed), stop).untimed


def best_place(now: Driven, stop: Stop) -> Driven:
    """The circuit with the stop where it costs least, exactly; where every place breaks a rule, where it breaks least.

    `now` is the circuit as it is. Raises `PlanError` where the vehicle is parked and no open site takes the stop's
    waste.
    """
    untimed = now.untimed
    host = Host(untimed, now.bill)
    found = cheapest_try(untimed.problem, [host], stop)
    if found is not None:
        return drive(found[0].longer())
    tries = tries_by_road(host, stop)
    if not tries:
        raise PlanError(f"no open disposal site takes the {stop.stream} of {stop.id}")
    return min((drive(one.longer()) for one in tries[:MOST_BROKEN]), key=_worth)


def without_site(untimed: UntimedRoute, site_id: str) -> UntimedRoute:
    """Unload elsewhere, or here when it opens again, wherever it would at this site: whatever breaks and costs least.

    As it is where no site is open that takes the trip's waste.
    """
    sites = untimed.problem.disposal_sites
    for at, place in enumerate(untimed.places):
        if isinstance(place, DisposalSite) and place.id == site_id:
            open_ones = [site for site in sites if site.open and _takes_trip(untimed, at, site)]
            ways = [untimed.with_places([*untimed.places[:at], s, *untimed.places[at + 1 :]]) for s in open_ones]
            if ways:
                untimed = min(map(drive, ways), key=_worth).untimed
    return untimed


def _worth(driven: Driven) -> tuple[int, float, float]:
    return len(driven.broken), sum(row.over for row in driven.broken), driven.bill.cost


def _position(untimed: UntimedRoute, stop_id: str) -> int:
    for at, place in enumerate(untimed.places):
        if isinstance(place, Stop) and place.id == stop_id:
            return at
    raise PlanError(f"{stop_id} is not in the circuit of {untimed.vehicle.id}")


def _last_place(untimed: UntimedRoute) -> int:
    """Before the last unloading; before the depot where nothing is unloaded."""
    places = untimed.places
    return max((at for at, place in enumerate(places) if isinstance(place, DisposalSite)), default=len(places) - 1)


def _with(untimed: UntimedRoute, at: int, places: tuple[Place, ...]) -> UntimedRoute:
    return untimed.with_places([*untimed.places[:at], *places, *untimed.places[at:]])


def _takes_trip(untimed: UntimedRoute, at: int, site: DisposalSite) -> bool:
    streams: set[str] = set()
    for place in reversed(untimed.places[:at]):
        if isinstance(place, DisposalSite):
            break
        if isinstance(place, Stop):
            streams.add(place.stream)
    return not site.streams or streams <= site.streams
