"""Search a day's plan; where speeds differ from hour to hour, in steps that each tell the next when a leg is driven."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import routing
from services.city.registry import Registry
from services.contracts.planning import PlanDay
from services.planning.driven_hours import at_driven_hours, departures_of, knows_hours
from services.planning.ended import EndedBy, nobody, search_stop
from services.planning.quarters import KnownBy
from services.planning.sharing import FIRST_SHARE, SharedDay, Sharing
from services.planning.sliders import are_asked, preferences_of
from services.roads.roads import Roads

type Improved = Callable[[routing.Solution], None]

FIRST_STEP = 0.6
"""Share of the search on roads of the whole shift. The second step, on those of the hours, starts from its plan."""
CHEAPEST_SHARE = 0.5
"""Share of the search for the cheapest plan where sliders are asked for."""
MOST_RETIMINGS = 4
"""One sets right what comes before the next edge of a band, and a shift crosses three or four."""


@dataclass(frozen=True)
class Found:
    """A plan and the problem on whose roads it is told; where sliders were asked for, the cheapest one of before."""

    problem: routing.Problem
    solution: routing.Solution
    preferences: routing.Preferences | None = None
    cheapest: tuple[routing.Problem, routing.Solution] | None = None


def search(
    problem: routing.Problem,
    order: PlanDay,
    on_improved: Improved | None,
    *,
    registry: Registry,
    due: Sequence[str],
    roads: Roads,
    sharing: Sharing | None = None,
    ended_by: EndedBy = nobody,
    known: KnownBy,
) -> Found:
    """Return the best plan within the order's time. `due` as in `at_driven_hours`.

    When somebody ends the search, it is the best plan found until then, told on its roads like any other. A very large
    day is planned with the workers of `sharing`, on roads of the whole shift; what follows is the planner's own. With
    sliders, the cheapest plan is looked for in the first half, which says what they cost, and then gone on from. With
    or without, trucks that are alike exchange circuits until crews are where they are `known`: that costs nothing.
    """
    clock = _Clock(order.seed, on_improved, ended_by)
    shared_day, timed = SharedDay(order, registry, roads, ended_by), _Timed(clock, registry, due, roads)
    asked = are_asked(order)
    limit_s = CHEAPEST_SHARE * order.time_limit_s if asked else order.time_limit_s
    cheapest = _by_own_crews(*_cheapest(timed, problem, limit_s, shared_day, sharing), known)
    if not asked or not cheapest[1].routes:
        return Found(*cheapest)
    preferences = preferences_of(order, *cheapest, known)
    solution = clock.solve(cheapest[0], order.time_limit_s, cheapest[1], preferences)
    found = _by_own_crews(*timed.settle(cheapest[0], solution, preferences), known)
    return Found(*found, preferences, cheapest)


def _by_own_crews(
    problem: routing.Problem, solution: routing.Solution, known: KnownBy
) -> tuple[routing.Problem, routing.Solution]:
    return problem, routing.with_own_crews(problem, solution, routing.Familiarity(known, 0.0))


def _cheapest(
    timed: "_Timed", problem: routing.Problem, limit_s: float, shared_day: SharedDay, sharing: Sharing | None
) -> tuple[routing.Problem, routing.Solution]:
    clock = timed.clock
    if not timed.knows_hours:
        return problem, _first_plan(clock, problem, limit_s, shared_day, sharing)
    solution = _first_plan(clock, problem, FIRST_STEP * limit_s, shared_day, sharing)
    problem = timed.at_hours_of(problem, solution)
    return timed.settle(problem, clock.solve(problem, limit_s, solution))


def _first_plan(
    clock: "_Clock", problem: routing.Problem, until_s: float, shared_day: SharedDay, sharing: Sharing | None
) -> routing.Solution:
    """On the problem's own roads: alone, or with the workers between a first plan and a last look of the planner's."""
    workers = sharing.workers_for(problem, until_s) if sharing is not None else 0
    if sharing is None or not workers:
        return clock.solve(problem, until_s, None)
    plan = clock.solve(problem, FIRST_SHARE * until_s, None)
    plan = sharing.improve(shared_day, problem, plan, workers, until_s, clock.tell)
    return clock.solve(problem, until_s, plan)


class _Timed:
    """Where speeds differ from hour to hour: legs at the speed of the hour in which a plan drives them."""

    def __init__(self, clock: "_Clock", registry: Registry, due: Sequence[str], roads: Roads) -> None:
        self.clock, self._registry, self._due, self._roads = clock, registry, due, roads
        self.knows_hours = knows_hours(registry, roads)

    def at_hours_of(self, problem: routing.Problem, solution: routing.Solution) -> routing.Problem:
        return at_driven_hours(problem, solution, self._registry, self._due, self._roads)

    def settle(
        self, problem: routing.Problem, solution: routing.Solution, preferences: routing.Preferences | None = None
    ) -> tuple[routing.Problem, routing.Solution]:
        """The plan stays, its times change, until no leg is driven in another hour."""
        for _ in range(MOST_RETIMINGS if self.knows_hours else 0):
            hours = departures_of(problem, solution)
            problem = self.at_hours_of(problem, solution)
            solution = self.clock.solve(problem, 0.0, solution, preferences)
            if departures_of(problem, solution) == hours:
                break
        return problem, solution


class _Clock:
    """One time limit over several searches: their plans are told with the time since the first began."""

    def __init__(self, seed: int, on_improved: Improved | None, ended_by: EndedBy) -> None:
        self._seed, self._on_improved, self._ended_by = seed, on_improved, ended_by
        self._began_s = time.monotonic()

    def tell(self, passing: routing.Solution) -> None:
        """Tell a plan that was found just now."""
        if self._on_improved is not None:
            self._on_improved(replace(passing, elapsed_s=time.monotonic() - self._began_s))

    def solve(
        self,
        problem: routing.Problem,
        until_s: float,
        start: routing.Solution | None,
        preferences: routing.Preferences | None = None,
    ) -> routing.Solution:
        before_s = time.monotonic() - self._began_s
        stop = search_stop(max(0.0, until_s - before_s), self._ended_by)
        solution = routing.solve(problem, stop, self._seed, self.tell, start=start, preferences=preferences)
        return replace(solution, elapsed_s=before_s + solution.elapsed_s)
