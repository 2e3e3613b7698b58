"""Search a day's plan; where speeds differ from hour to hour, in steps that each tell the next when a leg is driven."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import routing
from services.city.registry import Registry
from services.contracts.planning import PlanDay
from services.planning.driven_hours import at_driven_hours, departures_of, knows_hours
from services.planning.sharing import FIRST_SHARE, SharedDay, Sharing
from services.roads.roads import Roads

type Improved = Callable[[routing.Solution], None]

FIRST_STEP = 0.6
"""Share of the search on roads of the whole shift. The second step, on those of the hours, starts from its plan."""
MOST_RETIMINGS = 4
"""One sets right what comes before the next edge of a band, and a shift crosses three or four."""


def search(
    problem: routing.Problem,
    order: PlanDay,
    on_improved: Improved | None,
    *,
    registry: Registry,
    due: Sequence[str],
    roads: Roads,
    sharing: Sharing | None = None,
) -> tuple[routing.Problem, routing.Solution]:
    """Return the plan and the problem on whose roads it is told. `due` as in `at_driven_hours`.

    A very large day is planned with the workers of `sharing`, on roads of the whole shift; what follows is the
    planner's own.
    """
    clock, limit_s = _Clock(order.seed, on_improved), order.time_limit_s
    shared_day = SharedDay(order, registry, roads)
    if not knows_hours(registry, roads):
        return problem, _first_plan(clock, problem, limit_s, shared_day, sharing)
    solution = _first_plan(clock, problem, FIRST_STEP * limit_s, shared_day, sharing)
    problem = at_driven_hours(problem, solution, registry, due, roads)
    solution = clock.solve(problem, limit_s, solution)
    for _ in range(MOST_RETIMINGS):  # the plan stays, its times change, until no leg is driven in another hour
        hours = departures_of(problem, solution)
        problem = at_driven_hours(problem, solution, registry, due, roads)
        solution = clock.solve(problem, 0.0, solution)
        if departures_of(problem, solution) == hours:
            break
    return problem, solution


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


class _Clock:
    """One time limit over several searches: their plans are told with the time since the first began."""

    def __init__(self, seed: int, on_improved: Improved | None) -> None:
        self._seed, self._on_improved = seed, on_improved
        self._began_s = time.monotonic()

    def tell(self, passing: routing.Solution) -> None:
        """Tell a plan that was found just now."""
        if self._on_improved is not None:
            self._on_improved(replace(passing, elapsed_s=time.monotonic() - self._began_s))

    def solve(self, problem: routing.Problem, until_s: float, start: routing.Solution | None) -> routing.Solution:
        before_s = time.monotonic() - self._began_s
        stop = routing.MaxRuntime(max(0.0, until_s - before_s))
        solution = routing.solve(problem, stop, self._seed, self.tell, start=start)
        return replace(solution, elapsed_s=before_s + solution.elapsed_s)
