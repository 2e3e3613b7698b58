"""Where trucks stood, by their positions alone: what is known of crews who have no phone yet."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.city.registry import Registry
from services.ledger.fuel import Work
from services.ledger.measured import track_length_m
from services.roads.tracks import (
    METRES_A_DEGREE,
    STAND_S,
    WORK_M,
    TrackFix,
    believed,
    metres_between,
)

TOGETHER_M = 15.0
"""Containers nearer to each other stand at one collection point; one halt empties them. Assumed: GPS is no finer."""
STANDING_M_S = 1.5
"""Slower is standing: fixes of a standing receiver wander by as much in ten seconds."""
LONGEST_STAND_S = 3600.0
"""A truck that stands longer than an hour by a container is parked there. Assumed."""


class Halt(NamedTuple):
    """A stand at a container (and those of its point) or, with none, at a disposal site."""

    containers: tuple[str, ...]
    site: str | None
    begin_s: float
    end_s: float


class Halts:
    """Containers and disposal sites of a city, to find who stood where."""

    def __init__(self, registry: Registry) -> None:
        places = [(row.lon, row.lat) for row in registry.containers]
        places += [(row.lon, row.lat) for row in registry.disposal_sites]
        self._containers = [container.id for container in registry.containers]
        self._sites = [site.id for site in registry.disposal_sites]
        kinds = {kind.id: kind.service_s for kind in registry.container_kinds}
        self._service_s = {c.id: kinds[c.kind] for c in registry.containers}
        self._service_s |= {site.id: site.service_s for site in registry.disposal_sites}
        lonlat = np.array(places, dtype=np.float64).reshape(-1, 2)
        self._lat = float(np.radians(lonlat[:, 1].mean())) if len(lonlat) else 0.0
        self._xy_m = self._metres(lonlat)

    def visited(self, track: Sequence[TrackFix]) -> list[str]:
        """Containers at which a truck stood long enough to empty one, each once, in the order of its first halt."""
        return list(dict.fromkeys(container for halt in self.of(track) for container in halt.containers))

    def work_of(self, fixes: Sequence[TrackFix]) -> Work | None:
        """What a truck did on a day, as its positions tell; None where they have a hole in driving, or tell of no work.

        Standing is the registry's seconds for each visit, as on every other day of the ledger.
        """
        track = believed(fixes)
        halts = list(self.of(track))
        whole_m = track_length_m(track) if len(track) > 1 else None
        if whole_m is None or not halts:
            return None
        collect_m, run = 0.0, list[Halt]()
        for halt in [*halts, Halt((), "end", np.inf, np.inf)]:
            if halt.containers:
                run.append(halt)
            else:
                part = [fix for fix in track if run and run[0].end_s <= fix.at_s <= run[-1].end_s]
                collect_m += (track_length_m(part) or 0.0) if len(part) > 1 else 0.0
                run = []
        emptied = self.visited(track)
        places = [*emptied, *(halt.site for halt in halts if halt.site is not None)]
        idle_s = sum(self._service_s[place] for place in places)
        return Work(max(0.0, whole_m - collect_m), collect_m, len(emptied), idle_s)

    def of(self, track: Sequence[TrackFix]) -> Iterator[Halt]:
        """Halts in the order of time."""
        for place, begin_s, end_s, stood_s in self._stands(track):
            if not STAND_S <= stood_s <= LONGEST_STAND_S:
                continue
            if place >= len(self._containers):
                yield Halt((), self._sites[place - len(self._containers)], begin_s, end_s)
            else:
                xy_m = self._xy_m[: len(self._containers)]
                near = np.flatnonzero(np.hypot(*(xy_m - xy_m[place]).T) <= TOGETHER_M)
                yield Halt(tuple(self._containers[n] for n in near), None, begin_s, end_s)

    def _stands(self, track: Sequence[TrackFix]) -> Iterator[tuple[int, float, float, float]]:
        """Each place in turn that was the nearest: its row, from when to when, and how long the truck stood there."""
        if not track or not len(self._xy_m):
            return
        here = self._metres(np.array([(fix.lon, fix.lat) for fix in track]))
        away = np.hypot(here[:, :1] - self._xy_m[:, 0], here[:, 1:] - self._xy_m[:, 1])
        nearest = np.where(away.min(axis=1) <= WORK_M, away.argmin(axis=1), -1)
        stood_s = [
            b.at_s - a.at_s if metres_between(a, b) <= STANDING_M_S * (b.at_s - a.at_s) else 0.0
            for a, b in pairwise(track)
        ]
        begin = 0
        for n in range(1, len(track) + 1):
            if n == len(track) or nearest[n] != nearest[begin]:
                if nearest[begin] >= 0:
                    yield int(nearest[begin]), track[begin].at_s, track[n - 1].at_s, sum(stood_s[begin : n - 1])
                begin = n

    def _metres(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(lonlat * METRES_A_DEGREE * np.array([np.cos(self._lat), 1.0]))
