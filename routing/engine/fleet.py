"""What a route would cost driven by another truck."""

from __future__ import annotations

from routing.engine.arrays import Arrays
from routing.engine.jit import compiled
from routing.engine.plan import INFEASIBLE, NOBODY, Plan, evaluate


@compiled
def driven_by(arrays: Arrays, plan: Plan, t: int, other: int) -> float:
    """Write truck t's route, from and to the depots of another, into the trial row; return what it costs that one.

    INFEASIBLE when it breaks a rule there.
    """
    row, m, kind = plan.visits[len(arrays.trucks)], plan.routes[t].length, arrays.trucks[other].kind
    row[0].node, row[m - 1].node = arrays.trucks[other].start, arrays.trucks[other].end
    for place in range(1, m - 1):
        node = plan.visits[t, place].node
        if node < arrays.stops:
            if not arrays.can[kind, node]:
                return INFEASIBLE
        elif not arrays.open_to[kind, node - arrays.stops]:
            return INFEASIBLE
        row[place].node = node
    return evaluate(arrays, plan, other, m)


@compiled
def cheapest_parked(arrays: Arrays, plan: Plan, t: int) -> tuple[int, float]:
    """The parked truck of another kind that would drive truck t's route for least, and that; NOBODY if none could."""
    best, truck = INFEASIBLE, NOBODY
    for kind in range(len(arrays.kind_at) - 1):
        if kind == arrays.trucks[t].kind:
            continue
        for number in range(arrays.kind_at[kind], arrays.kind_at[kind + 1]):
            other = int(arrays.of_kind[number])
            if plan.routes[other].length == 0:
                cost = driven_by(arrays, plan, t, other)
                if cost < best:
                    best, truck = cost, other
                break
    return truck, best
