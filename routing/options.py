"""What a caller may tell the search beyond the problem: parts to leave out, and which crew knows which stop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from routing.errors import RoutingError
from routing.solution import Solution

PARTS = ("ortools", "pyvrp", "own-moves", "decomposition", "enumeration")


@dataclass(frozen=True, slots=True)
class SolverOptions:
    """Parts `without` which to search.

    They are OR-Tools' polishing, PyVRP going on from our plan, moves of trips and fleet, cuts into districts, and
    trying everything where that is little.
    """

    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if unknown := self.without - set(PARTS):
            raise RoutingError(f"no part of the search is called {sorted(unknown)}: expected any of {', '.join(PARTS)}")


@dataclass(frozen=True, slots=True)
class Familiarity:
    """A price, in money, for each stop served by another vehicle than the one whose crew knows it.

    `known_by` leads from stop id to vehicle id; stops a problem does not have are ignored, so yesterday's will do. The
    search minimises it together with the cost; it is no part of `Solution.cost`. Raises `RoutingError` for a
    price that is negative or no number.
    """

    known_by: Mapping[str, str]
    price: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.price) and self.price >= 0):
            raise RoutingError(f"a price of familiarity of {self.price}: expected money, 0 or more")

    @classmethod
    def of(cls, plan: Solution, price: float) -> Familiarity:
        """Each stop is known by the vehicle that serves it in this plan."""
        return cls({stop: route.vehicle for route in plan.routes for stop in route.stop_ids}, price)

    def taken_away(self, plan: Solution) -> tuple[str, ...]:
        """Stops this plan gives to another vehicle than the one that knows them, in the order of its routes."""
        return tuple(
            stop
            for route in plan.routes
            for stop in route.stop_ids
            if self.known_by.get(stop, route.vehicle) != route.vehicle
        )

    def money(self, plan: Solution) -> float:
        """What the search charged for the stops taken away, beyond `plan.cost`."""
        return self.price * len(self.taken_away(plan))
