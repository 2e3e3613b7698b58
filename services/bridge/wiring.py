"""A bridge put together from the settings: for the service, and for whoever takes one out of service."""

from datetime import timedelta

from services.bridge.bridge import Bridge, Sends
from services.bridge.devices import KnownDevices
from services.bridge.intake import Keep
from services.clock import clock_from
from services.edges.door_registry import FreshDoorRegistry
from services.edges.doorkeeper import doorkeeper_of
from services.operations.meters import BridgeMeter
from services.settings import Settings
from services.stream.mqtt import Session

CLIENT_IDS = "tournee-bridge-"
"""How the client ids of bridges begin: by this Mosquitto's journal knows them (docs/mosquitto.md)."""


def session[S: Session](kind: type[S], config: Settings, member: str) -> S:
    """This member's session at the broker, with the settings' login and TLS; not connected yet.

    The broker keeps the member's share of the messages under this name while it is away.

    Raises:
        SettingMissing: the authority's certificate cannot be read.
    """
    made = kind(config.mqtt_host, config.mqtt_port, client_id=f"{CLIENT_IDS}{member}")
    if config.mqtt_username and config.mqtt_password:
        made.login(config.mqtt_username, config.mqtt_password.get_secret_value())
    if config.mqtt_ca:
        made.trust(config.mqtt_ca)
    return made


def bridge_between(
    source: Session,
    producer: Sends,
    devices: KnownDevices,
    config: Settings,
    meter: BridgeMeter,
    registry: FreshDoorRegistry | None = None,
) -> Bridge:
    """What comes in this session goes to this producer, and is acknowledged once it is there."""
    keep = Keep(timedelta(days=config.keep_readings_days), timedelta(days=config.keep_positions_days))
    clock = clock_from(config.clock)
    doorkeeper = doorkeeper_of(config, registry, clock) if registry is not None else None
    bridge = Bridge(producer, clock, devices.find, source.acknowledge, keep=keep, meter=meter, doorkeeper=doorkeeper)
    source.when_arrived(bridge.on_arrivals)
    source.on_connection_lost = bridge.on_connection_lost
    return bridge
