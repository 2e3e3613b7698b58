"""A truck's positions to passes of segments: cut, matched, timed."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.roads.learning.matcher import Matcher
from services.roads.learning.profile import ProfileSpeeds
from services.roads.roads import RoadProfile
from services.roads.speeds import Samples, band_at, passes_of
from services.roads.tracks import TrackFix, driven_pieces


class DayPasses:
    """The passes of one day, gathered truck by truck. As large as the network that was driven, not as the day."""

    def __init__(self, matcher: Matcher, places: NDArray[np.float64], zone: tzinfo) -> None:
        self.samples: dict[str, Samples] = {}
        self.fixes = self.matched = self.passes = 0
        self._matcher = matcher
        self._places = places
        self._zone = zone

    def add(self, fixes: Sequence[TrackFix], profile: RoadProfile, graph: ProfileSpeeds) -> None:
        """Learn from one truck's fixes, which come in time order.

        Raises:
            GraphBroken: Valhalla failed.
        """
        self.fixes += len(fixes)
        samples = self.samples.setdefault(profile, {})
        for piece in driven_pieces(fixes, self._places):
            for drive in self._matcher.drives(piece, profile):
                self.matched += len(drive.fix_m)
                turns_s = graph.turns_s(drive.nodes)  # first: it asks for the speeds on the way
                usual_kmh = [graph.kmh(pair) for pair in pairwise(drive.nodes)]
                for pair, kmh, at_s in passes_of(drive, turns_s, usual_kmh):
                    band = band_at(datetime.fromtimestamp(at_s, self._zone))
                    samples.setdefault((band, pair), []).append(kmh)
                    self.passes += 1
