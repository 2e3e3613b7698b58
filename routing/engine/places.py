"""Where one more stop fits best: beside its served neighbours, in a new trip, or in a parked truck."""

from __future__ import annotations

from typing import NamedTuple

from routing.engine.arrays import Arrays
from routing.engine.jit import compiled
from routing.engine.plan import INFEASIBLE, NOBODY, Plan, adopt, evaluate, has_way_left
from routing.engine.preferred import wished_more
from routing.engine.rng import rand
from routing.engine.scratch import MOST_TRIES, Scratch
from routing.engine.timing import NEVER, next_start

BLINK_SHARE = 0.01  # of the places, as in the SISR article
SERVED_NEIGHBOURS = 20
COMPARED = 3  # places built in full and compared for a stop the crew may have to wait for
TRIES = 4  # places tried for one stop when the cheapest, judged quickly, does not hold in full
ROUNDING = 1e-6  # money by which sums of the same prices in another order may differ
IN_TRIP, TRIP_AFTER, TRIP_BEFORE, NEW_ROUTE = 0, 1, 2, 3  # forms of a place


class Look(NamedTuple):
    """How to look for places. `ease` below 1 makes new trips look cheaper, as if others would share them."""

    ease: float = 1.0
    blink: float = 0.0
    wide: bool = False  # look at every position of every route
    may_open: bool = True  # whether a parked truck may be taken into use


@compiled
def serve(arrays: Arrays, plan: Plan, scratch: Scratch, stop: int, look: Look) -> bool:
    """Insert a stop at its cheapest place if that costs less than leaving it; False when there is none.

    Places are found by driving and service alone, and at best these fill time the crew waits. A stop that opens late
    may also make it wait, and a route may come out dearer than judged because of other windows or the break: the first
    few places are then built in full and compared.
    """
    limit = INFEASIBLE if arrays.nodes[stop].required else arrays.nodes[stop].prize
    count = _find_places(arrays, plan, scratch, stop, limit, look)
    best, best_number, tried, built = limit, -1, -1, 0
    compared = COMPARED if arrays.nodes[stop].may_wait else 1
    for number in range(count):
        cost, tried = _try_place(arrays, plan, scratch, stop, number), number
        if cost == INFEASIBLE:
            continue
        place = scratch.places[number]
        extra = cost - plan.routes[place.truck].cost
        if extra * look.ease < best:
            best, best_number = extra * look.ease, number
        if extra * (1.0 if place.form == IN_TRIP else look.ease) > place.extra + ROUNDING:
            compared = COMPARED
        built += 1
        if built == compared:
            break
    if best_number < 0:
        return False
    if tried != best_number:  # the trial row holds the last one tried, perhaps one that breaks a rule
        _try_place(arrays, plan, scratch, stop, best_number)
    adopt(arrays, plan, scratch.places[best_number].truck)
    return True


@compiled
def _try_place(arrays: Arrays, plan: Plan, scratch: Scratch, stop: int, number: int) -> float:
    """Build the route with the stop at a place, into the trial row; return its cost."""
    trial = len(arrays.trucks)
    place = scratch.places[number]
    t, after, form, site = place.truck, place.after, place.form, place.site
    out, old = plan.visits[trial], plan.visits[t]
    m = plan.routes[t].length
    if form == NEW_ROUTE:
        return _try_new_route(arrays, plan, t, stop, site)
    for before in range(after + 1):
        out[before].node = old[before].node
    at = after + 1
    if form == TRIP_BEFORE:
        out[at].node = site
        at += 1
    out[at].node = stop
    at += 1
    if form == TRIP_AFTER:
        out[at].node = site
        at += 1
    if m + at - after - 1 > len(out):
        return INFEASIBLE
    for behind in range(after + 1, m):
        out[at].node = old[behind].node
        at += 1
    return evaluate(arrays, plan, t, at)


@compiled
def _try_new_route(arrays: Arrays, plan: Plan, t: int, stop: int, site: int) -> float:
    """Build a route for the stop alone. `site` is the cheapest to drive to: others only if it makes the crew wait."""
    cost = _try_alone(arrays, plan, t, stop, site)
    kind = arrays.trucks[t].kind
    if cost <= arrays.solo[kind, stop].cost + ROUNDING:
        return cost
    best, best_site = cost, site
    for number in range(len(arrays.accepts)):
        other = arrays.stops + number
        if arrays.open_to[kind, number] and other != site:
            cost = _try_alone(arrays, plan, t, stop, other)
            if cost < best:
                best, best_site = cost, other
    return _try_alone(arrays, plan, t, stop, best_site)


@compiled
def _try_alone(arrays: Arrays, plan: Plan, t: int, stop: int, site: int) -> float:
    out = plan.visits[len(arrays.trucks)]
    out[0].node, out[1].node = arrays.trucks[t].start, stop
    out[2].node, out[3].node = site, arrays.trucks[t].end
    return evaluate(arrays, plan, t, 4)


