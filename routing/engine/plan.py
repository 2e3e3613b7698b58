"""A plan under search, in arrays that compiled loops change in place: routes, who serves what, what it costs.

Every route in it keeps every rule, because `adopt` only takes what `evaluate` has passed. A change can be taken back
(`roll_back`) until it is settled (`settle`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.arrays import Arrays, Truck
from routing.engine.jit import compiled
from routing.engine.preferred import wished
from routing.engine.timing import NEVER, Visits, best_duty, last_start, next_start

NOBODY = -1
INFEASIBLE = np.inf
type Route = Any  # one record of `Plan.routes`; numpy has no type for it

ROUTE = np.dtype(
    [
        ("cost", "f8"), ("day_kg", "f8"), ("day_l", "f8"), ("metres", "i8"), ("least_s", "i8"), ("idle_s", "i8"),
        ("duty_s", "i8"), ("length", "i8"),
        ("trips", "i8"), ("stops", "i8"), ("saved_length", "i8"), ("touched", "?"), ("noted", "?"),
    ],
    align=True,
)  # fmt: skip
VISIT = np.dtype([("node", "i4"), ("leave_s", "i4"), ("latest_s", "i4"), ("trip", "i4")])
TRIP = np.dtype([("kg", "f8"), ("litres", "f8"), ("accepts", "i8")])
PLACED = np.dtype([("truck", "i4"), ("at", "i4")])
BOOKS = np.dtype([("routes", "f8"), ("lost", "f8"), ("missing", "i8"), ("touched", "i8")])


class Plan(NamedTuple):
    """Routes by truck, in rows; row T of `routes`, `visits` and `trips` is the one being tried.

    A route's visits run from depot to depot; `leave_s` is the earliest moment the truck drives on, `latest_s` the
    latest start of service that still brings it home in time, `trip` the number of the trip that a stop inserted
    after the visit would join; `idle_s` is how long the crew waits, its break apart. A parked truck has `length` 0.
    """

    routes: NDArray[np.void]  # (T + 1,) ROUTE
    visits: NDArray[np.void]  # (T + 1, L) VISIT
    trips: NDArray[np.void]  # (T + 1, R) TRIP: its load, and the streams its site takes
    placed: NDArray[np.void]  # (n,) PLACED: who serves a stop, or NOBODY, and its position there
    books: NDArray[np.void]  # (1,) BOOKS: money of routes, prizes of stops left out; required stops missing
    saved: NDArray[np.int32]  # (T, L) nodes before the change under way
    touched: NDArray[np.int32]  # (T,) trucks changed since `settle`, `books.touched` of them
    marks: NDArray[np.int64]  # (n + 1,) stamps of the stops of the route that is evaluated, and the last stamp


def empty_plan(arrays: Arrays) -> Plan:
    """A plan in which every truck is parked. Rows are only as large in memory as what is written into them."""
    trucks, n = len(arrays.trucks), arrays.stops
    most_stops = int(min(n, arrays.trucks["max_stops"].max(initial=0)))
    most_trips = int(min(most_stops, arrays.trucks["max_trips"].max(initial=0)))
    wide = most_stops + most_trips + 4
    placed = np.zeros(n, PLACED)
    placed["truck"] = NOBODY
    books = np.zeros(1, BOOKS)
    books["lost"] = arrays.nodes["prize"][:n].sum()
    books["missing"] = arrays.nodes["required"][:n].sum()
    return Plan(
        np.zeros(trucks + 1, ROUTE), np.zeros((trucks + 1, wide), VISIT), np.zeros((trucks + 1, most_trips + 2), TRIP),
        placed, books, np.zeros((trucks, wide), np.int32), np.zeros(trucks, np.int32),
        np.zeros(n + 1, np.int64),
    )  # fmt: skip


@compiled
def cost_of(plan: Plan) -> float:
    """Money of the plan. Whoever compares plans looks at `books.missing` first: a required stop is worth any money."""
    cost: float = plan.books[0].routes + plan.books[0].lost
    return cost


@compiled
def sum_up(plan: Plan) -> None:
    """Add the routes up anew: what is added and taken away millions of times loses digits.

    Prizes lose none (`routing.engine.money`).
    """
    total = 0.0
    for t in range(len(plan.routes) - 1):
        if plan.routes[t].length:
            total += plan.routes[t].cost
    plan.books[0].routes = total


@compiled
def evaluate(arrays: Arrays, plan: Plan, t: int, m: int) -> float:
    """Check and price the sequence in the trial row for truck t; INFEASIBLE when it breaks a rule.

    Fills the trial row. The search spends most of its time here.
    """
    trial, truck = len(arrays.trucks), arrays.trucks[t]
    row = plan.visits[trial]
    if not _fill_loads(arrays, plan, t, m):
        return INFEASIBLE
    serve, roads = arrays.serve[truck.kind], arrays.roads[truck.profile]
    cost, metres, driven_s, clock, waited_s, windowed = truck.fixed, 0, 0, truck.from_s, 0, 0
    here = row[0].node
    row[0].latest_s = row[0].leave_s = clock  # `latest_s` holds starts first, latest starts in their place later
    for place in range(1, m):
        node = row[place].node
        metres += roads[here, node, 0]
        driven_s += roads[here, node, 1]
        clock += roads[here, node, 1]
        if arrays.nodes[node].windows:
            start = next_start(arrays, node, clock)
            if start == NEVER:
                return INFEASIBLE
            waited_s += start - clock
            clock = start
            windowed = place
        row[place].latest_s = clock
        clock += arrays.nodes[node].service_s
        row[place].leave_s = clock
        cost += serve[node]
        here = node
    least_s = clock - truck.from_s - waited_s
    if clock > truck.to_s or metres > truck.max_distance_m or least_s > truck.max_duty_s:
        return INFEASIBLE
    cost += truck.per_m * metres + arrays.crew_per_s * driven_s
    rest_after, idle_s, duty_s = NEVER, 0, least_s
    if waited_s or (truck.rest_s and clock > truck.rest_to_s):
        duty_s, rest_after = best_duty(arrays, truck, row, m, least_s)
        if duty_s == NEVER or duty_s > truck.max_duty_s:
            return INFEASIBLE
        cost += arrays.crew_per_s * (duty_s - least_s)
        idle_s = duty_s - least_s
        if rest_after != NEVER:
            idle_s -= truck.rest_s
            _fill_rested(arrays, truck, row, m, rest_after)
            windowed = max(windowed, rest_after)
    wishes = arrays.wishes
    if wishes.alone > 0.0 or wishes.long_per_s > 0.0:
        cost += wished(wishes, row, plan.marks, m, arrays.stops, duty_s)
    _fill_latest(arrays, truck, row, m, windowed, rest_after)
    route = plan.routes[trial]
    route.cost, route.length, route.metres = cost, m, metres
    route.least_s, route.idle_s, route.duty_s = least_s, idle_s, duty_s
    return float(cost)


@compiled
def _fill_loads(arrays: Arrays, plan: Plan, t: int, m: int) -> bool:
    """Fill trips and loads of the trial row; False when a limit, or what a site takes, forbids them."""
    trial, truck, n = len(arrays.trucks), arrays.trucks[t], arrays.stops
    row = plan.visits[trial]
    kg = litres = day_kg = day_l = 0.0
    number = stops = streams = 0
    row[0].trip = 0
    for place in range(1, m - 1):
        node = row[place].node
        if node < n:
            kg += arrays.nodes[node].demand_kg
            litres += arrays.nodes[node].demand_l
            streams |= arrays.nodes[node].stream
            stops += 1
        else:
            accepts = arrays.accepts[node - n]
            overloaded = kg > truck.capacity_kg or litres > truck.capacity_l
            if overloaded or number >= truck.max_trips or (streams & ~accepts):
                return False
            trip = plan.trips[trial, number]
            trip.kg, trip.litres, trip.accepts = kg, litres, accepts
            day_kg += kg
            day_l += litres
            number += 1
            streams = 0
            kg = litres = 0.0
        row[place].trip = number
    route = plan.routes[trial]
    route.day_kg, route.day_l, route.trips, route.stops = day_kg, day_l, number, stops
    unloaded = row[m - 2].node >= n
    in_limits = stops <= truck.max_stops and day_kg <= truck.day_limit_kg and day_l <= truck.day_limit_l
    return bool(unloaded and in_limits)


@compiled
def has_way_left(truck: Truck, route: Route, metres: int, work_s: int) -> bool:
    """Tell whether a route may become so much longer: if not, no timing of it could help."""
    return bool(route.metres + metres <= truck.max_distance_m and route.least_s + work_s <= truck.max_duty_s)


@compiled
def _fill_rested(arrays: Arrays, truck: Truck, row: Visits, m: int, rest_after: int) -> None:
    """Earliest starts and departures when the break is taken after `rest_after`."""
    clock, here = truck.from_s, row[0].node
    for place in range(m):
        node = row[place].node
        if place:
            arrive_s = clock + arrays.roads[truck.profile, here, node, 1]
            start = next_start(arrays, node, arrive_s)
            clock = arrive_s if start == NEVER else start
        row[place].latest_s = clock
        clock += arrays.nodes[node].service_s
        if place == rest_after:
            clock = max(clock, truck.rest_from_s) + truck.rest_s
        row[place].leave_s = clock
        here = node


@compiled
def _fill_latest(arrays: Arrays, truck: Truck, row: Visits, m: int, windowed: int, rest_after: int) -> None:
    """Turn starts into latest starts: all slack after the last window or break, then back step by step."""
    slack_s = truck.to_s - row[m - 1].latest_s
    for place in range(m):
        row[place].latest_s += slack_s
    if windowed == 0 and rest_after == NEVER:
        return
    for place in range(windowed, -1, -1):
        node = row[place].node
        limit = row[place + 1].latest_s - arrays.roads[truck.profile, node, row[place + 1].node, 1]
        if place == rest_after:
            limit = min(limit - truck.rest_s, truck.rest_to_s)
        row[place].latest_s = last_start(arrays, node, limit - arrays.nodes[node].service_s)


@compiled
def adopt(arrays: Arrays, plan: Plan, t: int) -> None:
    """Give truck t the route in the trial row, as `evaluate` left it; stops it loses become nobody's."""
    trial = len(arrays.trucks)
    touch(plan, t)
    _leave_stops(arrays, plan, t)
    old, new, books = plan.routes[t], plan.routes[trial], plan.books[0]
    old.cost, old.length, old.trips, old.stops = new.cost, new.length, new.trips, new.stops
    old.day_kg, old.day_l, old.metres = new.day_kg, new.day_l, new.metres
    old.least_s, old.idle_s, old.duty_s = new.least_s, new.idle_s, new.duty_s
    books.routes += new.cost
    for at in range(new.length):
        plan.visits[t, at] = plan.visits[trial, at]
        node = plan.visits[t, at].node
        if node < arrays.stops:
            placed = plan.placed[node]
            placed.truck, placed.at = t, at
            books.lost -= arrays.nodes[node].prize
            if arrays.nodes[node].required:
                books.missing -= 1
    for number in range(new.trips):
        plan.trips[t, number] = plan.trips[trial, number]


