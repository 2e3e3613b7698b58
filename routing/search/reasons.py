"""Why a stop is left out, found out truthfully: first what no plan could do, then what this plan cannot.

- no vehicle at all, none with room for the stop, or (for stops that could be served alone) a fleet whose trips or
  hours are used up: `no_capacity`;
- vehicles, but none carries its stream or is on its list: `no_vehicle_allowed`;
- no open site takes its waste, or none is open when a truck could get there: `disposal_closed`;
- its windows (or the shifts) do not let any allowed vehicle serve it and be back: `window_unreachable`;
- a vehicle could serve it alone, or this plan take it in, were there no limit on how long circuits are (those of
  `routing.limits` that say so): `circuit_too_long`;
- an optional stop that would fit, dearer than its prize: `prize_below_cost`;
- a required stop that could be served alone, in a fleet not proven too small: `time_limit`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.engine.arrays import Arrays, adds
from routing.limits import KG, LIMITS, LITRES, SECONDS, Measure, Over
from routing.problem import Problem
from routing.search.chain import Chain
from routing.solution import Reason, Unserved


def left_out(problem: Problem, chain: Chain, missing: list[int], final: bool) -> tuple[Unserved, ...]:
    """Reasons for every stop nobody serves. Unless `final`, optional stops are simply said not to pay."""
    too_small = _fleet_too_small(chain) if final and missing else False
    return tuple(Unserved(problem.stops[stop].id, _reason(chain, stop, final, too_small)) for stop in missing)


def _reason(chain: Chain, stop: int, final: bool, too_small: bool) -> Reason:
    node = chain.arrays.nodes[stop]
    alone = _alone(chain, stop)
    if alone is not None:
        return alone
    if not final and node["required"]:
        return Reason.TIME_LIMIT
    if node["required"] and too_small:
        return Reason.NO_CAPACITY
    if not node["required"] and (not final or not node["worth"] or chain.would_fit(stop)):
        return Reason.PRIZE_BELOW_COST
    if _has_lengths(chain.arrays) and chain.would_fit(stop, without=Reason.CIRCUIT_TOO_LONG):
        return Reason.CIRCUIT_TOO_LONG
    return Reason.TIME_LIMIT if node["required"] else Reason.NO_CAPACITY


def _alone(chain: Chain, stop: int) -> Reason | None:
    """Say why no vehicle could serve this stop even on a day of its own; None when one could."""
    arrays = chain.arrays
    if not len(arrays.trucks):
        return Reason.NO_CAPACITY
    allowed = [chain.one_of_kind(int(kind)) for kind in np.flatnonzero(arrays.can[:, stop])]
    if not allowed:
        return Reason.NO_VEHICLE_ALLOWED
    able = [truck for truck in allowed if _holds(arrays, truck, stop)]
    takes = (arrays.accepts & arrays.nodes[stop]["stream"]) != 0
    pairs = [
        (truck, arrays.stops + int(site))
        for truck in able
        for site in np.flatnonzero(arrays.open_to[arrays.trucks[truck]["kind"]] & takes)
    ]
    if not pairs:
        return Reason.DISPOSAL_CLOSED if able else Reason.NO_CAPACITY
    if _anyone(chain, stop, pairs):
        return None
    # Shut out by a limit on lengths, or by the openings of the sites, if it could be served were it not for them.
    if _has_lengths(arrays) and _anyone(chain.without_limits(Reason.CIRCUIT_TOO_LONG), stop, pairs):
        return Reason.CIRCUIT_TOO_LONG
    return Reason.DISPOSAL_CLOSED if _anyone(chain.with_sites_always_open(), stop, pairs) else Reason.WINDOW_UNREACHABLE


def _anyone(chain: Chain, stop: int, pairs: list[tuple[int, int]]) -> bool:
    """Tell whether one of these trucks could serve the stop alone and unload at its site."""
    return any(chain.could_drive(truck, _solo(chain.arrays, truck, stop, site)) for truck, site in pairs)


def _solo(arrays: Arrays, truck: int, stop: int, site: int) -> list[int]:
    row = arrays.trucks[truck]
    return [int(row["start"]), stop, site, int(row["end"])]


def _has_lengths(arrays: Arrays) -> bool:
    """Tell whether any vehicle has a limit on how long its circuit is."""
    return any(
        np.isfinite(arrays.trucks[limit.field]).any() for limit in LIMITS if limit.reason is Reason.CIRCUIT_TOO_LONG
    )


def _holds(arrays: Arrays, truck: int, stop: int) -> bool:
    row, node = arrays.trucks[truck], arrays.nodes[stop]
    return all(node[limit.counts.of_stop] <= row[limit.field] for limit in LIMITS if limit.counts in (KG, LITRES))


def _fleet_too_small(chain: Chain) -> bool:
    """Prove, if it can be, that the required stops exceed the fleet's trips, stops or hours, whatever the plan."""
    arrays = chain.arrays
    stops = [int(s) for s in np.flatnonzero(arrays.nodes["required"][: arrays.stops]) if _alone(chain, int(s)) is None]
    trips = np.array([_most_trips(arrays, truck) for truck in range(len(arrays.trucks))])
    return any(
        adds(arrays, measure)[stops].sum() > _most(arrays, measure, trips).sum()
        for measure in {limit.counts for limit in LIMITS}
    )


def _most(arrays: Arrays, measure: Measure, trips: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each duty may come to, made of so many trips: infinite where nothing limits it, (T,)."""
    least = np.full(len(arrays.trucks), np.inf)
    for limit in LIMITS:
        if limit.counts is measure:
            over = trips if limit.over is Over.TRIP else 1
            least = np.minimum(least, over * arrays.trucks[limit.field])
    return least


def _most_trips(arrays: Arrays, truck: int) -> int:
    """Bound the disposal visits of one duty: each takes at least the shortest unloading and the drive to get there."""
    row = arrays.trucks[truck]
    sites = arrays.stops + np.flatnonzero(arrays.open_to[row["kind"]])
    stops = np.flatnonzero(arrays.can[row["kind"]])
    if not len(sites):
        return 0
    nearest_s = arrays.roads[row["profile"]][np.ix_(stops, sites)][:, :, 1].min(initial=2**31 - 1) if len(stops) else 0
    shortest_s = max(1, int(arrays.nodes["service_s"][sites].min()) + int(nearest_s))
    longest_s = min(float(row[limit.field]) for limit in LIMITS if limit.counts is SECONDS)
    return int(min(row["max_trips"], longest_s // shortest_s))
