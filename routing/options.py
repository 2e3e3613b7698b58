"""What a caller may tell the search beside the problem: parts to leave out, who knows which stop, what it likes."""

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


COMPANY = 6
"""Nearest stops of each, by metres there and back on the roads of the first profile, with which it should be served."""


@dataclass(frozen=True, slots=True)
class Familiarity:
    """A price, in money, for each stop served by another vehicle than those whose crews know it.

    `known_by` leads from stop id to vehicle ids; a stop nobody knows costs nothing, and stops a problem does not have
    are ignored, so yesterday's will do. The search minimises it together with the cost; it is no part of
    `Solution.cost`. Raises `RoutingError` for a price that is negative or no number.
    """

    known_by: Mapping[str, frozenset[str]]
    price: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.price) and self.price >= 0):
            raise RoutingError(f"a price of familiarity of {self.price}: expected money, 0 or more")

    @classmethod
    def of(cls, plan: Solution, price: float) -> Familiarity:
        """Each stop is known by the vehicle that serves it in this plan."""
        return cls({stop: frozenset({route.vehicle}) for route in plan.routes for stop in route.stop_ids}, price)

    def taken_away(self, plan: Solution) -> tuple[str, ...]:
        """Stops this plan gives to another vehicle than those that know them, in the order of its routes."""
        return tuple(
            stop
            for route in plan.routes
            for stop in route.stop_ids
            if stop in self.known_by and route.vehicle not in self.known_by[stop]
        )

    def money(self, plan: Solution) -> float:
        """What the search charged for the stops taken away, beyond `plan.cost`."""
        return self.price * len(self.taken_away(plan))


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a plan should be like beside cheap, each at a price in money; at 0 it is not looked at.

    `compact`: what a stop costs of which its circuit serves none of the `COMPANY` nearest stops; where it serves some,
    the share of the others. A stop left out costs as much as one alone, so that nobody is left out for it. `balanced`:
    what an hour costs by which a circuit's duty is longer than `even_duty_s`. `familiar`: what a stop costs that
    another crew empties than those that know it; one left out that somebody knows costs as much, for the same reason.

    The search minimises all together with the cost, and `routing.check` counts them; they are no part of
    `Solution.cost`. Raises `RoutingError` for a price that is negative or no number.
    """

    compact: float = 0.0
    balanced: float = 0.0
    even_duty_s: int = 0
    familiar: Familiarity | None = None

    def __post_init__(self) -> None:
        for name, price in (("compact", self.compact), ("balanced", self.balanced)):
            if not (math.isfinite(price) and price >= 0):
                raise RoutingError(f"a price {price} of {name}: expected money, 0 or more")

    def money(self, apart: float, long_s: float, strange: int = 0) -> float:
        """What the search charges for what `routing.check` counts: `Verdict.apart`, `.long_s` and `.strange`."""
        unknown = 0.0 if self.familiar is None else self.familiar.price * strange
        return self.compact * apart + self.balanced * long_s / 3600 + unknown
