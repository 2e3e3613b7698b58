"""Ruin and recreate over the whole plan, accepted by simulated annealing.

After Christiaens and Vanden Berghe's SISR (Transportation Science 54(2), 2020, doi 10.1287/trsc.2019.0914): take
strings of neighbouring stops out, put them back greedily. Here also whole trips fall, and unloading is placed anew
in every tour touched.
"""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

from routing.draft import NOBODY, Draft, Look
from routing.instance import Instance
from routing.stop import PhaseProgress
from routing.unloading import place_unloading

MEAN_REMOVED = 10  # stops taken out per ruin, as in the article
LONGEST_STRING = 10
SPLIT_SHARE = 0.5
REQUIRED_FIRST_SHARE = 0.5
NEW_TRIP_SHARE = 0.05  # ruins after which a new trip is offered at part of its price


class Heat(NamedTuple):
    """Temperatures at the start and the end of a search, in mean money per served stop."""

    warm: float
    cold: float


WARM_START = Heat(0.15, 0.005)  # 0.5 and 2 were worse or as good on 300 and 1,000 stops in 8 to 20 s


def improve(
    draft: Draft,
    rng: Random,
    progress: PhaseProgress,
    heat: Heat = WARM_START,
    seeds: list[int] | None = None,
) -> Draft:
    """Search until `progress(best cost)` says None; it otherwise gives the share of this search done, 0 to 1.

    Ruins start round one of `seeds`, by default any stop.
    """
    current = best = draft
    warm = mean_cost(draft) * heat.warm
    shrink = math.log(heat.cold / heat.warm)
    seeds = seeds or list(range(draft.instance.stops))
    while (share := progress(best.cost)) is not None:
        candidate = current.copy()
        absent = _ruin(candidate, rng, seeds[rng.randrange(len(seeds))])
        recreate(candidate, absent, rng)
        _tidy(candidate, current)
        allowance = -warm * math.exp(shrink * share) * math.log(rng.random() or 1e-12)
        if candidate.cost < current.cost + allowance:
            current = candidate
            if candidate.cost < best.cost - 1e-6:
                best = candidate
    return best


def mean_cost(draft: Draft) -> float:
    served = sum(where != NOBODY for where in draft.where)
    return sum(tour.cost for tour in draft.tours if tour is not None) / max(1, served)


def _ruin(draft: Draft, rng: Random, seed: int) -> list[int]:
    """Take neighbouring strings, or now and then a whole trip, out; return the stops to put back."""
    instance = draft.instance
    lost = _ruin_trip(draft, seed, rng) if rng.random() < 0.03 else _ruin_strings(draft, seed, rng)
    absent = set(lost)
    pool = instance.near[seed][: 2 * MEAN_REMOVED]
    for stop in lost[:3]:
        pool = pool + instance.near[stop][:MEAN_REMOVED]
    absent.update(stop for stop in pool if draft.where[stop] == NOBODY)
    if instance.worth[seed] and draft.where[seed] == NOBODY:
        absent.add(seed)
    return sorted(absent)


def _ruin_strings(draft: Draft, seed: int, rng: Random) -> list[int]:
    longest = min(LONGEST_STRING, max(1, _mean_length(draft)))
    most_strings = 4 * MEAN_REMOVED / (1 + longest) - 1
    strings = int(rng.uniform(1, most_strings + 1))
    lost: list[int] = []
    hit: set[int] = set()
    for stop in (seed, *draft.instance.near[seed]):
        index = draft.where[stop]
        if index == NOBODY or index in hit:
            continue
        hit.add(index)
        lost += _cut_string(draft, index, stop, int(rng.uniform(1, longest + 1)), rng)
        if len(hit) >= strings:
            break
    return lost


def _mean_length(draft: Draft) -> int:
    used = [tour.stops for tour in draft.tours if tour is not None]
    return sum(used) // max(1, len(used))


