"""Polish a plan part by part: two or three neighbouring routes at a time, as a full OR-Tools model."""

from __future__ import annotations

import math
from collections import Counter

from routing.engine.plan import NOBODY, roll_back
from routing.search.chain import Chain
from routing.search.ortools_model import Effort, resolve

MOST_ROUTES = 3  # of a part: two or three keep it near 100 nodes, where guided local search is at its best
MOST_CANDIDATES = 60  # optional stops nearby that a part may take in
WEIGHT = 1000  # one part costs as much time as so many ruins of plain Python, so that counted searches end alike
ENDLESS_S = 3600.0  # when counted solutions alone must end a call
EFFORT = Effort(seconds=2.0, solutions=250)  # 250 take about 2 s on 130 nodes


def polish(chain: Chain, until: float) -> None:
    """Resolve one part after another until the share `until`; the chain's best gets better on the way.

    Ends early when every part looked at is as good as OR-Tools can make it.
    """
    chain.go_to(chain.best)
    stale: set[frozenset[tuple[int, ...]]] = set()
    while chain.watch.advance(WEIGHT, chain.best_worth()) < until:
        used = chain.used()
        if not used:
            return
        trucks = _part(chain, chain.rng.choice(used))
        key = frozenset(tuple(chain.nodes_of(truck)) for truck in trucks)
        if key in stale:
            if len(stale) > 3 * len(used):
                return
        elif _resolve(chain, trucks, chain.watch.left_s()):
            chain.keep_if_better(chain.new_note())
        else:
            stale.add(key)


def _part(chain: Chain, truck: int) -> list[int]:
    """The truck and the one or two whose routes are most interwoven with its own."""
    votes: Counter[int] = Counter()
    for stop in chain.stops_of(truck):
        for other in chain.arrays.near[stop, :15]:
            if other >= 0 and (server := int(chain.plan.placed[other]["truck"])) not in (NOBODY, truck):
                votes[server] += 1
    count = chain.rng.randint(1, MOST_ROUTES - 1)
    return [truck, *(other for other, _ in votes.most_common(count))]


def _resolve(chain: Chain, trucks: list[int], left_s: float) -> bool:
    """Give the trucks better routes, evaluated by our own rules; False, and nothing changed, when none were found."""
    arrays, placed = chain.arrays, chain.plan.placed["truck"]
    inside = [stop for truck in trucks for stop in chain.stops_of(truck)]
    near = {int(other) for stop in inside for other in arrays.near[stop, :10] if other >= 0 and placed[other] == NOBODY}
    tempting = sorted(near, key=lambda stop: (-arrays.nodes[stop]["prize"], stop))[:MOST_CANDIDATES]
    seconds = max(0.01, min(EFFORT.seconds, left_s)) if math.isfinite(left_s) else ENDLESS_S
    before = chain.worth()
    old = [chain.nodes_of(truck) for truck in trucks]
    sequences = resolve(arrays, trucks, old, {*inside, *tempting}, Effort(seconds, EFFORT.solutions))
    if sequences is None:
        return False
    for truck in trucks:
        chain.drop(truck)
    kept = all(len(seq) == 2 or chain.drive(truck, seq) for truck, seq in zip(trucks, sequences, strict=True))
    if kept and chain.worth().beats(before):
        chain.settle()
        return True
    roll_back(arrays, chain.plan)
    return False
