"""The bridge as a process."""

import logging
import threading
import time
from collections import Counter
from functools import partial

from services.bridge.bridge import Bridge
from services.bridge.devices import KnownDevices
from services.bridge.guard import Guard
from services.bridge.wiring import bridge_between, session
from services.city.devices import load_devices
from services.contracts.topics import MQTT_EVERYTHING, MQTT_SHARED
from services.edges.door_registry import FreshDoorRegistry
from services.edges.store import load_door_registry
from services.errors import StreamAway
from services.operations.meters import BridgeMeter
from services.operations.service import Service, Stopping, running_service
from services.settings import Settings, settings
from services.store.connection import connect_when_there
from services.stream.kafka import EventProducer, when_there
from services.stream.mqtt import Subscriber
from services.stream.mqtt_admin import end_session

log = logging.getLogger(__name__)

RETRY_S = 1.0
REPORT_S = 10.0
SETTLE_S = 0.004
"""Kafka confirms by the batch: looking more often finds nothing, less often holds senders back."""
FINISH_S = 10.0


def main() -> None:
    """Run until asked to stop; wait for whatever is away."""
    config, meter = settings(), BridgeMeter()
    with running_service(config, "bridge", meter, needs_store=False) as service:
        _run(config, service, meter)


def _run(config: Settings, service: Service, meter: BridgeMeter) -> None:
    stopping, database_url = service.stopping, config.database_url.get_secret_value()
    first = connect_when_there(database_url, name="bridge", stopping=stopping)
    if first is None:
        return
    first.close()
    devices = KnownDevices(partial(load_devices, database_url))
    registry = FreshDoorRegistry(partial(load_door_registry, database_url))
    threading.Thread(target=_keep_fresh, args=(devices, registry, stopping), name="devices", daemon=True).start()
    producer = when_there(partial(EventProducer, config.kafka_at, name="bridge"), stopping=stopping)
    if producer is None:
        return
    subscriber, bridge = _wire(config, producer, devices, meter, registry)
    service.probe.asks("mqtt", lambda: None if subscriber.is_there else "not subscribed")
    if config.mqtt_shared:  # the embedded broker ends a connection that asks who else reads
        meter.readers = subscriber.watch_readers()
        guard = Guard(meter.readers, partial(end_session, config), meter)
        threading.Thread(target=_keep_watch, args=(guard, stopping), name="guard", daemon=True).start()
    subscriber.start(MQTT_SHARED if config.mqtt_shared else MQTT_EVERYTHING)
    _settle_and_retry(bridge, producer, subscriber, stopping)
    _finish(bridge, producer, subscriber)


def _wire(
    config: Settings,
    producer: EventProducer,
    devices: KnownDevices,
    meter: BridgeMeter,
    registry: FreshDoorRegistry,
) -> tuple[Subscriber, Bridge]:
    subscriber = session(Subscriber, config, config.member)
    return subscriber, bridge_between(subscriber, producer, devices, config, meter, registry)


def _settle_and_retry(bridge: Bridge, producer: EventProducer, subscriber: Subscriber, stopping: Stopping) -> None:
    counts, reported_s, retried_s = Counter[str](), time.monotonic(), 0.0
    while not stopping():
        bridge.has_work.wait(RETRY_S)
        if not bridge.settle():
            time.sleep(SETTLE_S)
        now_s = time.monotonic()
        if now_s - retried_s > RETRY_S:
            retried_s = now_s
            subscriber.raise_failure()
            _retry(bridge, producer)
            bridge.meter.tick()
        if now_s - reported_s > REPORT_S:
            counts, reported_s = _report_rates(bridge, counts, reported_s)
            bridge.tell_notes()


def _retry(bridge: Bridge, producer: EventProducer) -> None:
    try:
        producer.renew_if_stuck()
    except StreamAway as away:
        log.warning("%d messages wait for Kafka: %s", bridge.on_their_way, away)
        return
    if bridge.retry():
        producer.note_failure()


def _finish(bridge: Bridge, producer: EventProducer, subscriber: Subscriber) -> None:
    """What is on its way to Kafka is finished and acknowledged; what comes meanwhile, the broker keeps."""
    bridge.tell_notes()
    producer.flush(FINISH_S)
    bridge.settle()
    subscriber.stop()
    producer.close()
    log.info("stopped, %d messages left to the broker", bridge.on_their_way)


def _keep_fresh(devices: KnownDevices, registry: FreshDoorRegistry, stopping: Stopping) -> None:
    """On a thread of its own: a database that hangs must not hold up the messages."""
    while not stopping.is_asked(RETRY_S):
        devices.refresh_if_due()
        registry.refresh_if_due()


def _keep_watch(guard: Guard, stopping: Stopping) -> None:
    while not stopping.is_asked(RETRY_S):
        guard.look()


def _report_rates(bridge: Bridge, before: Counter[str], began_s: float) -> tuple[Counter[str], float]:
    """Log how many messages came on each topic since the last report."""
    now_s, counts = time.monotonic(), Counter(bridge.meter.taken)
    if came := counts - before:
        rate = came.total() / (now_s - began_s)
        log.info("%s in %.0f s (%.0f/s), %d on their way", dict(came), now_s - began_s, rate, bridge.on_their_way)
    return counts, now_s


if __name__ == "__main__":
    main()
