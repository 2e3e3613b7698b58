"""Where to put a stop: its price on each vehicle at its best place, before anybody puts it there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from routing.by_hand.broken import Broken
from routing.by_hand.drive import Driven, drive
from routing.by_hand.moves import best_place
from routing.errors import PlanError
from routing.explain.untimed import Bill, UntimedRoute
from routing.problem import Stop

MOST_EXCHANGED = 20
"""Optional stops in whose place it is tried, those of the least prize first, where a circuit has no room."""


@dataclass(frozen=True, slots=True)
class PlaceOffer:
    """One vehicle's: `extra` is its circuit's bill with the stop - its bill as it is, at the stop's best place there.

    `broken` are the rules that putting it there breaks and that are not broken as it is; `before` is the stop that it
    would come before, None where it would be the last. `falls_out`: an optional stop whose place it could take without
    breaking anything, of the least prize that was found; None where there is none, or nothing breaks anyway.
    """

    vehicle: str
    extra: Bill
    broken: tuple[Broken, ...]
    before: str | None
    falls_out: str | None = None

    @property
    def fits(self) -> bool:
        return not self.broken


def where_to_put(stop: Stop, circuits: Iterable[UntimedRoute]) -> tuple[PlaceOffer, ...]:
    """Price the stop on each of these circuits, a parked vehicle's included; it may be in none of them.

    What keeps every rule comes first, cheapest first; then by what breaks. A vehicle that no open site serves for this
    waste is left out.
    """
    offers = []
    for circuit in circuits:
        try:
            offers.append(_offer(stop, circuit))
        except PlanError:  # no site takes it: this vehicle has nothing to offer
            continue
    return tuple(sorted(offers, key=_rank))


def _rank(offer: PlaceOffer) -> tuple[int, float, str]:
    return len(offer.broken), offer.extra.cost, offer.vehicle


def _offer(stop: Stop, circuit: UntimedRoute) -> PlaceOffer:
    now = drive(circuit)
    then = best_place(now, stop)
    broken = _newly_broken(now, then)
    falls_out = _falls_out(circuit, stop) if broken and not _is_barred(broken) else None
    return PlaceOffer(circuit.vehicle.id, then.bill - now.bill, broken, _next_stop(then.untimed, stop), falls_out)


def _newly_broken(now: Driven, then: Driven) -> tuple[Broken, ...]:
    before = {(row.rule, row.place): row.over for row in now.broken}
    return tuple(row for row in then.broken if row.over > before.get((row.rule, row.place), -1.0))


def _is_barred(broken: Sequence[Broken]) -> bool:
    """Whether no room would help: the vehicle may not serve it at all."""
    return any(row.rule in ("not_carried", "not_allowed", "site_refuses") for row in broken)


def _falls_out(circuit: UntimedRoute, stop: Stop) -> str | None:
    optional = [
        (place.prize, at, place.id)
        for at, place in enumerate(circuit.places)
        if isinstance(place, Stop) and not place.required
    ]
    for _, at, stop_id in sorted(optional)[:MOST_EXCHANGED]:
        exchanged = circuit.with_places([*circuit.places[:at], stop, *circuit.places[at + 1 :]])
        if exchanged.keeps_counts() and exchanged.cheapest() is not None:
            return stop_id
    return None


def _next_stop(circuit: UntimedRoute, stop: Stop) -> str | None:
    """The stop that follows in the same trip or the next; None where none does."""
    at = next(at for at, place in enumerate(circuit.places) if isinstance(place, Stop) and place.id == stop.id)
    return next((place.id for place in circuit.places[at + 1 :] if isinstance(place, Stop)), None)
