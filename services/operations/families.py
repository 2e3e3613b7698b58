"""Short ways to make a metric family: a name, what it says, and where its numbers stand."""

from collections.abc import Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from services.operations.tally import Tally


def counter(name: str, what: str, label: str, counts: Mapping[str, float]) -> CounterMetricFamily:
    """One line for each key. The mapping may grow on another thread meanwhile."""
    family = CounterMetricFamily(name, what, labels=[label])
    for key, count in list(counts.items()):
        family.add_metric([key], count)
    return family


def count(name: str, what: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, what, value=value)


def gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)


def gauges(name: str, what: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    """One line for each key. The mapping may change on another thread meanwhile."""
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in list(values.items()):
        family.add_metric([key], value)
    return family


def gauges_by(
    labels: Sequence[str], name: str, what: str, values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    """One line for each key, which has a value for each label. The mapping may change on another thread meanwhile."""
    family = GaugeMetricFamily(name, what, labels=labels)
    for key, value in list(values.items()):
        family.add_metric(key, value)
    return family


def histogram(name: str, what: str, tally: Tally) -> HistogramMetricFamily:
    return tally.add_to(HistogramMetricFamily(name, what))
