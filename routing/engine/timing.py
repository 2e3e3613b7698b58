"""The best timing of a fixed sequence, compiled: when to leave, when to rest. Same rules as `routing.schedule`.

A route is given by the first m of its visits; `rest_after` is the position after whose service the crew rests, NEVER
for no rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.engine.arrays import Arrays, Truck
from routing.engine.jit import compiled

NEVER = -1
type Visits = NDArray[np.void]  # of `routing.engine.plan.VISIT`


@compiled
def next_start(arrays: Arrays, node: int, arrive_s: int) -> int:
    """Earliest start of service at or after `arrive_s`; NEVER when every window has closed."""
    first, count = arrays.nodes[node].window, arrays.nodes[node].windows
    if count == 0:
        return arrive_s
    for window in range(first, first + count):  # sorted, so the first that has not closed is the earliest
        if arrive_s <= arrays.windows[window, 1]:
            return max(arrive_s, int(arrays.windows[window, 0]))
    return NEVER


@compiled
def last_start(arrays: Arrays, node: int, limit_s: int) -> int:
    """Latest start of service at or before `limit_s`; NEVER when no window has opened by then."""
    first, count = arrays.nodes[node].window, arrays.nodes[node].windows
    if count == 0:
        return limit_s
    best = NEVER
    for window in range(first, first + count):
        if arrays.windows[window, 0] <= limit_s:
            best = max(best, min(limit_s, arrays.windows[window, 1]))
    return best


@compiled
def end_of_duty(arrays: Arrays, truck: Truck, row: Visits, m: int, rest_after: int, depart_s: int) -> int:
    """When the truck is back if it leaves at `depart_s` and never dawdles; NEVER when a window is missed."""
    clock, here = depart_s, row[0].node
    for place in range(m):
        node = row[place].node
        if place:
            clock = next_start(arrays, node, clock + arrays.roads[truck.profile, here, node, 1])
            if clock == NEVER:
                return NEVER
        clock += arrays.nodes[node].service_s
        if place == rest_after:
            if clock > truck.rest_to_s:
                return NEVER
            clock = max(clock, truck.rest_from_s) + truck.rest_s
        here = node
    return clock


@compiled
def latest_departure(arrays: Arrays, truck: Truck, row: Visits, m: int, rest_after: int, end_s: int) -> int:
    """Latest departure from which the truck can be back by `end_s`; NEVER when none is."""
    clock, there = end_s, row[m - 1].node
    for place in range(m - 2, -1, -1):
        node = row[place].node
        clock -= arrays.roads[truck.profile, node, there, 1]
        if place == rest_after:
            clock -= truck.rest_s
            if clock < truck.rest_from_s:
                return NEVER
            clock = min(clock, truck.rest_to_s)
        clock = last_start(arrays, node, clock - arrays.nodes[node].service_s)
        if clock == NEVER:
            return NEVER
        there = node
    return clock


@compiled
def shortest_duty(
    arrays: Arrays, truck: Truck, row: Visits, m: int, rest_after: int, least_s: int, from_s: int, to_s: int
) -> int:
    """Seconds of the shortest duty inside from_s..to_s; NEVER when there is none. `least_s` is one without waiting.

    Leaving later than the latest departure for some end of duty pushes that end to a later opening; each such jump
    is tried once.
    """
    depart_s, best = from_s, NEVER
    while depart_s <= to_s - least_s:
        end_s = end_of_duty(arrays, truck, row, m, rest_after, depart_s)
        if end_s == NEVER or end_s > to_s:
            break
        if end_s - depart_s > least_s:
            depart_s = max(depart_s, latest_departure(arrays, truck, row, m, rest_after, end_s))
            end_s = end_of_duty(arrays, truck, row, m, rest_after, depart_s)
        if best == NEVER or end_s - depart_s < best:
            best = end_s - depart_s
        if end_s - depart_s <= least_s:
            break
        depart_s += 1
    return best


@compiled
def best_duty(arrays: Arrays, truck: Truck, row: Visits, m: int, least_s: int) -> tuple[int, int]:
    """Seconds of the shortest duty that keeps windows, shift and break, and where the crew rests (NEVER: nowhere).

    (NEVER, NEVER) when the sequence cannot be done in time. `row[i].leave_s` tells when the truck leaves visit i at the
    earliest, without a break.
    """
    from_s, to_s = truck.from_s, truck.to_s
    if truck.rest_s == 0:
        return shortest_duty(arrays, truck, row, m, NEVER, least_s, from_s, to_s), NEVER
    # Home by the time the break's window closes, or leaving only then: no break is due.
    best = shortest_duty(arrays, truck, row, m, NEVER, least_s, from_s, min(to_s, truck.rest_to_s))
    late = shortest_duty(arrays, truck, row, m, NEVER, least_s, max(from_s, truck.rest_to_s), to_s)
    if late != NEVER and (best == NEVER or late < best):
        best = late
    rest_after, rested_s, first = NEVER, least_s + truck.rest_s, 0
    while first < m - 1 and row[first].leave_s < truck.rest_from_s:
        first += 1
    # Where the crew comes by inside the window, leaving at once, the break mostly costs no more than itself, and the
    # first look ends this: trying from the morning on cost four fifths of a search with breaks (docs/routing.md).
    for number in range(m - 1):
        place = first + number if first + number < m - 1 else m - 2 - number
        if row[place].leave_s > truck.rest_to_s:
            continue
        duty_s = shortest_duty(arrays, truck, row, m, place, rested_s, from_s, to_s)
        if duty_s != NEVER and (best == NEVER or duty_s < best):
            best, rest_after = duty_s, place
        if duty_s == rested_s:
            break
    return best, rest_after
