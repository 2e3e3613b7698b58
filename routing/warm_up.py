"""Have the search compiled, or its machine code read, before anybody waits for it."""

from __future__ import annotations

import numpy as np

from routing.options import SolverOptions
from routing.problem import (
    Depot,
    DisposalSite,
    FuelModel,
    Location,
    Matrix,
    Prices,
    Problem,
    Stop,
    Vehicle,
)
from routing.solution import Solution
from routing.solve import solve
from routing.stop import MaxIterations

ITERATIONS = 300  # enough for every compiled function to be called
SEARCHING = SolverOptions(frozenset({"enumeration"}))
STREAM = frozenset({"residual"})


def warm_up() -> Solution:
    """Solve the smallest problem by searching, from its plan again, and by trying everything.

    That compiles all there is, once per installation.
    """
    problem = _smallest_problem()
    plan = solve(problem, MaxIterations(ITERATIONS), options=SEARCHING)
    solve(problem, MaxIterations(ITERATIONS), options=SEARCHING, start=plan)
    solve(problem, MaxIterations(ITERATIONS))
    return plan


def _smallest_problem() -> Problem:
    """One truck, one landfill, two stops."""
    roads = np.full((4, 4), 600, np.int32) - 600 * np.eye(4, dtype=np.int32)
    truck = Vehicle("T", "truck", "D", "D", (0, 30_000), 1000.0, 1000.0, STREAM, FuelModel(0.5))
    stops = tuple(Stop(f"S{at}", at, 100.0, 100.0, 60, "residual") for at in (2, 3))
    return Problem(
        "smallest",
        Prices(1.0, 1.0),
        (Location(0.0, 0.0),) * 4,
        {"truck": Matrix(roads, roads)},
        (Depot("D", 0),),
        (DisposalSite("L", 1, 60, ((0, 30_000),)),),
        (truck,),
        stops,
    )
