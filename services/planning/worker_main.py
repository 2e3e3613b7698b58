"""A planner worker as a process: takes districts, one at a time, and moves its offset when the answer is in Kafka."""

import logging
from collections.abc import Sequence
from functools import partial

from routing.warm_up import warm_up
from services.contracts.topics import DISTRICTS
from services.errors import StreamAway
from services.operations.consuming import Aside, consume
from services.operations.meters import WorkerMeter
from services.operations.service import Service, running_service
from services.planning.district_queue import GROUP
from services.planning.district_worker import DistrictWorker
from services.settings import worker_settings
from services.stream.kafka import EventConsumer, EventProducer, Record, when_there

log = logging.getLogger(__name__)

RETRY_S = 1.0
SESSION_S = 6.0
"""How long a worker that died keeps its districts from the others: the least that Kafka allows by itself."""
BEYOND_LIMIT_S = 4000.0
"""What a district may take at the most: the longest limit of its contract, and its matrices."""


def main() -> None:
    """Run until asked to stop. A district is done when its answer is in Kafka; one begun is left to the others."""
    config, meter = worker_settings(), WorkerMeter()
    with running_service(config, "worker", meter, group=GROUP, asks_store=False) as service:
        warm_up()
        stopping = service.stopping
        producer = when_there(partial(EventProducer, config.kafka_at, name="worker"), stopping=stopping)
        subscribe = partial(
            EventConsumer, config.kafka_at, group=GROUP, subscribed=[DISTRICTS], member=config.member,
            most_records=1, session_s=SESSION_S,
        )  # fmt: skip
        consumer = when_there(subscribe, stopping=stopping)
        if producer is None or consumer is None:
            return
        log.info("takes districts")
        consume(
            service, consumer, Districts(DistrictWorker(producer, config.member, config.data_folder, meter), service)
        )
        if not service.is_left_working:
            producer.close()


class Districts:
    """Works one district off at a time without ever holding up the end."""

    def __init__(self, worker: DistrictWorker, service: Service) -> None:
        self._worker = worker
        self._service = service
        left = "another worker carries it out, or the planner keeps its circuits"
        self._aside = Aside(service, "a district", left=left)

    def take(self, records: Sequence[Record]) -> bool:
        return self._aside.do(lambda: all(map(self._until_taken, records)), at_most_s=BEYOND_LIMIT_S)

    def committed(self, records: Sequence[Record]) -> None:
        """What became of it stands in its answer."""

    def between(self, taken: int) -> None:
        """There is nothing else to do."""

    def _until_taken(self, record: Record) -> bool:
        while not self._service.stopping.is_asked():
            try:
                self._worker.carry_out(record)
            except StreamAway as away:  # searched again, unless it is too late by then
                log.warning("waiting for Kafka: %s", away)
                self._service.stopping.is_asked(RETRY_S)
            else:
                return True
        return False


if __name__ == "__main__":
    main()
