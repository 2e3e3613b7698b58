"""What each service counts. Plain ints that its loop adds to; Prometheus' names and texts only when it asks.

Every name of ours starts with `tournee_`; the dashboards and alerts in `infra/monitoring` use these and no others.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import get_args

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from services.contracts import topics
from services.contracts.devices import KINDS
from services.contracts.planning import PlanStatus
from services.contracts.telemetry import RejectionReason
from services.operations.families import count, counter, gauge, gauges, gauges_by, histogram
from services.operations.tally import DELAY_SECONDS, LONG_SECONDS, RECORDS, SECONDS, Tally
from services.stream.mqtt_readers import Readers


def zeros(names: Iterable[str]) -> Counter[str]:
    """A count for each name from the start: what first appears as 1 looks to Prometheus like no increase at all."""
    return Counter(dict.fromkeys(names, 0))


class Since:
    """Seconds since something last happened, and since the start while it never has."""

    __slots__ = ("_at_s",)

    def __init__(self) -> None:
        self._at_s = time.monotonic()

    def now(self) -> None:
        """It has just happened."""
        self._at_s = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._at_s


class BridgeMeter(Collector):
    """The bridge's counts. `taken` and `rejected` belong to the MQTT thread, `confirmed` to whoever acknowledges."""

    def __init__(self) -> None:
        self.taken = zeros((*(kind.topic for kind in KINDS.values()), topics.REJECTED))
        """Messages that came, by the Kafka topic they went to."""
        self.rejected = zeros(get_args(RejectionReason))
        """Of these the rejected ones, by reason."""
        self.noted = 0
        """Messages taken, or refused, of which something is told to the device's technician."""
        self.untold_notes = 0
        self.confirmed = 0
        self.sent_again = 0
        self.floods = 0
        """Minutes in which a device spoke far more often than any of its kind."""
        self.strangers_ended = 0
        """Sessions ended of clients that read what devices send and are no bridges."""
        self.readers = Readers()
        """Who else reads at the MQTT broker; of the MQTT thread."""
        self.on_their_way: Callable[[], int] = lambda: 0
        self._confirmed = Since()
        self._confirmed_before = 0

    def tick(self) -> None:
        """Once a turn of the main loop: noticing here costs the messages nothing."""
        if self.confirmed != self._confirmed_before:
            self._confirmed_before = self.confirmed
            self._confirmed.now()

    def collect(self) -> Iterator[Metric]:
        self.tick()
        yield counter("tournee_bridge_messages", "Messages from devices, by Kafka topic.", "topic", self.taken)
        yield counter("tournee_bridge_rejected", "Messages not taken, by reason.", "reason", self.rejected)
        yield count("tournee_bridge_noted", "Messages of which something was left aside and noted.", self.noted)
        yield count("tournee_bridge_notes_untold", "Notes of devices that could not be sent.", self.untold_notes)
        yield count("tournee_bridge_floods", "Minutes in which one device sent far too much.", self.floods)
        yield count("tournee_bridge_confirmed", "Messages that Kafka has, acknowledged to the broker.", self.confirmed)
        yield count("tournee_bridge_sent_again", "Messages that Kafka did not take at first.", self.sent_again)
        yield gauge("tournee_bridge_on_their_way", "Messages not yet confirmed by Kafka.", self.on_their_way())
        since_s = self._confirmed.seconds
        yield gauge("tournee_bridge_since_confirmed_seconds", "Since Kafka last confirmed a message.", since_s)
        yield count(
            "tournee_bridge_strangers_ended", "Sessions of strangers ended at the broker.", self.strangers_ended
        )
        readers = self.readers
        yield gauge("tournee_mqtt_guarded", "1 while the broker lets bridges alone subscribe.", readers.is_guarded)
        yield gauge("tournee_mqtt_strangers", "Clients that read and are no bridges.", readers.strangers_count)
        yield count("tournee_mqtt_refused", "Subscriptions refused to others than bridges.", readers.refused)


class EdgeMeter(Collector):
    """What came in by the doors over HTTP, by what became of it."""

    def __init__(self) -> None:
        self.messages = zeros(("taken", "left_aside", "passed_over", "rejected", "no_key", "too_large", "no_kafka"))

    def collect(self) -> Iterator[Metric]:
        yield counter("tournee_edges_messages", "Messages at the HTTP doors, by outcome.", "outcome", self.messages)


class WebhookMeter(Collector):
    """What became of messages to webhooks, and how many wait."""

    def __init__(self) -> None:
        self.tries = zeros(("delivered", "refused", "unreachable", "forbidden", "gone"))
        self.given_up = 0
        self.waiting = 0
        self.oldest_s = 0.0

    def collect(self) -> Iterator[Metric]:
        yield counter("tournee_webhook_tries", "Tries to tell a webhook, by outcome.", "outcome", self.tries)
        yield count("tournee_webhook_given_up", "Messages to webhooks that are not tried any more.", self.given_up)
        yield gauge("tournee_webhook_waiting", "Messages that no webhook has taken yet.", self.waiting)
        yield gauge("tournee_webhook_oldest_seconds", "For how long the oldest of them waits.", self.oldest_s)


