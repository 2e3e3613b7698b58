"""Solving, as a recipe: compile, search, complete, check the plan, hand it out."""

from __future__ import annotations

from collections.abc import Callable

from routing.engine.arrays import make_arrays
from routing.engine.plan import Note
from routing.options import Familiarity, Preferences, SolverOptions
from routing.problem import Problem
from routing.search.chain import Chain
from routing.search.finish import finish
from routing.search.reasons import Searched
from routing.search.start import take_over
from routing.search.team import Team
from routing.search.watch import Watch
from routing.solution import Solution

REPORT_EVERY_S = 0.5  # passing plans are priced and checked too: not more often than this
REPORTING = 0.05  # nor for a larger share of the time: at 10,000 stops a plan takes a core 0.3 s
type Improved = Callable[[Solution], None]


def run(
    problem: Problem, watch: Watch, seed: int, on_improved: Improved | None, options: SolverOptions,
    start: Solution | None = None, familiarity: Familiarity | None = None, preferences: Preferences | None = None,
) -> Solution:  # fmt: skip
    """Search a valid problem; see `routing.solve.solve`."""
    arrays = make_arrays(problem, familiarity, preferences)
    watch.unit = arrays.unit
    asker = Chain(arrays, watch, seed)  # of its own: reasons try routes out while the team's chains are at work
    next_s = 0.0

    def tell(note: Note) -> None:
        nonlocal next_s
        now_s = watch.elapsed_s()
        if on_improved is not None and now_s >= next_s:
            on_improved(finish(problem, asker, note, seed, now_s))
            next_s = now_s + max(REPORT_EVERY_S, (watch.elapsed_s() - now_s) / REPORTING)

    team = Team(arrays, watch, seed, tell, options)
    team.search(None if start is None else take_over(problem, team.chain, start))
    team.chain.go_to(team.chain.best)
    team.chain.unload_elsewhere()
    team.chain.serve_greedily()
    searched = Searched(team.is_proven, watch.still_finding())
    return finish(problem, team.chain, team.chain.new_note(), seed, watch.elapsed_s(), searched)
