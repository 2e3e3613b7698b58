"""What it costs to serve each stop of a route, the rest of the route staying as it is."""

from __future__ import annotations

from dataclasses import dataclass

from routing.errors import PlanError
from routing.explain.untimed import Bill, Town, UntimedRoute
from routing.problem import DisposalSite, Problem, Stop
from routing.solution import Route
from routing.timed_route import Place


@dataclass(frozen=True, slots=True)
class StopCost:
    """The marginal cost of a stop: `marginal` = the route's bill as it is - its bill without the stop.

    None where the route without it cannot be driven in time (a break then falls where it delays what follows), or is
    too long (where the way past it is the shorter one).
    `prize` is what serving it spares when it is optional, None when it is required.
    """

    id: str
    vehicle: str
    marginal: Bill | None
    prize: float | None

    @property
    def gain(self) -> float | None:
        """Money that serving this optional stop brings: prize - marginal cost; None where either is unknown."""
        return None if self.prize is None or self.marginal is None else self.prize - self.marginal.cost


def stop_costs(untimed: UntimedRoute, now: Bill) -> tuple[StopCost, ...]:
    """Price every stop of a route that costs `now` as it is."""
    return tuple(
        _stop_cost(untimed, at, place, now) for at, place in enumerate(untimed.places) if isinstance(place, Stop)
    )


def _stop_cost(untimed: UntimedRoute, at: int, stop: Stop, now: Bill) -> StopCost:
    without = without_place(untimed, at).cheapest()
    marginal = None if without is None else now - without
    return StopCost(stop.id, untimed.vehicle.id, marginal, None if stop.required else stop.prize)


def without_place(untimed: UntimedRoute, at: int) -> UntimedRoute:
    """Leave out the stop at position `at`, and its disposal visit too when that would have nothing left to unload."""
    before, after = list(untimed.places[:at]), list(untimed.places[at + 1 :])
    if not isinstance(before[-1], Stop) and after and isinstance(after[0], DisposalSite):
        after = after[1:]
    return untimed.with_places([*before, *after])


def route_without(problem: Problem, route: Route, stop_id: str) -> Route | None:
    """Return the route that a stop's marginal cost compares with, at its best timing.

    None when the vehicle would stay parked. Raises `PlanError` when the route does not serve the stop, or cannot be
    driven without it, in time and within the limits of its vehicle.
    """
    untimed = Town(problem).untimed_of(route)
    at = next((at for at, place in enumerate(untimed.places) if _is_stop(place, stop_id)), None)
    if at is None:
        raise PlanError(f"route of {route.vehicle} does not serve {stop_id}")
    rest = without_place(untimed, at)
    if rest.is_parked():
        return None
    timed = rest.drive() if rest.cheapest() else None
    if timed is None:
        raise PlanError(f"route of {route.vehicle} cannot be driven in time without {stop_id}")
    return timed


def _is_stop(place: Place, stop_id: str) -> bool:
    return isinstance(place, Stop) and place.id == stop_id
