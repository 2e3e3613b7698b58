"""Take a bridge out of service for good without losing what waits for it.

Mosquitto 2.0 hands the messages of a shared subscription to its members in turn, also to one that is away: they wait in
its session, and nobody else gets them. So we come in its place and bring them to Kafka, as it would have done, until
nothing waits; then its session is ended. Nothing is published again, so the bridges' login needs no right to do that.
"""

import time
from functools import partial

from services.bridge.bridge import Bridge
from services.bridge.devices import KnownDevices
from services.bridge.wiring import bridge_between, session
from services.city.devices import load_devices
from services.contracts.topics import MQTT_EVERYTHING, MQTT_SHARED
from services.edges.door_registry import FreshDoorRegistry
from services.edges.store import load_door_registry
from services.operations.meters import BridgeMeter
from services.settings import Settings
from services.stream.kafka import EventProducer
from services.stream.mqtt_leaver import Leaver, NotRetired

LOOK_S = 0.005
RETRY_S = 1.0
PATIENCE_S = 60.0


def retire(config: Settings, member: str) -> int:
    """Bring what waits for this member to Kafka, and end its session at the broker.

    The member itself must be stopped. If another bridge runs, it gets all that comes meanwhile; if none does,
    Mosquitto's journal keeps it. Should this be interrupted, nothing is lost, and it may be run again.

    Returns:
        How many messages waited.

    Raises:
        NotRetired: the member still runs, there is no such member, or the broker or Kafka is away.
        StoreAway, StreamAway: the store, which knows the devices, or Kafka does not answer.
    """
    url = config.database_url.get_secret_value()
    devices = KnownDevices(partial(load_devices, url))
    leaver, meter = session(Leaver, config, member), BridgeMeter()
    producer = EventProducer(config.kafka_at, name="bridge")
    try:
        bridge = bridge_between(
            leaver, producer, devices, config, meter, FreshDoorRegistry(partial(load_door_registry, url))
        )
        leaver.start((MQTT_SHARED, MQTT_EVERYTHING))
        _empty(leaver, bridge, producer)
        leaver.wait_for_rival()
        leaver.end()
        bridge.tell_notes()
    finally:
        leaver.stop()
        producer.close()
    return meter.confirmed


def _empty(leaver: Leaver, bridge: Bridge, producer: EventProducer) -> None:
    """Until all that came is acknowledged, and nothing has come after that."""
    while True:
        _settle_all(leaver, bridge, producer)
        leaver.catch_up()
        if not bridge.on_their_way:
            return


def _settle_all(leaver: Leaver, bridge: Bridge, producer: EventProducer) -> None:
    """Until Kafka has all that has come and the broker was told so."""
    moved_s = retried_s = time.monotonic()
    while bridge.on_their_way:
        leaver.raise_failure()
        now_s = time.monotonic()
        if bridge.settle():
            moved_s = now_s
        elif now_s - moved_s > PATIENCE_S:
            raise NotRetired(f"Kafka has not confirmed anything for {PATIENCE_S:.0f} s: {bridge.on_their_way} wait")
        if now_s - retried_s > RETRY_S:
            retried_s = now_s
            producer.renew_if_stuck()
            if bridge.retry():
                producer.note_failure()
        time.sleep(LOOK_S)
