"""Take stops out of a plan: strings of neighbours (SISR, doi 10.1287/trsc.2019.0914), now and then whole trips."""

from __future__ import annotations

from routing.engine.arrays import Arrays
from routing.engine.jit import compiled
from routing.engine.plan import INFEASIBLE, NOBODY, Plan, adopt, evaluate, park
from routing.engine.rng import rand, randint
from routing.engine.scratch import Scratch
from routing.engine.unloading import take_order

MEAN_REMOVED = 10  # stops taken out per ruin, as in the article
LONGEST_STRING = 10
SPLIT_SHARE = 0.5
SPARE_SHARE = 0.99  # beta of the article: how likely one more stop inside the string is spared
TRIP_SHARE = 0.03  # ruins that take a whole trip
ROUTE_SHARE = 0.3  # of these, take the whole route


@compiled
def ruin(arrays: Arrays, plan: Plan, scratch: Scratch, seed: int) -> int:
    """Take stops round `seed` out; list them and the missing ones nearby in `scratch.absent`; return how many."""
    scratch.stamps[1] += 1
    stamp = scratch.stamps[1]
    if rand(scratch.rng) < TRIP_SHARE:
        count = _ruin_trip(arrays, plan, scratch, seed)
    else:
        count = _ruin_strings(arrays, plan, scratch, seed)
    lost = count
    if arrays.nodes[seed].worth:
        count = _add_if_missing(plan, scratch, seed, stamp, count)
    count = _add_missing_near(arrays, plan, scratch, seed, 2 * MEAN_REMOVED, stamp, count)
    for number in range(min(3, lost)):
        count = _add_missing_near(arrays, plan, scratch, scratch.absent[number], MEAN_REMOVED, stamp, count)
    return count


@compiled
def _add_missing_near(
    arrays: Arrays, plan: Plan, scratch: Scratch, stop: int, most: int, stamp: int, count: int
) -> int:
    for number in range(min(most, arrays.near.shape[1])):
        other = arrays.near[stop, number]
        if other < 0:
            break
        count = _add_if_missing(plan, scratch, other, stamp, count)
    return count


@compiled
def _add_if_missing(plan: Plan, scratch: Scratch, stop: int, stamp: int, count: int) -> int:
    if plan.placed[stop].truck == NOBODY and scratch.marked[stop] != stamp:
        scratch.marked[stop] = stamp
        scratch.absent[count] = stop
        count += 1
    return count


@compiled
def _ruin_strings(arrays: Arrays, plan: Plan, scratch: Scratch, seed: int) -> int:
    longest = min(LONGEST_STRING, max(1, _mean_length(arrays, plan)))
    strings = int(1 + rand(scratch.rng) * (4 * MEAN_REMOVED / (1 + longest) - 1))
    scratch.stamps[0] += 1
    hit, count, taken = scratch.stamps[0], 0, 0
    for number in range(-1, arrays.near.shape[1]):
        stop = seed if number < 0 else arrays.near[seed, number]
        if stop < 0:
            break
        t = plan.placed[stop].truck
        if t == NOBODY or scratch.seen[t] == hit:
            continue
        scratch.seen[t] = hit
        length = int(1 + rand(scratch.rng) * longest)
        count = _cut_string(arrays, plan, scratch, t, stop, length, count)
        taken += 1
        if taken >= strings:
            break
    return count


@compiled
def _mean_length(arrays: Arrays, plan: Plan) -> int:
    stops = used = 0
    for t in range(len(arrays.trucks)):
        if plan.routes[t].length:
            stops += plan.routes[t].stops
            used += 1
    return stops // max(1, used)


@compiled
def _cut_string(arrays: Arrays, plan: Plan, scratch: Scratch, t: int, stop: int, length: int, count: int) -> int:
    """Remove a string of stops holding `stop` from a route, perhaps sparing some in its middle."""
    total = take_order(arrays, plan, scratch, t)
    length = min(length, total)
    spared = 0
    if length > 1 and rand(scratch.rng) < SPLIT_SHARE:
        while length + spared < total and spared < length and rand(scratch.rng) < SPARE_SHARE:
            spared += 1
    at = 0
    while scratch.gaps[at].stop != stop:
        at += 1
    first = randint(scratch.rng, max(0, at - length - spared + 1), min(at, total - length - spared))
    skip = randint(scratch.rng, 0, length) if spared else 0
    begin = count
    for number in range(length + spared):
        if spared == 0 or number < skip or number >= skip + spared:
            scratch.absent[count] = scratch.gaps[first + number].stop
            count += 1
    return remove(arrays, plan, scratch, t, begin, count)


@compiled
def _ruin_trip(arrays: Arrays, plan: Plan, scratch: Scratch, seed: int) -> int:
    """Remove one whole trip near the seed, or a whole route."""
    near = seed
    number = 0
    while plan.placed[near].truck == NOBODY:
        if number == arrays.near.shape[1] or arrays.near[seed, number] < 0:
            return 0
        near = arrays.near[seed, number]
        number += 1
    t = plan.placed[near].truck
    trip = plan.visits[t, plan.placed[near].at].trip
    whole = rand(scratch.rng) < ROUTE_SHARE
    count = 0
    for place in range(plan.routes[t].length):
        node = plan.visits[t, place].node
        if node < arrays.stops and (whole or plan.visits[t, place].trip == trip):
            scratch.absent[count] = node
            count += 1
    return remove(arrays, plan, scratch, t, 0, count)


@compiled
def remove(arrays: Arrays, plan: Plan, scratch: Scratch, t: int, begin: int, end: int) -> int:
    """Take the stops `scratch.absent[begin:end]` out of truck t's route, with disposals left nothing to unload.

    Returns `end`, or `begin` when the rest of the route would break a rule (roads need not keep the triangle rule).
    """
    stamp = scratch.stamps[1]
    for number in range(begin, end):
        scratch.marked[scratch.absent[number]] = stamp
    trial, n, m = len(arrays.trucks), arrays.stops, 0
    out, length = plan.visits[trial], plan.routes[t].length
    for place in range(length - 1):
        node = plan.visits[t, place].node
        gone = node < n and scratch.marked[node] == stamp
        idle = node >= n and m > 0 and out[m - 1].node >= n
        if not gone and not idle:
            out[m].node = node
            m += 1
    out[m].node = plan.visits[t, length - 1].node
    m += 1
    if m == 2:
        park(arrays, plan, t)
        return end
    if evaluate(arrays, plan, t, m) == INFEASIBLE:
        for number in range(begin, end):
            scratch.marked[scratch.absent[number]] = 0
        return begin
    adopt(arrays, plan, t)
    return end
