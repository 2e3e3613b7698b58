"""Search a day's plan; where speeds differ from hour to hour, in steps that each tell the next when a leg is driven."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import routing
from services.city.registry import Registry
from services.domain.driven_hours import at_driven_hours, departures_of, knows_hours
from services.domain.roads import Roads

type Improved = Callable[[routing.Solution], None]

FIRST_STEP = 0.6
"""Share of the search on roads of the whole shift. The second step, on those of the hours, starts from its plan."""
MOST_RETIMINGS = 4
"""One sets right what comes before the next edge of a band, and a shift crosses three or four."""


def search(
    problem: routing.Problem,
    limit_s: float,
    seed: int,
    on_improved: Improved | None,
    *,
    registry: Registry,
    due: Sequence[str],
    roads: Roads,
) -> tuple[routing.Problem, routing.Solution]:
    """Return the plan and the problem on whose roads it is told. `due` as in `at_driven_hours`."""
    clock = _Clock(seed, on_improved)
    if not knows_hours(registry, roads):
        return problem, clock.solve(problem, limit_s, None)
    solution = clock.solve(problem, FIRST_STEP * limit_s, None)
    problem = at_driven_hours(problem, solution, registry, due, roads)
    solution = clock.solve(problem, limit_s, solution)
    for _ in range(MOST_RETIMINGS):  # the plan stays, its times change, until no leg is driven in another hour
        hours = departures_of(problem, solution)
        problem = at_driven_hours(problem, solution, registry, due, roads)
        solution = clock.solve(problem, 0.0, solution)
        if departures_of(problem, solution) == hours:
            break
    return problem, solution


class _Clock:
    """One time limit over several searches: their plans are told with the time since the first began."""

    def __init__(self, seed: int, on_improved: Improved | None) -> None:
        self._seed, self._on_improved = seed, on_improved
        self._began_s = time.monotonic()

    def solve(self, problem: routing.Problem, until_s: float, start: routing.Solution | None) -> routing.Solution:
        before_s = time.monotonic() - self._began_s

        def tell(passing: routing.Solution) -> None:
            if self._on_improved is not None:
                self._on_improved(replace(passing, elapsed_s=before_s + passing.elapsed_s))

        stop = routing.MaxRuntime(max(0.0, until_s - before_s))
        solution = routing.solve(problem, stop, self._seed, tell, start=start)
        return replace(solution, elapsed_s=before_s + solution.elapsed_s)
