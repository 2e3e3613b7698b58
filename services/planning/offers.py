"""Where to put a container: what the day would cost more or less with it on each truck, before it is put there."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from routing.by_hand import PlaceOffer, drive, take_out, where_to_put
from routing.explain.untimed import Bill, UntimedRoute
from services.contracts.planning import PlanMade
from services.errors import ChangeRefused
from services.planning.plan_ground import Ground, places_of


@dataclass(frozen=True)
class TruckOffer:
    """One truck's. `extra` is what the whole day then costs more (below zero: less) than as it is."""

    truck: str
    circuit: int | None
    """Its circuit's number; None where it stays at the depot as the plan is."""
    extra: Bill
    place: PlaceOffer
    is_its_own: bool
    """Whether the container is on this truck now; `extra` is then what a better place on it would spare."""


def truck_offers(
    plan: PlanMade, container: str, ground: Ground, begun: Collection[str], now: datetime
) -> tuple[TruckOffer, ...]:
    """Every truck that may be changed, those that break nothing first, the cheapest first.

    Raises:
        ChangeRefused: the container is none that any street leads to, or its own circuit is locked or has begun.
    """
    problem = ground.settled(plan.by_hand, now)
    stop = next((row for row in problem.stops if row.id == container), None)
    if stop is None:
        raise ChangeRefused("no_stop", container=container)
    places = places_of(plan, problem)
    held = {*begun, *plan.by_hand.locked}
    own = next((truck for truck, row in places.items() if stop in row.places), None)
    if own in held:
        raise ChangeRefused("circuit_begun" if own in begun else "circuit_locked", truck=own)
    away = {truck for truck in plan.by_hand.parked if truck in places and places[truck].is_parked()}
    spared = Bill()
    if own is not None:
        with_it, places[own] = places[own], take_out(places[own], container)
        spared = drive(with_it).bill - drive(places[own]).bill
    asked = [row for truck, row in places.items() if truck not in held | away]
    numbers = {circuit.truck: circuit.number for circuit in plan.circuits}
    return tuple(
        TruckOffer(offer.vehicle, numbers.get(offer.vehicle), offer.extra - spared, offer, offer.vehicle == own)
        for offer in where_to_put(stop, _one_of_a_kind(asked, numbers))
    )


def _kind(circuit: UntimedRoute) -> object:
    return replace(circuit.vehicle, id="")


def _one_of_a_kind(circuits: list[UntimedRoute], numbers: dict[str, int]) -> list[UntimedRoute]:
    """Of trucks that stay at home and are alike, the first: forty times the same offer helps nobody."""
    seen: set[object] = set()
    found = []
    for circuit in circuits:
        kind = _kind(circuit) if circuit.vehicle.id not in numbers else circuit.vehicle.id
        if kind not in seen:
            seen.add(kind)
            found.append(circuit)
    return found
