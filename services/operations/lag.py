"""How far a consumer group is behind, as Kafka itself says: true even while the group's own loop is stuck."""

import logging
import threading
import time
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.errors import StreamAway
from services.operations.families import gauge
from services.operations.kafka_admin import GROUPS, KafkaAdmin, Place
from services.settings import KafkaServers

log = logging.getLogger(__name__)

EVERY_S = 10.0


class GroupLag(Collector):
    """Looks every ten seconds, on a thread of its own, for some 3 ms. The last answer is kept, with its age."""

    def __init__(self, kafka: str | KafkaServers, group: str) -> None:
        self._kafka = kafka
        self._group = group
        self._lags: dict[Place, int] = {}
        self._looked_s = time.monotonic()
        self._ending = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="lag", daemon=True).start()

    def stop(self) -> None:
        self._ending.set()

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "tournee_kafka_lag", "Events that a group has not finished.", labels=["group", "topic", "partition"]
        )
        for place, lag in self._lags.items():
            family.add_metric([self._group, place.topic, str(place.partition)], lag)
        yield family
        age_s = time.monotonic() - self._looked_s
        yield gauge("tournee_kafka_lag_age_seconds", "Since Kafka last told the lag.", age_s)

    def _watch(self) -> None:
        while True:
            try:
                with KafkaAdmin(self._kafka, name=f"{self._group}-lag") as admin:
                    self._look_again_and_again(admin)
                    return
            except StreamAway as away:
                log.info("the lag of %s is not known just now: %s", self._group, away)
            if self._ending.wait(EVERY_S):
                return

    def _look_again_and_again(self, admin: KafkaAdmin) -> None:
        while True:
            self._lags = admin.lags(self._group, GROUPS[self._group])
            self._looked_s = time.monotonic()
            if self._ending.wait(EVERY_S):
                return
