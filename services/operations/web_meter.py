"""What the pages count: how long each kind of request takes."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from services.operations.families import counter, gauge
from services.operations.tally import SECONDS, Tally


class WebMeter(Collector):
    """Durations by method, route template and status. Templates, never paths: their number is the application's."""

    def __init__(self) -> None:
        self.in_progress = 0
        self.logins: Counter[str] = Counter()
        """Who tried to log in, by what became of them. Several threads count: one in thousands may be lost."""
        self._tallies: dict[tuple[str, str, str], Tally] = {}

    def answered(self, method: str, route: str, status: int, took_s: float) -> None:
        """Called on the event loop only, so without a lock."""
        self._tallies.setdefault((method, route, str(status)), Tally(SECONDS)).observe(took_s)

    def collect(self) -> Iterator[Metric]:
        yield gauge("tournee_web_requests_in_progress", "Requests being answered.", self.in_progress)
        yield counter("tournee_web_logins", "Logins tried, by what became of them.", "outcome", self.logins)
        family = HistogramMetricFamily(
            "tournee_web_request_seconds", "From a request to its whole answer.", labels=["method", "route", "status"]
        )
        for labels, tally in list(self._tallies.items()):
            tally.add_to(family, labels)
        yield family