@compiled
def _leave_stops(arrays: Arrays, plan: Plan, t: int) -> None:
    """Park truck t as far as the books go: its stops are nobody's and its cost is gone."""
    for place in range(plan.routes[t].length):
        node = plan.visits[t, place].node
        if node < arrays.stops:
            plan.placed[node].truck = NOBODY
            plan.books[0].lost += arrays.nodes[node].prize
            if arrays.nodes[node].required:
                plan.books[0].missing += 1
    if plan.routes[t].length:
        plan.books[0].routes -= plan.routes[t].cost
    plan.routes[t].length = 0
    plan.routes[t].cost = 0.0


@compiled
def park(arrays: Arrays, plan: Plan, t: int) -> None:
    """Take all stops from a truck."""
    touch(plan, t)
    _leave_stops(arrays, plan, t)


@compiled
def touch(plan: Plan, t: int) -> None:
    """Remember the route of truck t as it is, once, so that the change can be taken back."""
    if plan.routes[t].touched:
        return
    plan.routes[t].touched = True
    plan.routes[t].noted = False
    plan.touched[plan.books[0].touched] = t
    plan.books[0].touched += 1
    plan.routes[t].saved_length = plan.routes[t].length
    for place in range(plan.routes[t].length):
        plan.saved[t, place] = plan.visits[t, place].node


