"""What the services count, as Prometheus reads it."""

import math
import random

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from services.operations.meters import BridgeMeter, PlannerMeter, WriterMeter
from services.operations.tally import Tally
from services.operations.web_meter import WebMeter


def samples(collector: object) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    registry = CollectorRegistry()
    registry.register(collector)  # type: ignore[arg-type]
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_histogram_is_cumulated_the_way_prometheus_wants_it() -> None:
    """A value on a bound counts below it; +Inf counts all, and the sum is theirs."""
    meter = WriterMeter()
    for records, took_s in ((1, 0.005), (50, 0.3), (20_000, 99.0)):
        meter.committed(records, took_s)
    told = samples(meter)
    buckets = {key[1][0][1]: told[key] for key in told if key[0] == "tournee_writer_batch_records_bucket"}
    assert (buckets["1.0"], buckets["10.0"], buckets["50.0"], buckets["10000.0"], buckets["+Inf"]) == (1, 1, 2, 2, 3)
    assert told["tournee_writer_batch_records_sum", ()] == 20_051
    assert told["tournee_writer_batch_seconds_bucket", (("le", "0.005"),)] == 1


@pytest.mark.parametrize("count", [0, 1, 7, 1000])
def test_many_at_once_count_as_each_by_itself(count: int) -> None:
    """The quick way for a batch must not change a single bucket."""
    dice = random.Random(count)
    values = [dice.choice([0.1, 0.5, 1.0, dice.uniform(-1, 5), 50.0]) for _ in range(count)]
    one, many = Tally((0.1, 0.5, 1.0, 5.0)), Tally((0.1, 0.5, 1.0, 5.0))
    for value in values:
        one.observe(value)
    many.observe_all(iter(values))
    assert many._counts == one._counts
    assert many.count == count
    assert math.isclose(many._sum, one._sum, abs_tol=1e-9)


def test_reasons_are_there_before_they_happen() -> None:
    """A counter that first appears as 1 is no increase to Prometheus: the first rejection would wake nobody."""
    told = samples(BridgeMeter())
    assert told["tournee_bridge_rejected_total", (("reason", "unknown_device"),)] == 0
    assert told["tournee_bridge_messages_total", (("topic", "readings"),)] == 0
    assert samples(PlannerMeter())["tournee_planner_orders_total", (("outcome", "failed"),)] == 0


def test_bridge_tells_what_it_was_told() -> None:
    """The numbers are read when Prometheus asks, wherever they stand."""
    meter = BridgeMeter()
    waiting = [1, 2, 3]
    meter.on_their_way = lambda: len(waiting)
    meter.taken["readings"] += 5
    meter.confirmed += 4
    assert samples(meter)["tournee_bridge_on_their_way", ()] == 3
    waiting.clear()
    told = samples(meter)
    assert told["tournee_bridge_on_their_way", ()] == 0
    assert told["tournee_bridge_messages_total", (("topic", "readings"),)] == 5
    assert told["tournee_bridge_confirmed_total", ()] == 4
    assert told["tournee_bridge_since_confirmed_seconds", ()] < 5


def test_pages_count_by_route_method_and_status() -> None:
    """One line each, so that one slow route is seen among the quick."""
    meter = WebMeter()
    for took_s in (0.001, 3.0):
        meter.answered("GET", "/x/{id}", 200, took_s)
    meter.answered("POST", "/x/{id}", 503, 0.1)
    told = samples(meter)
    get = (("method", "GET"), ("route", "/x/{id}"), ("status", "200"))
    assert told["tournee_web_request_seconds_count", get] == 2
    assert told["tournee_web_request_seconds_bucket", (("le", "1.0"), *get)] == 1
    assert sum(value for key, value in told.items() if key[0] == "tournee_web_request_seconds_count") == 3