def _cut_string(draft: Draft, index: int, stop: int, length: int, rng: Random) -> list[int]:
    """Remove a string of stops holding `stop` from a tour, perhaps sparing some in its middle."""
    tour = draft.tours[index]
    assert tour is not None  # noqa: S101 - `where` never names a parked truck
    stops = draft.instance.stops
    order = [node for node in tour.seq if node < stops]
    length = min(length, len(order))
    spared = 0
    if length > 1 and rng.random() < SPLIT_SHARE:
        while length + spared < len(order) and rng.random() > 0.01 and spared < length:
            spared += 1
    at = order.index(stop)
    first = rng.randint(max(0, at - length - spared + 1), min(at, len(order) - length - spared))
    string = order[first : first + length + spared]
    if spared:
        skip = rng.randint(0, length)
        string = string[:skip] + string[skip + spared :]
    return remove(draft, index, set(string))


def _ruin_trip(draft: Draft, seed: int, rng: Random) -> list[int]:
    """Remove one whole trip near the seed, or a whole tour."""
    instance = draft.instance
    near = next((stop for stop in (seed, *instance.near[seed]) if draft.where[stop] != NOBODY), None)
    if near is None:
        return []
    index = draft.where[near]
    tour = draft.tours[index]
    assert tour is not None  # noqa: S101 - `where` never names a parked truck
    if rng.random() < 0.3:
        return remove(draft, index, {node for node in tour.seq if node < instance.stops})
    trip = tour.trip_of[tour.pos[near]]
    inside = {node for place, node in enumerate(tour.seq[:-1]) if tour.trip_of[place] == trip and node < instance.stops}
    return remove(draft, index, inside)


def remove(draft: Draft, index: int, gone: set[int]) -> list[int]:
    """Take stops out of a tour, and the disposals that then have nothing to unload."""
    tour = draft.tours[index]
    assert tour is not None  # noqa: S101 - callers name a used truck
    stops = draft.instance.stops
    seq: list[int] = []
    for node in tour.seq[:-1]:
        if node in gone or (node >= stops and seq and seq[-1] >= stops):
            continue
        seq.append(node)
    seq.append(tour.seq[-1])
    return sorted(gone) if draft.replace(tour.truck, seq) else []


def recreate(draft: Draft, absent: list[int], rng: Random) -> None:
    instance = draft.instance
    order = _order(instance, absent, rng)
    ease = 1.0
    if rng.random() < NEW_TRIP_SHARE:
        ease = rng.random() ** 2
    look = Look(rng, ease)
    for stop in order:
        draft.serve(stop, instance.prize[stop], look)


def _order(instance: Instance, absent: list[int], rng: Random) -> list[int]:
    order = absent[:]
    rng.shuffle(order)
    how = rng.random()
    if how < 0.35:
        order.sort(key=lambda stop: -instance.kg[stop])
    elif how < 0.6:
        order.sort(key=lambda stop: -instance.prize[stop])
    elif how < 0.7:
        order.sort(key=lambda stop: -instance.prize[stop] / (instance.kg[stop] + 1))
    if rng.random() < REQUIRED_FIRST_SHARE:
        order.sort(key=lambda stop: not instance.required[stop])
    return order


def _tidy(candidate: Draft, before: Draft) -> None:
    """Place unloading anew in the tours that changed."""
    instance = candidate.instance
    if instance.mixed:
        return  # sites refuse streams here: the cheapest cuts would mostly be refused
    for new, old in zip(candidate.tours, before.tours, strict=True):
        if new is None or new is old:
            continue
        seq = place_unloading(instance, new.truck, [node for node in new.seq if node < instance.stops])
        if seq is not None and seq != new.seq:
            cost = candidate.cost
            candidate.replace(new.truck, seq)
            if candidate.cost > cost:
                candidate.replace(new.truck, new.seq)


def switch_sites(draft: Draft) -> None:
    """Try every other site for each disposal visit; openings and breaks can make a farther one cheaper."""
    stops, sites_end = draft.instance.stops, draft.instance.sites_end
    for tour in draft.tours:
        if tour is None or len(tour.truck.sites) < 2:
            continue
        best = tour.seq
        for place, node in enumerate(tour.seq):
            if stops <= node < sites_end:
                for site in tour.truck.sites:
                    cost = draft.cost
                    seq = [*best[:place], site, *best[place + 1 :]]
                    if draft.replace(tour.truck, seq) and draft.cost < cost - 1e-6:
                        best = seq
                    else:
                        draft.replace(tour.truck, best)