@compiled
def settle(plan: Plan) -> None:
    """Keep what was changed: it can no longer be taken back."""
    for number in range(plan.books[0].touched):
        plan.routes[plan.touched[number]].touched = False
    plan.books[0].touched = 0


@compiled
def roll_back(arrays: Arrays, plan: Plan) -> None:
    """Take back every change since `settle`."""
    trial, count = len(arrays.trucks), plan.books[0].touched
    for number in range(count):
        _leave_stops(arrays, plan, plan.touched[number])
    for number in range(count):
        t = plan.touched[number]
        m = plan.routes[t].saved_length
        if m:
            for place in range(m):
                plan.visits[trial, place].node = plan.saved[t, place]
            evaluate(arrays, plan, t, m)
            adopt(arrays, plan, t)
    settle(plan)


class Note(NamedTuple):
    """A plan written down: sequences and what they are worth, nothing more."""

    seq: NDArray[np.int32]  # (T, L)
    length: NDArray[np.int64]  # (T,)
    missing: NDArray[np.int64]  # (1,) required stops left out
    cost: NDArray[np.float64]  # (1,) money


def empty_note(plan: Plan) -> Note:
    """A note of no plan at all, worse than any."""
    none = np.full(1, np.iinfo(np.int64).max)
    return Note(np.zeros_like(plan.saved), np.zeros(len(plan.saved), np.int64), none, np.full(1, np.inf))


