"""What the graph itself says of segments and turns, before anything is learned."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.roads.learning.streets import Streets
from services.roads.osm.engine import Engine
from services.roads.speeds import Pair

MARGINS = (0.05, 0.3)
"""Where on the first and last segment it is asked: near the outer ends, or farther in where streets are close."""


class ProfileSpeeds:
    """km/h of segments and seconds of turns in a graph, asked once each."""

    def __init__(self, engine: Engine, streets: Streets) -> None:
        self.engine = engine
        self._streets = streets
        self._kmh: dict[Pair, float] = {}
        self._turn_s: dict[tuple[int, int, int], float | None] = {}
        self._unknown: set[Pair] = set()

    def kmh(self, pair: Pair) -> float | None:
        """The profile's speed of a segment; None where its vehicle may not drive, or the graph does not know it."""
        if pair not in self._kmh and pair not in self._unknown:
            self._ask(pair)
            if pair not in self._kmh:
                self._unknown.add(pair)
        return self._kmh.get(pair)

    def network(self) -> Iterator[tuple[Pair, float]]:
        """Every segment that the vehicle may drive, each direction, with the profile's km/h. The first time it asks."""
        for nodes in self._streets.ways.values():
            for a, b in pairwise(nodes):
                for pair in ((a, b), (b, a)):
                    kmh = self.kmh(pair)
                    if kmh is not None:
                        yield pair, kmh

    def turns_s(self, nodes: Sequence[int]) -> list[float]:
        """(n,) what the graph adds at each node of a way; 0 at its ends, and where it would go another way."""
        turns = [0.0] * len(nodes)
        for i in range(1, len(nodes) - 1):
            turn = (nodes[i - 1], nodes[i], nodes[i + 1])
            if turn not in self._turn_s:
                self._turn_s[turn] = self._ask(turn)
            turns[i] = self._turn_s[turn] or 0.0
        return turns

    def _ask(self, nodes: Sequence[int]) -> float | None:
        """Seconds that are no segment's; speeds are remembered on the way."""
        if any(node not in self._streets.at for node in nodes):
            return None
        for margin in MARGINS:
            first = self._between(nodes[0], nodes[1], margin)
            last = self._between(nodes[-1], nodes[-2], margin)
            found = self.engine.segments(first, last)
            if found is None or found.nodes != list(nodes):
                continue
            for a, b, m_s in zip(found.nodes, found.nodes[1:], found.speed_m_s, strict=False):
                if m_s > 0:
                    self._kmh.setdefault((a, b), 3.6 * m_s)
            return max(found.duration_s - sum(found.segment_s), 0.0)
        return None

    def _between(self, a: int, b: int, share: float) -> tuple[float, float]:
        (lon_a, lat_a), (lon_b, lat_b) = self._streets.at[a], self._streets.at[b]
        return lon_a + (lon_b - lon_a) * share, lat_a + (lat_b - lat_a) * share