@compiled
def _find_places(arrays: Arrays, plan: Plan, scratch: Scratch, stop: int, limit: float, look: Look) -> int:
    """Fill `scratch.places` with the cheapest places, best first; return how many."""
    count = _scan(arrays, plan, scratch, stop, limit, look, False, 0)
    if look.ease < 1.0 or count == 0:
        count = _scan(arrays, plan, scratch, stop, limit, look, True, count)
    if look.may_open:
        count = _offer_parked(arrays, plan, scratch, stop, limit, look, count)
    return count


@compiled
def _scan(
    arrays: Arrays, plan: Plan, scratch: Scratch, stop: int, limit: float, look: Look, new_trip: bool, count: int
) -> int:
    """Look at the positions beside the stop's served neighbours (or at all), inside trips or for a new trip."""
    if look.wide:
        return _scan_routes(arrays, plan, scratch, stop, limit, look, new_trip, count)
    scratch.stamps[0] += 1
    stamp, served = scratch.stamps[0], 0
    for other in arrays.near[stop]:
        if other < 0 or served == SERVED_NEIGHBOURS:
            break
        t = plan.placed[other].truck
        if t == NOBODY:
            continue
        served += 1
        if abs(scratch.seen[t]) != stamp:
            scratch.seen[t] = stamp if _has_room_today(arrays, plan, t, stop, new_trip) else -stamp
            if scratch.seen[t] == stamp:
                last = plan.routes[t].length - 3
                count = _look_at(arrays, plan, scratch, t, stop, 0, limit, look, new_trip, count)
                count = _look_at(arrays, plan, scratch, t, stop, last, limit, look, new_trip, count)
        if scratch.seen[t] == stamp:
            at = plan.placed[other].at
            count = _look_at(arrays, plan, scratch, t, stop, at - 1, limit, look, new_trip, count)
            count = _look_at(arrays, plan, scratch, t, stop, at, limit, look, new_trip, count)
    if served == 0:
        return _scan_routes(arrays, plan, scratch, stop, limit, look, new_trip, count)
    return count


@compiled
def _scan_routes(
    arrays: Arrays, plan: Plan, scratch: Scratch, stop: int, limit: float, look: Look, new_trip: bool, count: int
) -> int:
    """Look at all positions of all routes, or, unless `look.wide`, at the first and the last of each."""
    for t in range(len(arrays.trucks)):
        if plan.routes[t].length and _has_room_today(arrays, plan, t, stop, new_trip):
            last = plan.routes[t].length - 3
            for at in range(last + 2):
                if look.wide or at in (0, last):
                    count = _look_at(arrays, plan, scratch, t, stop, at, limit, look, new_trip, count)
    return count


@compiled
def _has_room_today(arrays: Arrays, plan: Plan, t: int, stop: int, new_trip: bool) -> bool:
    truck, node, route = arrays.trucks[t], arrays.nodes[stop], plan.routes[t]
    if not (
        arrays.can[truck.kind, stop]
        and route.stops < truck.max_stops
        and route.day_kg + node.demand_kg <= truck.day_limit_kg
        and route.day_l + node.demand_l <= truck.day_limit_l
    ):
        return False
    if new_trip:
        return bool(route.trips < truck.max_trips)
    for trip in range(route.trips):
        load = plan.trips[t, trip]
        if load.kg + node.demand_kg <= truck.capacity_kg and load.litres + node.demand_l <= truck.capacity_l:
            return True
    return False


@compiled
def _look_at(
    arrays: Arrays, plan: Plan, scratch: Scratch, t: int, stop: int, after: int, limit: float, look: Look,
    new_trip: bool, count: int,
) -> int:  # fmt: skip
    if new_trip:
        return _look_for_new_trip(arrays, plan, scratch, t, stop, after, limit, look, count)
    truck, node, trip = arrays.trucks[t], arrays.nodes[stop], plan.visits[t, after].trip
    if (
        trip == plan.routes[t].trips
        or plan.trips[t, trip].kg + node.demand_kg > truck.capacity_kg
        or plan.trips[t, trip].litres + node.demand_l > truck.capacity_l
        or node.stream & ~plan.trips[t, trip].accepts
    ):
        return count
    roads = arrays.roads[truck.profile]
    here, there = plan.visits[t, after].node, plan.visits[t, after + 1].node
    metres = roads[here, stop, 0] + roads[stop, there, 0] - roads[here, there, 0]
    driven_s = roads[here, stop, 1] + roads[stop, there, 1] - roads[here, there, 1]
    extra = truck.per_m * metres + arrays.crew_per_s * driven_s + arrays.serve[truck.kind, stop]
    if plan.routes[t].idle_s:
        extra -= arrays.crew_per_s * _absorbed_s(plan, t, driven_s + node.service_s)
    if arrays.wishes.alone > 0.0 or arrays.wishes.long_per_s > 0.0:
        busy_s = driven_s + node.service_s
        extra += wished_more(arrays.wishes, plan.placed, t, plan.routes[t].duty_s, stop, busy_s)
    if extra >= _worst(scratch, count, limit, look) or (look.blink > 0 and rand(scratch.rng) < look.blink):
        return count
    if not has_way_left(truck, plan.routes[t], metres, driven_s + node.service_s):
        return count
    start = next_start(arrays, stop, plan.visits[t, after].leave_s + roads[here, stop, 1])
    if start == NEVER or start + node.service_s + roads[stop, there, 1] > plan.visits[t, after + 1].latest_s:
        return count
    return _offer(scratch, count, look, extra, t, after, IN_TRIP, 0)


