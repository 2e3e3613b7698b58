"""Compact and balanced, from the operator's sliders to the solver's prices, and what they came to."""

from statistics import fmean

import routing
from routing.check import shares_apart
from services.city.registry import Registry
from services.contracts.planning import PlanDay, Sliders
from services.planning.problem import circuits_of, totals_of
from services.planning.quarters import KnownBy

APART_STOPS = 0.5
"""At full, a stop whose neighbours are all elsewhere costs half of what emptying one costs on average. Chosen."""
STRANGE_STOPS = 0.25
"""At full, a stop of a crew that does not know it though another does costs a quarter of the same. Chosen: compact
circuits first, then whose they are."""
LONG_HOURS = 2.0
"""At full, an hour beyond the mean duty costs what two hours of a circuit cost on average. Chosen."""


def are_asked(order: PlanDay) -> bool:
    return order.compact > 0 or order.balanced > 0


def preferences_of(
    order: PlanDay, problem: routing.Problem, cheapest: routing.Solution, known: KnownBy
) -> routing.Preferences:
    """The sliders as prices, by what the cheapest plan of the day costs: the same in every city and currency."""
    left_out = {row.id for row in cheapest.unserved}
    prizes = sum(stop.prize for stop in problem.stops if stop.id in left_out and not stop.required)
    stops = sum(len(route.stop_ids) for route in cheapest.routes)
    hours = cheapest.duty_s / 3600
    spent = max(0.0, cheapest.cost - prizes)
    compact = order.compact * spent / stops if stops else 0.0
    return routing.Preferences(
        compact=APART_STOPS * compact,
        balanced=order.balanced * LONG_HOURS * spent / hours if hours else 0.0,
        even_duty_s=round(fmean(route.duty_s for route in cheapest.routes)) if cheapest.routes else 0,
        familiar=routing.Familiarity(known, STRANGE_STOPS * compact),
    )


def preferences_again(sliders: Sliders | None, known: KnownBy) -> routing.Preferences | None:
    """What a plan was asked to be, for a search that goes on from it."""
    if sliders is None:
        return None
    familiar = routing.Familiarity(known, sliders.strange_price)
    return routing.Preferences(sliders.compact_price, sliders.balanced_price, sliders.even_duty_s, familiar)


def told(
    order: PlanDay,
    preferences: routing.Preferences,
    made: tuple[routing.Problem, routing.Solution],
    cheapest: tuple[routing.Problem, routing.Solution],
    registry: Registry,
) -> Sliders:
    """What they came to: each plan beside the problem on whose roads it is told."""
    problem, solution = cheapest
    known: KnownBy = {} if preferences.familiar is None else preferences.familiar.known_by
    own, own_without = _own(made[1], known), _own(solution, known)
    return Sliders(
        compact=order.compact,
        balanced=order.balanced,
        compact_price=preferences.compact,
        balanced_price=preferences.balanced,
        even_duty_s=preferences.even_duty_s,
        without=totals_of(circuits_of(solution, problem, order.day, registry)),
        apart_ratio=_apart(*made),
        apart_ratio_without=_apart(*cheapest),
        longest_s=_longest_s(made[1]),
        longest_s_without=_longest_s(solution),
        strange_price=0.0 if preferences.familiar is None else preferences.familiar.price,
        own_stops=own[0],
        known_stops=own[1],
        own_stops_without=own_without[0],
        known_stops_without=own_without[1],
    )


def _apart(problem: routing.Problem, solution: routing.Solution) -> float:
    shares, served = shares_apart(problem, solution), [stop for route in solution.routes for stop in route.stop_ids]
    return round(fmean(shares.get(stop, 0.0) for stop in served), 4) if served else 0.0


def _own(solution: routing.Solution, known: KnownBy) -> tuple[int, int]:
    """Stops whose own crew knows them, and those that any crew knows."""
    served = [(stop, route.vehicle) for route in solution.routes for stop in route.stop_ids if stop in known]
    return sum(truck in known[stop] for stop, truck in served), len(served)


def _longest_s(solution: routing.Solution) -> int:
    return max((route.duty_s for route in solution.routes), default=0)