def copy_note(source: Note, target: Note) -> None:
    target.seq[...], target.length[...] = source.seq, source.length
    target.missing[...], target.cost[...] = source.missing, source.cost


def copied(note: Note) -> Note:
    return Note(note.seq.copy(), note.length.copy(), note.missing.copy(), note.cost.copy())


@compiled
def note(plan: Plan, target: Note) -> None:
    """Write a settled plan down. Always into the same note between two calls of `redraw`: only changes are copied."""
    for t in range(len(target.length)):
        if not plan.routes[t].noted:
            plan.routes[t].noted = True
            target.length[t] = plan.routes[t].length
            for place in range(plan.routes[t].length):
                target.seq[t, place] = plan.visits[t, place].node
    target.missing[0] = plan.books[0].missing
    target.cost[0] = cost_of(plan)


@compiled
def redraw(arrays: Arrays, source: Note, plan: Plan) -> None:
    """Make the plan what the note says, and settle it. A route that breaks a rule is left out."""
    trial, trucks = len(arrays.trucks), len(arrays.trucks)
    for t in range(trucks):
        _leave_stops(arrays, plan, t)
        plan.routes[t].noted = False
    for t in range(trucks):
        m = source.length[t]
        if m:
            for place in range(m):
                plan.visits[trial, place].node = source.seq[t, place]
            if evaluate(arrays, plan, t, m) < INFEASIBLE:
                adopt(arrays, plan, t)
    settle(plan)