@compiled
def _absorbed_s(plan: Plan, t: int, busy_s: int) -> int:
    """Seconds of more work that may cost nothing, because the crew waits somewhere anyway."""
    return int(min(plan.routes[t].idle_s, max(0, busy_s)))


@compiled
def _look_for_new_trip(
    arrays: Arrays, plan: Plan, scratch: Scratch, t: int, stop: int, after: int, limit: float, look: Look, count: int
) -> int:
    """Unload right before or right after the stop."""
    truck = arrays.trucks[t]
    roads, serve = arrays.roads[truck.profile], arrays.serve[truck.kind]
    here, there = plan.visits[t, after].node, plan.visits[t, after + 1].node
    for number in range(len(arrays.accepts)):
        if not arrays.open_to[truck.kind, number]:
            continue
        site = arrays.stops + number
        for form in (TRIP_AFTER, TRIP_BEFORE):
            if form == TRIP_BEFORE and (here >= arrays.stops or after >= plan.routes[t].length - 2):
                continue
            first, second = (stop, site) if form == TRIP_AFTER else (site, stop)
            metres = roads[here, first, 0] + roads[first, second, 0] + roads[second, there, 0] - roads[here, there, 0]
            driven_s = roads[here, first, 1] + roads[first, second, 1] + roads[second, there, 1] - roads[here, there, 1]
            extra = truck.per_m * metres + arrays.crew_per_s * driven_s + serve[stop] + serve[site]
            if plan.routes[t].idle_s:
                busy_s = driven_s + arrays.nodes[stop].service_s + arrays.nodes[site].service_s
                extra -= arrays.crew_per_s * _absorbed_s(plan, t, busy_s)
            if arrays.wishes.alone > 0.0 or arrays.wishes.long_per_s > 0.0:
                busy_s = driven_s + arrays.nodes[stop].service_s + arrays.nodes[site].service_s
                extra += wished_more(arrays.wishes, plan.placed, t, plan.routes[t].duty_s, stop, busy_s)
            if extra * look.ease >= _worst(scratch, count, limit, look):
                continue
            work_s = driven_s + arrays.nodes[stop].service_s + arrays.nodes[site].service_s
            if not has_way_left(truck, plan.routes[t], metres, work_s):
                continue
            clock = next_start(arrays, first, plan.visits[t, after].leave_s + roads[here, first, 1])
            if clock == NEVER:
                continue
            clock = next_start(arrays, second, clock + arrays.nodes[first].service_s + roads[first, second, 1])
            if clock == NEVER:
                continue
            if clock + arrays.nodes[second].service_s + roads[second, there, 1] <= plan.visits[t, after + 1].latest_s:
                count = _offer(scratch, count, look, extra * look.ease, t, after, form, site)
    return count


@compiled
def _offer_parked(arrays: Arrays, plan: Plan, scratch: Scratch, stop: int, limit: float, look: Look, count: int) -> int:
    """Offer one parked truck of each kind, those first that serve the stop alone for least."""
    for kind in arrays.by_solo[stop]:
        extra = arrays.solo[kind, stop].cost * look.ease
        if extra >= _worst(scratch, count, limit, look):
            break
        for number in range(arrays.kind_at[kind], arrays.kind_at[kind + 1]):
            t = int(arrays.of_kind[number])
            if plan.routes[t].length == 0:
                count = _offer(scratch, count, look, extra, t, 0, NEW_ROUTE, arrays.solo[kind, stop].site)
                break
    return count


@compiled
def _worst(scratch: Scratch, count: int, limit: float, look: Look) -> float:
    """What a place must cost less than to be kept."""
    most = MOST_TRIES if look.wide else TRIES
    return limit if count < most else min(limit, scratch.places[most - 1].extra)


@compiled
def _offer(scratch: Scratch, count: int, look: Look, extra: float, t: int, after: int, form: int, site: int) -> int:
    """Keep a place among the cheapest; return how many there are."""
    most = MOST_TRIES if look.wide else TRIES
    at = min(count, most - 1)
    while at > 0 and scratch.places[at - 1].extra > extra:
        scratch.places[at] = scratch.places[at - 1]
        at -= 1
    place = scratch.places[at]
    place.extra, place.truck, place.after, place.form, place.site = extra, t, after, form, site
    return min(count + 1, most)
