"""Let every route be driven by the truck that drives it for least: of near-alike trucks the search tries only a few."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from routing.engine.fleet import cheapest_parked, driven_by
from routing.engine.money import LEAST_GAIN
from routing.engine.plan import INFEASIBLE, NOBODY
from routing.search.chain import Chain

FEW_KINDS = 10  # of trucks: more are near-alike, and some of them stand for all


def better_trucks(chain: Chain) -> None:
    """Give routes to parked trucks, exchange them between trucks, until that saves no more; the best gets better."""
    if len(np.unique(chain.arrays.trucks["kind"])) < 2:
        return
    chain.go_to(chain.best)
    while _take_parked(chain) or _exchange(chain):
        chain.settle()
    chain.keep_if_better(chain.new_note())


def _take_parked(chain: Chain) -> bool:
    found = False
    for truck in chain.used():
        other, cost = cheapest_parked(chain.arrays, chain.plan, _as_compiled(truck))
        if other != NOBODY and cost < chain.plan.routes[truck]["cost"] - LEAST_GAIN:
            nodes = _from_depots_of(chain, other, truck)
            chain.drop(truck)
            found = chain.drive(other, nodes) or found
    return found


def _exchange(chain: Chain) -> bool:
    """Exchange the routes of any two trucks that would both drive the other's, and save by it."""
    routes, kinds, found = chain.plan.routes["cost"], chain.arrays.trucks["kind"], False
    for one, other in combinations(chain.used(), 2):
        if kinds[one] == kinds[other]:
            continue
        there = driven_by(chain.arrays, chain.plan, _as_compiled(one), _as_compiled(other))
        if there == INFEASIBLE:
            continue
        back = driven_by(chain.arrays, chain.plan, _as_compiled(other), _as_compiled(one))
        if there + back < routes[one] + routes[other] - LEAST_GAIN:
            ours, theirs = _from_depots_of(chain, other, one), _from_depots_of(chain, one, other)
            chain.drop(one)
            chain.drop(other)
            found = chain.drive(other, ours) and chain.drive(one, theirs)
    return found


def _from_depots_of(chain: Chain, truck: int, driver: int) -> list[int]:
    row = chain.arrays.trucks[truck]
    return [int(row["start"]), *chain.nodes_of(driver)[1:-1], int(row["end"])]


def _as_compiled(truck: int) -> Any:
    """A number as the compiled search passes it: no second compilation."""
    return np.int64(truck)
