"""Compile the search now, so that the first plan of the day does not wait for it: `python -m routing.engine`."""

from __future__ import annotations

import numpy as np

from routing import (
    Depot,
    DisposalSite,
    FuelModel,
    Location,
    Matrix,
    MaxIterations,
    Prices,
    Problem,
    Stop,
    Vehicle,
    solve,
)

STREAM = frozenset({"residual"})


def smallest_problem() -> Problem:
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


if __name__ == "__main__":
    plan = solve(smallest_problem(), MaxIterations(300))
    print(f"Compiled: {len(plan.routes)} circuit for {len(plan.routes[0].visits) - 3} stops in {plan.elapsed_s:.1f} s")
