"""Polish a plan part by part: two or three neighbouring tours at a time, by OR-Tools."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from random import Random

from routing.draft import NOBODY, Draft
from routing.ortools_model import Effort, resolve
from routing.stop import PhaseProgress
from routing.tour import Tour

MOST_TOURS = 3  # of a part: two or three keep it near 100 nodes, where guided local search is at its best
MOST_CANDIDATES = 60  # optional stops nearby that a part may take in
WEIGHT = 1000  # one part costs as much time as so many ruins
ENDLESS_S = 3600.0  # when counted solutions alone must end a call
EFFORT = Effort(seconds=2.0, solutions=250)  # 250 take about 2 s on 130 nodes


def polish(draft: Draft, rng: Random, progress: PhaseProgress, left_s: Callable[[], float]) -> Draft:
    """Resolve one part after another until `progress` says None; a part's better tours are kept at once.

    `left_s` bounds each call of OR-Tools by the time that is left.
    """
    stale: set[frozenset[int]] = set()
    while progress(draft.cost, WEIGHT) is not None:
        used = [tour for tour in draft.tours if tour is not None]
        if not used:
            break
        part = _part(draft, rng.choice(used), rng)
        key = frozenset(id(tour) for tour in part)
        if key in stale:
            if len(stale) > 3 * len(used):
                break
            continue
        better = _resolved(draft, part, left_s())
        if better is None:
            stale.add(key)
        else:
            draft = better
    return draft


def _part(draft: Draft, tour: Tour, rng: Random) -> list[Tour]:
    """The tour and the one or two tours most interwoven with it."""
    votes: Counter[int] = Counter()
    for stop in _stops(draft, tour):
        for other in draft.instance.near[stop][:15]:
            if draft.where[other] not in (NOBODY, tour.truck.index):
                votes[draft.where[other]] += 1
    count = rng.randint(1, MOST_TOURS - 1)
    neighbours = [draft.tours[index] for index, _ in votes.most_common(count)]
    return [tour, *(other for other in neighbours if other is not None)]


def _stops(draft: Draft, tour: Tour) -> list[int]:
    return [node for node in tour.seq if node < draft.instance.stops]


def _resolved(draft: Draft, part: list[Tour], left_s: float) -> Draft | None:
    """Return a copy of the draft with the part solved better, checked by our own rules; None when it is not better."""
    instance = draft.instance
    inside = [stop for tour in part for stop in _stops(draft, tour)]
    outside = {other for stop in inside for other in instance.near[stop][:10] if draft.where[other] == NOBODY}
    tempting = sorted(outside, key=lambda stop: (-instance.prize[stop], stop))[:MOST_CANDIDATES]
    seconds = max(0.01, min(EFFORT.seconds, left_s)) if math.isfinite(left_s) else ENDLESS_S
    effort = Effort(seconds, EFFORT.solutions)
    trucks = [tour.truck for tour in part]
    sequences = resolve(instance, trucks, [tour.seq for tour in part], {*inside, *tempting}, effort)
    if sequences is None:
        return None
    candidate = draft.copy()
    for truck in trucks:
        candidate.replace(truck, [truck.start, truck.end])
    kept = all(candidate.replace(truck, seq) for truck, seq in zip(trucks, sequences, strict=True))
    return candidate if kept and candidate.cost < draft.cost - 1e-6 else None
