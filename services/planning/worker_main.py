"""A planner worker as a process: takes districts, one at a time, and moves its offset when the answer is in Kafka."""

import logging
import os
import threading
from functools import partial

from routing.warm_up import warm_up
from services.contracts.topics import DISTRICTS
from services.errors import StreamAway
from services.operations.meters import WorkerMeter
from services.operations.service import Service, running_service
from services.planning.district_worker import DistrictWorker
from services.planning.office import GROUP
from services.settings import Settings, worker_settings
from services.stream.kafka import EventConsumer, EventProducer, Record, when_there

log = logging.getLogger(__name__)

POLL_S = 0.2
LOOK_S = 0.1
RETRY_S = 1.0
SESSION_S = 6.0
"""How long a worker that died keeps its districts from the others: the least that Kafka allows by itself."""
BEYOND_LIMIT_S = 4000.0
"""What a district may take at the most: the longest limit of its contract, and its matrices."""


def main() -> None:
    """Run until asked to stop. A district is done when its answer is in Kafka; one begun is left to the others."""
    config, meter = worker_settings(), WorkerMeter()
    with running_service(config, "worker", meter, group=GROUP, asks_store=False) as service:
        left_working = _run(config, service, meter)
    if left_working:
        # The search runs in compiled code on its thread, and Python cannot end around it.
        logging.shutdown()
        os._exit(0)


def _run(config: Settings, service: Service, meter: WorkerMeter) -> bool:
    """Until told to stop; whether a district is still being worked on then."""
    warm_up()
    stopping = service.stopping
    producer = when_there(partial(EventProducer, config.kafka, name="worker"), stopping=stopping)
    subscribe = partial(
        EventConsumer, config.kafka, group=GROUP, subscribed=[DISTRICTS], member=config.member,
        most_records=1, session_s=SESSION_S,
    )  # fmt: skip
    consumer = when_there(subscribe, stopping=stopping)
    if producer is None or consumer is None:
        return False
    bench = Bench(DistrictWorker(producer, config.member, config.data_folder, meter), service)
    log.info("takes districts")
    while not stopping():
        try:
            records = consumer.poll(POLL_S)
            if records and bench.work_off(records[0]):
                consumer.commit()
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)
            stopping.wait(RETRY_S)
    consumer.close()
    if not bench.is_working:
        producer.close()
    return bench.is_working


class Bench:
    """Where one district is worked off without ever holding up the end."""

    def __init__(self, worker: DistrictWorker, service: Service) -> None:
        self._worker = worker
        self._service = service
        self._thread: threading.Thread | None = None

    @property
    def is_working(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def work_off(self, record: Record) -> bool:
        """Carry it out; False when told to stop before it was done."""
        done: list[bool] = []
        self._service.probe.turned(next_within_s=BEYOND_LIMIT_S)
        self._thread = threading.Thread(
            target=lambda: done.append(self._until_taken(record)), name="district", daemon=True
        )
        self._thread.start()
        while self.is_working and not self._service.stopping.is_asked():
            self._thread.join(LOOK_S)
        if self.is_working:
            log.info("stopped amid a district; another worker carries it out, or the planner keeps its circuits")
        return done == [True]

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
