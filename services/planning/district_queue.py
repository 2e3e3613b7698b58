"""The districts' way through Kafka: out on `districts`, back on `district-plans`."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from pydantic import ValidationError

from services.contracts.districts import DistrictOrdered, DistrictPlanned
from services.contracts.topics import DISTRICTS, district_key
from services.operations.kafka_admin import KafkaAdmin
from services.planning.ended import EndedBy, nobody
from services.planning.planner import Publishes
from services.settings import KafkaServers
from services.stream.ports import EventSource

log = logging.getLogger(__name__)

GROUP = "worker"
POLL_S = 0.2


class KafkaDistrictQueue:
    """Connects when the first large day comes; `subscribe` joins a group of this planner's own on `district-plans`."""

    def __init__(self, producer: Publishes, kafka: str | KafkaServers, subscribe: Callable[[], EventSource]) -> None:
        self._producer = producer
        self._kafka = kafka
        self._subscribe = subscribe
        self._consumer: EventSource | None = None

    def count_workers(self) -> int:
        """How many members Kafka counts in the workers' group; one that died, until its session has run out.

        Raises:
            StreamAway: Kafka does not answer.
        """
        with KafkaAdmin(self._kafka, name="district-queue") as admin:
            return admin.count_members(GROUP)

    def hand_out(self, orders: Sequence[DistrictOrdered]) -> None:
        """Return when Kafka has all of them.

        Raises:
            StreamAway: it has not.
        """
        if self._consumer is None:
            self._consumer = self._subscribe()
        for order in orders:
            key = district_key(str(order.request_id), order.district - 1, order.of)
            self._producer.publish(DISTRICTS, key, order)

    def answers(self, until_s: float, ended_by: EndedBy = nobody) -> Iterator[DistrictPlanned]:
        """Every answer that comes before `time.monotonic()` says `until_s`, or somebody ends the search.

        One that nobody can read is left aside.

        Raises:
            StreamAway: Kafka does not answer.
        """
        assert self._consumer is not None, "hand out first"  # noqa: S101 - the only caller does
        while time.monotonic() < until_s and ended_by() is None:
            records = self._consumer.poll(min(POLL_S, max(0.0, until_s - time.monotonic())))
            if records:
                self._consumer.commit()
            for record in records:
                try:
                    yield DistrictPlanned.model_validate_json(record.value)
                except ValidationError as error:
                    log.warning("an unreadable answer is left aside: %s", error)
