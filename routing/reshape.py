"""Find the shape of a plan: how many tours, driven by which vehicles, in how many trips.

Stop by stop a search never crosses the valley between two and three trucks. So: drop a tour, hand it to another kind
of vehicle, or open one, let a short search settle the neighbourhood, and only then compare.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from routing.draft import NOBODY, Draft
from routing.instance import INFINITE, MUST, Instance, Truck
from routing.search import Heat, improve, recreate, remove, switch_sites
from routing.stop import PhaseProgress
from routing.tour import Tour
from routing.unloading import place_unloading

SETTLE_ITERATIONS = 200
PATIENCE = 60
SETTLE_HEAT = Heat(0.1, 0.01)
ALLOWANCE = 0.001  # a new shape may cost this share more than the last one and still be walked from


def grow(instance: Instance, rng: Random, progress: PhaseProgress) -> Draft:
    """Build a plan vehicle by vehicle, each settled before the next is opened, of the kind that helps most.

    Ends with fewer vehicles than inserting stops greedily does. May leave required stops out when time is short.
    """
    current = Draft(instance)
    while progress(current.cost) is not None:
        best = current
        for truck in _parked_kinds(current):
            candidate = current.copy()
            candidate.may_open = False
            missing = [s for s in range(instance.stops) if instance.required[s] and candidate.where[s] == NOBODY]
            focus = _open(candidate, rng, truck, [stop for stop in missing if truck.can[stop] and instance.worth[stop]])
            if focus:
                candidate = improve(candidate, rng, _settling(progress, INFINITE), SETTLE_HEAT, sorted(focus))
            best = min(best, candidate, key=lambda draft: draft.cost)
        if best.cost >= current.cost - 1e-6:
            break
        current = best
    current.may_open = True
    return current


def reshape(draft: Draft, rng: Random, progress: PhaseProgress, on_better: Callable[[Draft], object]) -> Draft:
    """Try one shape after another until `progress` says None; return the best plan seen."""
    current = best = draft
    while progress(best.cost) is not None:
        candidate = current.copy()
        focus = _change_shape(candidate, rng)
        if not focus:
            continue
        hopeless = current.cost + MUST
        candidate = improve(candidate, rng, _settling(progress, hopeless), SETTLE_HEAT, focus)
        candidate.may_open = True
        switch_sites(candidate)
        if candidate.cost < current.cost - ALLOWANCE * current.cost * math.log(rng.random() or 1e-12):
            current = candidate
        if candidate.cost < best.cost - 1e-6:
            best = candidate
            on_better(best)
    return best


def _settling(progress: PhaseProgress, hopeless: float) -> PhaseProgress:
    """Share of a short search done; it ends early when reshaping does, or when required stops find no place."""
    done = 0

    def share(cost: float, weight: int = 1) -> float | None:
        nonlocal done
        done += weight
        over = done >= SETTLE_ITERATIONS or (done >= PATIENCE and cost >= hopeless)
        return None if over or progress(cost, weight) is None else done / SETTLE_ITERATIONS

    return share


def _change_shape(draft: Draft, rng: Random) -> list[int]:
    """Change one or two tours; return the stops round which things moved."""
    used = [tour for tour in draft.tours if tour is not None]
    how = rng.random()
    touched: set[int] = set()
    draft.may_open = False  # otherwise the first required stop brings the dropped tour back
    if used and how < 0.6:
        touched |= _drop(draft, rng.choice(used))
    parked = _parked_kinds(draft)
    if how > 0.4 and parked:
        touched |= _open(draft, rng, rng.choice(parked), sorted(touched))
    if used and how < 0.2:
        touched |= _hand_over(draft, rng)
    recreate(draft, [stop for stop in touched if draft.where[stop] == NOBODY], rng)
    near = draft.instance.near
    return sorted(touched.union(*(near[stop][:5] for stop in touched)))


def _stops_of(draft: Draft, tour: Tour) -> set[int]:
    return {node for node in tour.seq if node < draft.instance.stops}


def _drop(draft: Draft, tour: Tour) -> set[int]:
    return set(remove(draft, tour.truck.index, _stops_of(draft, tour)))


def _parked_kinds(draft: Draft) -> list[Truck]:
    """One parked vehicle of each kind."""
    kinds = {t.kind: t for t, tour in zip(draft.instance.trucks, draft.tours, strict=True) if tour is None}
    return [kinds[kind] for kind in sorted(kinds)]


def _open(draft: Draft, rng: Random, truck: Truck, around: list[int]) -> set[int]:
    """Start a tour at one stop of `around` (or anywhere) and offer it the neighbourhood; return that."""
    instance = draft.instance
    pool = around or [stop for stop in range(instance.stops) if instance.worth[stop] and truck.can[stop]]
    if not pool:
        return set()
    seed = rng.choice(pool)
    site = instance.solo(truck, seed)[1]
    if not truck.can[seed] or site < 0:
        return set()
    if draft.where[seed] != NOBODY:
        remove(draft, draft.where[seed], {seed})
    if draft.where[seed] != NOBODY or not draft.replace(truck, [truck.start, seed, site, truck.end]):
        return {seed}
    for stop in instance.near[seed]:
        if draft.where[stop] == NOBODY:
            draft.serve(stop, instance.prize[stop])
    return {seed, *instance.near[seed]}


def _hand_over(draft: Draft, rng: Random) -> set[int]:
    """Let an unused vehicle of another kind drive a tour; what it cannot take is left out for now."""
    instance = draft.instance
    used = [tour for tour in draft.tours if tour is not None]
    parked = _parked_kinds(draft)
    if not used or not parked:
        return set()
    tour, truck = rng.choice(used), rng.choice(parked)
    stops = _stops_of(draft, tour)
    order = [node for node in tour.seq if node in stops and truck.can[node]]
    if not remove(draft, tour.truck.index, stops) or not truck.sites:
        return stops
    while order:
        seq = place_unloading(instance, truck, order)
        if seq is not None and draft.replace(truck, seq):
            break
        order = order[: len(order) * 9 // 10]
    return stops