class WriterMeter(Collector):
    """The writer's counts, all of its main thread."""

    def __init__(self) -> None:
        self.stored = zeros(topics.STORED)
        """Events committed, by Kafka topic; one that came twice counts twice."""
        self.rejected = zeros(["unreadable_record"])
        """Records nobody can read or the store refuses, by reason."""
        self.aside = 0
        """Confirmations of visits that were not their truck's."""
        self.store_waits = 0
        self.batch_records = Tally(RECORDS)
        self.batch_seconds = Tally(SECONDS)
        self.delay_seconds = Tally(DELAY_SECONDS)
        self._committed = Since()

    def committed(self, records: int, took_s: float) -> None:
        """A batch is in the store."""
        self.batch_records.observe(records)
        self.batch_seconds.observe(took_s)
        self._committed.now()

    def collect(self) -> Iterator[Metric]:
        yield counter("tournee_writer_stored", "Events in the store, by Kafka topic.", "topic", self.stored)
        yield counter("tournee_writer_rejected", "Records set aside, by reason.", "reason", self.rejected)
        yield count("tournee_writer_aside", "Confirmations of visits that were not their truck's.", self.aside)
        yield count("tournee_writer_store_waits", "Times a batch had to wait for the store.", self.store_waits)
        yield histogram("tournee_writer_batch_records", "Records in a batch.", self.batch_records)
        yield histogram("tournee_writer_batch_seconds", "From a batch to its commit.", self.batch_seconds)
        yield histogram("tournee_writer_delay_seconds", "From the bridge to the committed row.", self.delay_seconds)
        since_s = self._committed.seconds
        yield gauge("tournee_writer_since_commit_seconds", "Since a batch was last committed.", since_s)


class PlannerMeter(Collector):
    """The planner's counts, and how old what it stands on is. Ages go on growing while nobody looks."""

    def __init__(self) -> None:
        self.orders = zeros((*get_args(PlanStatus), "failed"))
        """Orders carried out, by the plan's status, or `failed`."""
        self.districts = zeros(("better", "refused", "declined", "silent"))
        """Districts of very large days that workers were given, by what became of them."""
        self.store_waits = 0
        self.plan_seconds = Tally(LONG_SECONDS)
        self.plan_ages: Callable[[], dict[tuple[str, ...], float]] = dict
        self.plan_overdue: Callable[[], dict[tuple[str, ...], float]] = dict
        self.reading_ages: Callable[[], dict[str, float]] = dict

    def collect(self) -> Iterator[Metric]:
        yield counter("tournee_planner_orders", "Orders carried out, by what became of them.", "outcome", self.orders)
        yield counter(
            "tournee_planner_districts",
            "Districts given to workers, by what became of them.",
            "outcome",
            self.districts,
        )
        yield count("tournee_planner_store_waits", "Times work had to wait for a server.", self.store_waits)
        yield histogram("tournee_planner_plan_seconds", "From an order to its plan in Kafka.", self.plan_seconds)
        scope = ("city", "fleet")
        yield gauges_by(scope, "tournee_plan_age_seconds", "Since each fleet's newest plan.", self.plan_ages())
        yield gauges_by(
            scope,
            "tournee_plan_overdue_seconds",
            "Since the city's hour of planning, while the fleet's today has no plan; else 0.",
            self.plan_overdue(),
        )
        yield gauges("tournee_reading_age_seconds", "Since each city's newest reading.", "city", self.reading_ages())


class WorkerMeter(Collector):
    """A planner worker's counts."""

    def __init__(self) -> None:
        self.districts = zeros(("planned", "declined", "late", "unreadable"))
        """Districts taken, by what became of them."""
        self.district_seconds = Tally(LONG_SECONDS)

    def collect(self) -> Iterator[Metric]:
        yield counter("tournee_worker_districts", "Districts, by what became of them.", "outcome", self.districts)
        yield histogram("tournee_worker_district_seconds", "From a district to its answer.", self.district_seconds)


class LedgerMeter(Collector):
    """The ledger's counts."""

    def __init__(self) -> None:
        self.lines = 0
        self.failed = 0
        self.store_waits = 0
        self.look_seconds = Tally(SECONDS)
        self._looked = Since()

    def looked(self, took_s: float) -> None:
        """Every day whose events had changed is computed."""
        self.look_seconds.observe(took_s)
        self._looked.now()

    def collect(self) -> Iterator[Metric]:
        yield count("tournee_ledger_lines", "Lines written.", self.lines)
        yield count("tournee_ledger_failed", "Times a day could not be computed; the log says why.", self.failed)
        yield count("tournee_ledger_store_waits", "Times work had to wait for a server.", self.store_waits)
        yield histogram("tournee_ledger_look_seconds", "To bring all changed days up to date.", self.look_seconds)
        yield gauge("tournee_ledger_since_look_seconds", "Since all days were up to date.", self._looked.seconds)
