"""The bridge as a process."""

import logging
import time
from collections import Counter
from functools import partial

from services.adapters.clock import clock_from
from services.adapters.kafka import EventProducer, when_there
from services.adapters.mqtt import Subscriber
from services.adapters.timescale.connection import connect_when_there
from services.adapters.timescale.devices import load_devices
from services.bridge.acknowledge import InOrder
from services.bridge.bridge import RETRY_S, Bridge, report_rates
from services.bridge.devices import KnownDevices
from services.contracts.topics import MQTT_EVERYTHING
from services.service import Stopping, start_logging
from services.settings import Settings, settings

log = logging.getLogger(__name__)

REPORT_S = 10.0


def main() -> None:
    """Run until asked to stop; wait for whatever is away."""
    config = settings()
    start_logging(config.log_level)
    stopping = Stopping()
    database_url = config.database_url.get_secret_value()
    if connect_when_there(database_url, name="bridge", stopping=stopping) is None:
        return
    devices = KnownDevices(partial(load_devices, database_url))
    producer = when_there(partial(EventProducer, config.kafka, name="bridge"), stopping=stopping)
    if producer is None:
        return
    subscriber, bridge = _wire(config, producer, devices)
    subscriber.start(MQTT_EVERYTHING)
    counts, reported_s = Counter[str](), time.monotonic()
    while not stopping.wait(RETRY_S):
        bridge.retry()
        if time.monotonic() - reported_s > REPORT_S:
            counts, reported_s = report_rates(bridge, counts, reported_s)
    # Nothing more comes in; what is on its way to Kafka is finished and acknowledged.
    producer.close()
    subscriber.stop()


def _wire(config: Settings, producer: EventProducer, devices: KnownDevices) -> tuple[Subscriber, Bridge]:
    subscriber = Subscriber(config.mqtt_host, config.mqtt_port, client_id="tournee-bridge")
    if config.mqtt_username and config.mqtt_password:
        subscriber.login(config.mqtt_username, config.mqtt_password.get_secret_value())
    in_order = InOrder(subscriber.acknowledge)
    subscriber.on_connection_lost = in_order.forget
    bridge = Bridge(producer, clock_from(config.clock), devices.knows, in_order)
    subscriber.on_arrival = bridge.on_arrival
    return subscriber, bridge


if __name__ == "__main__":
    main()
