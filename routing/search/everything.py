"""Try everything, where that is little: a few stops, few kinds of trucks. What comes of it is the best plan there is.

Stops whose prize no place could earn are tried too: by way of one, where roads break the triangle rule, a required stop
may be served that could not be otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.engine.enumeration import cheapest_duties
from routing.engine.plan import INFEASIBLE, Note
from routing.search.chain import Chain
from routing.search.worth import Worth

MOST_STOPS = 7
SEQUENCES_PER_S = 200_000  # tried out, a tenth of what a core does: the rest of a second is the search's
LONGEST_S = 10.0
SHORTEST_S = 1.0  # when no clock decides, too

type Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Duties:
    """One kind's cheapest duty for each set of stops, as bits of `cost`'s index."""

    trucks: list[int]
    cost: NDArray[np.float64]
    length: Ints
    seq: Ints


def is_little(chain: Chain) -> bool:
    """Tell whether all duties of all kinds of trucks can be tried in a small part of the time."""
    if not 0 < len(_stops(chain)) <= MOST_STOPS:
        return False
    seconds = min(LONGEST_S, max(SHORTEST_S, chain.watch.left_s())) if chain.watch.by_clock else SHORTEST_S
    return sum(_sequences(chain, kind) for kind in _kinds(chain)) <= SEQUENCES_PER_S * seconds


def best_of_all(chain: Chain) -> Note:
    """The best plan there is. Changes the plan of the chain."""
    duties = [_duties(chain, kind) for kind in _kinds(chain)]
    chosen = _share_out(chain, duties)
    for truck in chain.used():
        chain.drop(truck)
    free = [list(kind.trucks) for kind in duties]
    for number, stops in chosen:
        kind = duties[number]
        nodes = kind.seq[stops, : kind.length[stops]].tolist()
        driven = chain.drive(free[number].pop(0), nodes)
        assert driven, f"a duty that was evaluated cannot be driven: {nodes}"  # noqa: S101
    chain.settle()
    return chain.new_note()


def _kinds(chain: Chain) -> list[int]:
    return [int(kind) for kind in np.unique(chain.arrays.trucks["kind"])]


def _stops(chain: Chain) -> Ints:
    """Stops that some truck may serve."""
    return np.flatnonzero(chain.arrays.can.any(axis=0)).astype(np.int32)


def _able(chain: Chain, kind: int) -> Ints:
    return np.flatnonzero(chain.arrays.can[kind]).astype(np.int32)


def _sites(chain: Chain, kind: int) -> Ints:
    return (chain.arrays.stops + np.flatnonzero(chain.arrays.open_to[kind])).astype(np.int32)


def _sequences(chain: Chain, kind: int) -> int:
    """Sequences of one kind: orders of k stops, with or without one of S sites between two, and a site at the end."""
    stops, sites = len(_able(chain, kind)), len(_sites(chain, kind))
    return sum(math.perm(stops, k) * (sites + 1) ** (k - 1) * sites for k in range(1, stops + 1))


def _duties(chain: Chain, kind: int) -> _Duties:
    arrays, able = chain.arrays, _able(chain, kind)
    k, stops = len(able), _stops(chain)
    sets = 1 << len(stops)
    cost, length = np.full(1 << k, INFEASIBLE), np.zeros(1 << k, np.int32)
    seq = np.zeros((1 << k, 2 * k + 2), np.int32)
    truck = chain.one_of_kind(kind)
    if k:
        room = np.zeros((2, k), np.int32)
        cheapest_duties(arrays, chain.plan, truck, able, _sites(chain, kind), cost, length, seq, room[0], room[1])
    # From bits of the stops this kind can serve to bits of all.
    place = np.searchsorted(stops, able).tolist()
    index = [sum(1 << place[bit] for bit in range(k) if subset >> bit & 1) for subset in range(1 << k)]
    whole = _Duties(
        [int(one) for one in np.flatnonzero(arrays.trucks["kind"] == kind)][: len(stops)],
        np.full(sets, INFEASIBLE), np.zeros(sets, np.int32), np.zeros((sets, seq.shape[1]), np.int32),
    )  # fmt: skip
    whole.cost[index], whole.length[index], whole.seq[index] = cost, length, seq
    return whole


def _share_out(chain: Chain, duties: list[_Duties]) -> list[tuple[int, int]]:
    """Which kind drives for which sets of stops: one truck after the other takes a set of what is left, or nothing."""
    nodes = chain.arrays.nodes[_stops(chain)]
    sets = range(1 << len(nodes))
    left = [_left(nodes, free) for free in sets]
    everything = sets[-1]
    best: dict[int, tuple[Worth, list[tuple[int, int]]]] = {everything: (left[everything], [])}  # by stops still free
    for number, kind in enumerate(duties):
        possible = [stops for stops in sets if kind.cost[stops] < INFEASIBLE]
        for _ in kind.trucks:
            further = dict(best)
            for free, (worth, chosen) in best.items():
                for stops in possible:
                    if stops & ~free:
                        continue
                    found = worth.minus(left[stops]).plus(Worth(0, float(kind.cost[stops])))
                    rest = free & ~stops
                    if rest not in further or found < further[rest][0]:
                        further[rest] = (found, [*chosen, (number, stops)])
            best = further
    return min(best.values(), key=lambda pair: pair[0])[1]


def _left(nodes: NDArray[np.void], free: int) -> Worth:
    """What leaving these stops costs."""
    rows = [nodes[bit] for bit in range(len(nodes)) if free >> bit & 1]
    return Worth(sum(bool(row["required"]) for row in rows), sum(float(row["prize"]) for row in rows))
