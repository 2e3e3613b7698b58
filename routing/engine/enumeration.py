"""Every duty one truck could drive past some of a few stops: each order, each way to unload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.engine.arrays import Arrays
from routing.engine.jit import compiled
from routing.engine.plan import Plan, evaluate

NOT_BEGUN = -1
type Ints = NDArray[np.int32]


@compiled
def cheapest_duties(
    arrays: Arrays, plan: Plan, t: int, stops: Ints, sites: Ints,
    cost: NDArray[np.float64], length: Ints, seq: NDArray[np.int32], choice: Ints, ends: Ints,
) -> None:  # fmt: skip
    """Fill, for each set of the k `stops` as bits, money, length and nodes of truck t's cheapest duty for just them.

    `cost` (2^k,) holds INFEASIBLE before; `length` (2^k,) and `seq` (2^k, 2k + 2) are filled beside it; `choice` and
    `ends` (k,) are room to count in. A stop is reached from the one before it, or from one of the `sites` between; a
    site comes after the last: so a choice is one of k stops times one way of getting there.
    """
    row, k, ways = plan.visits[len(arrays.trucks)], len(stops), len(sites) + 1
    row[0].node = arrays.trucks[t].start
    choice[0], depth, chosen = NOT_BEGUN, 0, 0
    while depth >= 0:
        if choice[depth] != NOT_BEGUN:
            chosen ^= 1 << (choice[depth] % k)
        choice[depth] += 1
        if choice[depth] == k * (ways if depth else 1):
            depth -= 1
            continue
        stop, way = choice[depth] % k, choice[depth] // k
        chosen ^= 1 << stop
        m = ends[depth - 1] if depth else 1
        if not chosen >> stop & 1 or m + 4 > len(row):  # it was chosen before, or the route would be longer than any
            continue
        if way:
            row[m].node = sites[way - 1]
            m += 1
        row[m].node = stops[stop]
        m += 1
        ends[depth] = m
        for number in range(len(sites)):
            row[m].node, row[m + 1].node = sites[number], arrays.trucks[t].end
            money = evaluate(arrays, plan, t, m + 2)
            if money < cost[chosen]:
                cost[chosen], length[chosen] = money, m + 2
                for place in range(m + 2):
                    seq[chosen, place] = row[place].node
        if depth + 1 < k:
            depth += 1
            choice[depth] = NOT_BEGUN
