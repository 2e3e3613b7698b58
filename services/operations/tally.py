"""A histogram made of plain ints: counted by one thread at next to no cost, read by another when Prometheus asks."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from prometheus_client.core import HistogramMetricFamily

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
DELAY_SECONDS = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)
LONG_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
RECORDS = (1.0, 10.0, 50.0, 100.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0)


class Tally:
    """How many values fell at or below each bound. A value above the last counts in an overflow of its own."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def observe_all(self, values: Iterable[float]) -> None:
        """Many at once: one sort and one search a bound, instead of one search a value.

        A batch that Kafka hands over is nearly in order already, and sorting such is quick.
        """
        ordered = sorted(values)
        below = 0
        for index, bound in enumerate(self._bounds):
            upto = bisect_right(ordered, bound, below)
            self._counts[index] += upto - below
            below = upto
        self._counts[-1] += len(ordered) - below
        self._sum += sum(ordered)

    @property
    def count(self) -> int:
        return sum(self._counts)

    def add_to(self, family: HistogramMetricFamily, labels: Sequence[str] = ()) -> HistogramMetricFamily:
        """The counts so far as one line of `family`, cumulated the way Prometheus wants them."""
        buckets, total = [], 0
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        family.add_metric(labels, buckets, self._sum)
        return family
