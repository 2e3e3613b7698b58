"""What one more truck, or one more hour, would save on a day: estimates in the plan's message, by short searches.

Only on days whose search is long and whose size is moderate; elsewhere a short search would say nothing but noise.
"""

from collections.abc import Iterator
from itertools import islice

import routing
from routing.explain import Change, LongerShift, OneMoreTruck, changes_to_try, what_ifs
from routing.explain import WhatIf as Searched
from services.contracts.planning import PlanMade, WhatIf

SHORTEST_LIMIT_S = 60.0
"""With less, searches of a fortieth each would end before they have begun."""
SEARCH_SHARE = 0.025
"""Of the plan's time limit, for each search; there are two for the comparison and one for each change."""
MOST_CHANGES = 2
"""An hour more for everybody, and one truck more of the first kind that is used up: four searches in all."""
MOST_STOPS = 2_000
"""Beyond, a search of a few seconds finds too little to compare. Assumed, until measured."""


def with_estimates(plan: PlanMade, problem: routing.Problem, solution: routing.Solution) -> PlanMade:
    """The same plan with what more trucks or hours would save, where there is time to find out: not when it was ended.

    Takes a tenth of `plan.time_limit_s`. `problem` is the one on whose roads `solution` is told. Raises what
    `routing.solve` raises.
    """
    if (
        plan.ended_by is not None
        or plan.time_limit_s < SHORTEST_LIMIT_S
        or len(problem.stops) > MOST_STOPS
        or not solution.routes
    ):
        return plan
    return plan.model_copy(update={"what_if": tuple(_estimates(plan, problem, solution))})


def _estimates(plan: PlanMade, problem: routing.Problem, solution: routing.Solution) -> Iterator[WhatIf]:
    search_s = SEARCH_SHARE * plan.time_limit_s
    changes = list(islice(changes_to_try(problem, solution), MOST_CHANGES))
    searched = what_ifs(problem, solution, changes, routing.MaxRuntime(search_s), plan.seed)
    for change, found in zip(changes, searched, strict=True):
        yield _told(change, found, search_s)


def _told(change: Change, found: Searched, search_s: float) -> WhatIf:
    return WhatIf(
        change="longer_shifts" if isinstance(change, LongerShift) else "one_more_truck",
        extra_s=change.extra_s if isinstance(change, LongerShift) else None,
        like_truck=change.like if isinstance(change, OneMoreTruck) else None,
        saved=round(found.saved, 2),
        spread=round(found.spread, 2),
        newly_served=found.newly_served,
        search_s=search_s,
    )
