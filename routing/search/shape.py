"""Find the shape of a plan: how many routes, driven by which vehicles, in how many trips.

Stop by stop a search never crosses the valley between two and three trucks. So: drop a route, hand it to another kind
of vehicle, or open one, let a short search settle the neighbourhood, and only then compare.
"""

from __future__ import annotations

import math

import numpy as np

from routing.engine.plan import NOBODY, Note
from routing.search.chain import Chain
from routing.search.fleet import FEW_KINDS
from routing.search.worth import worth_of

SETTLING = 2000  # ruins that settle a neighbourhood
PROBING = 200  # after these, a shape that leaves a required stop out is given up
WARM, PROBED, COLD = 0.1, 0.08, 0.01  # temperatures, in mean costs of a stop
ALLOWANCE = 0.001  # a new shape may cost this share more than the last one and still be walked from
ROUND = 5  # neighbours of each stop touched that are searched too


def grow(chain: Chain, until: float) -> Note:
    """Build a plan vehicle by vehicle, each settled before the next is opened, of the kind that helps most.

    Ends with fewer vehicles than inserting stops greedily does. May leave required stops out when time is short.
    """
    for truck in chain.used():
        chain.drop(truck)
    chain.settle()
    current = chain.new_note()
    while chain.watch.share < until:
        best = current
        chain.go_to(current)
        for truck in chain.parked_kinds(FEW_KINDS):
            if chain.watch.share >= until:
                break
            chain.go_to(current)
            focus = _open(chain, truck, chain.missing(required=True))
            chain.settle()
            if not focus:
                continue
            candidate = chain.new_note()
            chain.anneal(candidate, _around(chain, focus, 0), SETTLING, WARM, COLD, may_open=False)
            best = min(best, candidate, key=worth_of)
        if not worth_of(best).beats(worth_of(current)):
            break
        current = best
    return current


def reshape(chain: Chain, until: float) -> None:
    """Try one shape after another until the share `until`; the chain's best gets better on the way."""
    chain.go_to(chain.best)
    current, candidate = chain.new_note(), chain.new_note()
    while chain.watch.share < until:
        chain.go_to(current)
        touched = _change_shape(chain)
        chain.settle()
        if not touched:
            chain.watch.advance(1, chain.best_worth())  # so that counting comes to an end
            continue
        chain.write_down(candidate)
        seeds = _around(chain, touched, ROUND)
        chain.anneal(candidate, seeds, PROBING, WARM, PROBED, may_open=False)
        if candidate.missing[0] <= current.missing[0]:
            chain.anneal(candidate, seeds, SETTLING - PROBING, PROBED, COLD, may_open=False)
        allowance = -ALLOWANCE * abs(float(current.cost[0])) * math.log(1 - chain.rng.random())
        if worth_of(candidate).beats(worth_of(current), -allowance):
            current, candidate = candidate, current
        chain.keep_if_better(current)


def _around(chain: Chain, stops: list[int], neighbours: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    near = chain.arrays.near[stops, :neighbours].ravel() if neighbours else np.zeros(0, np.int32)
    return np.unique(np.concatenate([np.array(stops, np.int32), near[near >= 0]]))


def _change_shape(chain: Chain) -> list[int]:
    """Change one or two routes; return the stops round which things moved."""
    used, how, touched = chain.used(), chain.rng.random(), list[int]()
    if used and how < 0.6:
        touched += chain.drop(chain.rng.choice(used))
    parked = chain.parked_kinds()
    if how > 0.4 and parked:
        touched += _open(chain, chain.rng.choice(parked), touched)
    order = sorted(set(touched))
    chain.rng.shuffle(order)
    chain.offer(order)
    return order


def _open(chain: Chain, truck: int, around: list[int]) -> list[int]:
    """Start a route at one stop of `around` (or anywhere) and offer it the neighbourhood; return that."""
    can = chain.arrays.can[chain.arrays.trucks[truck]["kind"]]
    pool = [stop for stop in around or chain.worthy.tolist() if can[stop] and chain.arrays.nodes[stop]["worth"]]
    if not pool:
        return []
    seed = chain.rng.choice(pool)
    if not chain.take_out(seed) or not chain.start_route(truck, seed):
        return [seed]
    near = [int(stop) for stop in chain.arrays.near[seed] if stop != NOBODY]
    chain.offer(near)
    return [seed, *near]
