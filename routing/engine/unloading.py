"""Where to unload, for a fixed order of stops: the cheapest cuts into trips, by dynamic programming."""

from __future__ import annotations

import numpy as np

from routing.engine.arrays import Arrays
from routing.engine.jit import compiled
from routing.engine.money import LEAST_GAIN
from routing.engine.plan import INFEASIBLE, Plan, adopt, evaluate
from routing.engine.scratch import Scratch


@compiled
def unload_better(arrays: Arrays, plan: Plan, scratch: Scratch, t: int) -> None:
    """Place the disposal visits of truck t anew, and keep them if the route gets cheaper."""
    count = take_order(arrays, plan, scratch, t)
    m = place_unloading(arrays, plan, scratch, t, count)
    if m and _is_new(arrays, plan, t, m) and evaluate(arrays, plan, t, m) < plan.routes[t].cost - LEAST_GAIN:
        adopt(arrays, plan, t)


@compiled
def _is_new(arrays: Arrays, plan: Plan, t: int, m: int) -> bool:
    if m != plan.routes[t].length:
        return True
    trial = len(arrays.trucks)
    same = 0
    while same < m and plan.visits[t, same].node == plan.visits[trial, same].node:
        same += 1
    return same < m


@compiled
def take_order(arrays: Arrays, plan: Plan, scratch: Scratch, t: int) -> int:
    """Write the stops of a route, in order, into `scratch.gaps`; return how many."""
    count = 0
    for place in range(plan.routes[t].length):
        if plan.visits[t, place].node < arrays.stops:
            scratch.gaps[count].stop = plan.visits[t, place].node
            count += 1
    return count


@compiled
def place_unloading(arrays: Arrays, plan: Plan, scratch: Scratch, t: int, count: int) -> int:
    """Write the first stops of `scratch.gaps`, with the cheapest disposal visits, into the trial row.

    Returns the length of the sequence, 0 if there is none.
    Looks at load and money only: the caller evaluates times, and what sites refuse.
    """
    if count == 0 or not _price_gaps(arrays, scratch, t, count) or not _cut(arrays, scratch, t, count):
        return 0
    trial, truck = len(arrays.trucks), arrays.trucks[t]
    trips, at = 0, count
    while at:
        trips += 1
        at = scratch.gaps[at].back
    m = count + trips + 2
    if trips > truck.max_trips or m > plan.visits.shape[1]:
        return 0
    row = plan.visits[trial]
    row[m - 1].node, place, cut = truck.end, m - 2, count
    while cut:
        row[place].node = scratch.gaps[cut - 1].site
        place -= 1
        for number in range(cut - 1, scratch.gaps[cut].back - 1, -1):
            row[place].node = scratch.gaps[number].stop
            place -= 1
        cut = scratch.gaps[cut].back
    row[0].node = truck.start
    return m


@compiled
def _price_gaps(arrays: Arrays, scratch: Scratch, t: int, count: int) -> bool:
    """Cost of unloading between each stop and the next (or the end depot), and at which site."""
    truck = arrays.trucks[t]
    roads, crew = arrays.roads[truck.profile], arrays.crew_per_s
    for number in range(count):
        gap = scratch.gaps[number]
        here = gap.stop
        there = scratch.gaps[number + 1].stop if number + 1 < count else np.int32(truck.end)
        best, best_site = INFEASIBLE, -1
        for site_number in range(len(arrays.accepts)):
            if arrays.open_to[truck.kind, site_number]:
                site = arrays.stops + site_number
                metres = roads[here, site, 0] + roads[site, there, 0]
                driven_s = roads[here, site, 1] + roads[site, there, 1]
                cost = truck.per_m * metres + crew * driven_s + arrays.serve[truck.kind, site]
                if cost < best:
                    best, best_site = cost, site
        if best_site < 0:
            return False
        if number + 1 < count:
            best -= truck.per_m * roads[here, there, 0] + crew * roads[here, there, 1]
        gap.cost, gap.site = best, best_site
    return True


@compiled
def _cut(arrays: Arrays, scratch: Scratch, t: int, count: int) -> bool:
    """Cheapest cuts, the last one after the last stop: a sliding window of cuts to start a trip from."""
    truck = arrays.trucks[t]
    gaps = scratch.gaps
    gaps[0].total, gaps[0].back, gaps[0].queue = 0.0, 0, 0
    head, tail, first = 0, 1, 0
    kg = litres = 0.0
    for here in range(count):
        kg += arrays.nodes[gaps[here].stop].demand_kg
        litres += arrays.nodes[gaps[here].stop].demand_l
        while kg > truck.capacity_kg or litres > truck.capacity_l:
            if first > here:
                return False
            kg -= arrays.nodes[gaps[first].stop].demand_kg
            litres -= arrays.nodes[gaps[first].stop].demand_l
            first += 1
        while head < tail and gaps[head].queue < first:
            head += 1
        if head >= tail:
            return False
        start = gaps[head].queue
        total = gaps[start].total + gaps[here].cost
        gaps[here + 1].total, gaps[here + 1].back = total, start
        while tail > head and gaps[gaps[tail - 1].queue].total >= total:
            tail -= 1
        gaps[tail].queue = here + 1
        tail += 1
    return True
