"""Ruin and recreate, accepted by simulated annealing: the loop in which nearly all of a search's time is spent."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing.engine.arrays import Arrays
from routing.engine.jit import compiled
from routing.engine.money import LEAST_GAIN
from routing.engine.places import BLINK_SHARE, Look, serve
from routing.engine.plan import NOBODY, Note, Plan, cost_of, note, roll_back, settle, sum_up
from routing.engine.rng import rand, randint
from routing.engine.ruin import ruin
from routing.engine.scratch import Scratch
from routing.engine.unloading import unload_better

REQUIRED_FIRST_SHARE = 0.5
FIRST = 1e6  # times the dearest: before all others
NEW_TRIP_SHARE = 0.05  # ruins after which a new trip is offered at part of its price
ANY_ORDER, HEAVIEST, DEAREST, DENSEST = 0.30, 0.35, 0.25, 0.10  # how absent stops are ordered


@compiled
def anneal(
    arrays: Arrays, plan: Plan, best: Note, scratch: Scratch, seeds: NDArray[np.int32], iterations: int,
    warm: float, cold: float, may_open: bool,
) -> int:  # fmt: skip
    """Change the plan for some iterations, cooling from `warm` to `cold` money; note better plans in `best`.

    Ruins start round one of `seeds`. Returns the number of times `best` was improved.
    """
    improved, warmth = 0, warm
    sum_up(plan)
    shrink = math.exp(math.log(cold / warm) / max(1, iterations))
    for _ in range(iterations):
        missed, before = plan.books[0].missing, cost_of(plan)
        count = ruin(arrays, plan, scratch, seeds[randint(scratch.rng, 0, len(seeds) - 1)])
        recreate(arrays, plan, scratch, count, may_open, missed > 0)
        if not arrays.mixed:  # where sites refuse streams, the cheapest cuts would mostly be refused
            for number in range(plan.books[0].touched):
                unload_better(arrays, plan, scratch, plan.touched[number])
        missing, after = plan.books[0].missing, cost_of(plan)
        allowed = before - warmth * math.log(1.0 - rand(scratch.rng))
        if missing < missed or (missing == missed and after < allowed):
            settle(plan)
            if missing < best.missing[0] or (missing == best.missing[0] and after < best.cost[0] - LEAST_GAIN):
                note(plan, best)
                improved += 1
        else:
            roll_back(arrays, plan)
        warmth *= shrink
    return improved


@compiled
def recreate(arrays: Arrays, plan: Plan, scratch: Scratch, count: int, may_open: bool, scarce: bool) -> None:
    """Put `scratch.absent[:count]` back, each at its cheapest place, in an order that varies.

    `scarce` where required stops are left out: then their prizes are looked at too.
    """
    _order(arrays, scratch, count, scarce)
    ease = 1.0
    if rand(scratch.rng) < NEW_TRIP_SHARE:
        ease = rand(scratch.rng) ** 2
    look = Look(ease, BLINK_SHARE, False, may_open)
    for number in range(count):
        stop = scratch.absent[number]
        if plan.placed[stop].truck == NOBODY:
            serve(arrays, plan, scratch, stop, look)


@compiled
def _order(arrays: Arrays, scratch: Scratch, count: int, scarce: bool) -> None:
    """Sort the absent stops by a key drawn anew each time: at random, by load, prize, or prize by load."""
    how = rand(scratch.rng)
    required_first = rand(scratch.rng) < REQUIRED_FIRST_SHARE
    absent, key = scratch.absent, scratch.key
    for number in range(count):
        node = arrays.nodes[absent[number]]
        prize = node.prize if scarce or not node.required else 0.0
        if node.required:
            prize += arrays.dearest
        value = rand(scratch.rng)
        if ANY_ORDER <= how < ANY_ORDER + HEAVIEST:
            value = -node.demand_kg + 1e-6 * value
        elif how < ANY_ORDER + HEAVIEST + DEAREST and how >= ANY_ORDER:
            value = -prize + 1e-6 * value
        elif how >= ANY_ORDER:
            value = -prize / (node.demand_kg + 1.0) + 1e-6 * value
        if required_first and node.required:
            value -= FIRST * arrays.dearest
        key[number] = value
    for number in range(1, count):  # few stops: insertion sort
        stop, value, at = absent[number], key[number], number
        while at > 0 and key[at - 1] > value:
            absent[at], key[at] = absent[at - 1], key[at - 1]
            at -= 1
        absent[at], key[at] = stop, value
