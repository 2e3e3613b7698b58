"""Why a stop is left out, found out truthfully: first what no plan could do, then what this plan cannot.

- no vehicle at all, none with room for the stop, or (for required stops that could be served alone) proven to be more
  than the fleet's trips, stops or hours hold, or than any plan can serve: `no_capacity`;
- vehicles, but none carries its stream or is on its list: `no_vehicle_allowed`;
- no open site takes its waste, or none is open when a truck could get there: `disposal_closed`;
- its windows (or the shifts) do not let any allowed vehicle serve it and be back, or clash with those of other required
  stops: `window_unreachable`;
- a vehicle could serve it alone, or this plan take it in, were there no limit on how long circuits are (those of
  `routing.limits` that say so): `circuit_too_long`;
- an optional stop that would fit, dearer than its prize: `prize_below_cost`;
- a required stop that could be served alone, nothing proven: `time_limit` while the search was still finding places for
  such stops, `not_found` when it had long found no more.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.limits import KG, LIMITS, LITRES
from routing.problem import Problem
from routing.search.chain import Chain
from routing.search.proofs import Proofs
from routing.solution import Reason, Unserved

type Ints = NDArray[np.intp]


class Searched(NamedTuple):
    """How a search ended: everything was tried, or else it was still finding places for required stops."""

    everything: bool
    still_finding: bool


def left_out(problem: Problem, chain: Chain, missing: list[int], searched: Searched | None) -> tuple[Unserved, ...]:
    """Reasons for every stop nobody serves. Those of a passing plan (`searched` is None) are quick ones."""
    why = _Why(chain, missing, searched)
    return tuple(Unserved(problem.stops[stop].id, why.of(stop)) for stop in missing)


class _Why:
    def __init__(self, chain: Chain, missing: list[int], searched: Searched | None) -> None:
        self.chain, self.arrays, self.searched = chain, chain.arrays, searched
        kinds = self.arrays.trucks["kind"]
        self.example = np.array([chain.one_of_kind(kind) for kind in range(int(kinds.max(initial=-1)) + 1)], np.intp)
        self.alone = {stop: self._alone(stop) for stop in missing}

    def of(self, stop: int) -> Reason:
        return self.alone[stop] or self._beside_others(stop)

    def _alone(self, stop: int) -> Reason | None:
        """Say why no vehicle could serve this stop even on a day of its own; None when one could."""
        allowed = np.flatnonzero(self.arrays.can[:, stop])
        if not len(allowed):
            return Reason.NO_VEHICLE_ALLOWED if len(self.arrays.trucks) else Reason.NO_CAPACITY
        able = allowed[self._holds(allowed, stop)]
        sites = self.arrays.open_to[able] & ((self.arrays.accepts & self.arrays.nodes[stop]["stream"]) != 0)
        if not sites.any():
            return Reason.DISPOSAL_CLOSED if len(able) else Reason.NO_CAPACITY
        if self._anyone(self.chain, stop, able, sites):
            return None
        # Shut out by a limit on lengths, or by the openings of the sites, if it could be served were it not for them.
        if self.has_lengths and self._anyone(self._without_lengths, stop, able, sites):
            return Reason.CIRCUIT_TOO_LONG
        open_late = self._anyone(self._with_open_sites, stop, able, sites)
        return Reason.DISPOSAL_CLOSED if open_late else Reason.WINDOW_UNREACHABLE

    def _holds(self, kinds: Ints, stop: int) -> NDArray[np.bool_]:
        rows, node = self.arrays.trucks[self.example[kinds]], self.arrays.nodes[stop]
        fits = [node[limit.counts.of_stop] <= rows[limit.field] for limit in LIMITS if limit.counts in (KG, LITRES)]
        return np.all(fits, axis=0)

    def _anyone(self, chain: Chain, stop: int, kinds: Ints, sites: NDArray[np.bool_]) -> bool:
        """Tell whether one of these kinds of trucks could serve the stop alone and unload at one of its sites."""
        for kind, its_sites in zip(kinds, sites, strict=True):
            truck = int(self.example[kind])
            row = self.arrays.trucks[truck]
            for site in np.flatnonzero(its_sites):
                if chain.could_drive(truck, [int(row["start"]), stop, self.arrays.stops + int(site), int(row["end"])]):
                    return True
        return False

    def _beside_others(self, stop: int) -> Reason:
        """Say why a stop that could be served alone is not."""
        node = self.arrays.nodes[stop]
        if self.searched is None:
            return Reason.TIME_LIMIT if node["required"] else Reason.PRIZE_BELOW_COST
        if node["required"] and stop in self._proven:
            return self._proven[stop]
        if not node["required"] and (not node["worth"] or self.chain.would_fit(stop)):
            return Reason.PRIZE_BELOW_COST
        if self.has_lengths and self.chain.would_fit(stop, without=Reason.CIRCUIT_TOO_LONG):
            return Reason.CIRCUIT_TOO_LONG
        if not node["required"] or self.searched.everything:
            return Reason.NO_CAPACITY
        return Reason.TIME_LIMIT if self.searched.still_finding else Reason.NOT_FOUND

    @cached_property
    def _proven(self) -> dict[int, Reason]:
        """Required stops of which no plan serves all; those nobody could serve alone have a reason of their own."""
        required = np.flatnonzero(self.arrays.nodes["required"][: self.arrays.stops]).tolist()
        return Proofs(self.arrays, [stop for stop in required if self.alone.get(stop) is None]).reasons

    @cached_property
    def has_lengths(self) -> bool:
        """Whether any vehicle has a limit on how long its circuit is."""
        limits = [limit for limit in LIMITS if limit.reason is Reason.CIRCUIT_TOO_LONG]
        return any(np.isfinite(self.arrays.trucks[limit.field]).any() for limit in limits)

    @cached_property
    def _without_lengths(self) -> Chain:
        return self.chain.without_limits(Reason.CIRCUIT_TOO_LONG)

    @cached_property
    def _with_open_sites(self) -> Chain:
        return self.chain.with_sites_always_open()
