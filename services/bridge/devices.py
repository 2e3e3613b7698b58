"""The devices that the registry knows, kept in memory because every message asks."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from services.contracts.devices import KINDS, DeviceKind, DeviceTopic, mqtt_topic
from services.contracts.topics import key
from services.errors import StoreAway

log = logging.getLogger(__name__)

REFRESH_S = 30.0
REFRESH_FOR_UNKNOWN_S = 2.0
"""A device just added is let in within this time; an unknown device cannot make us ask the store more often."""


class KnownDevice(NamedTuple):
    """What is worked out once a device, not once a message."""

    topic: DeviceTopic
    kind: DeviceKind
    key: bytes
    """Of its events in Kafka."""
    head: bytes
    """How its events begin: city and device, as JSON, up to the comma before what it says."""


class KnownDevices:
    """A copy of the registry's devices; `find` never waits, `refresh_if_due` is for another thread.

    While the store is away, what was known stays known.
    """

    def __init__(
        self, load: Callable[[], Iterable[DeviceTopic]], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._clock_s = clock_s
        self._by_topic = _by_topic(load())
        self._loaded_s = clock_s()
        self._asked_for_unknown = False

    def find(self, mqtt_topic: bytes) -> KnownDevice | None:
        """The device that publishes on this topic."""
        device = self._by_topic.get(mqtt_topic)
        if device is None:
            self._asked_for_unknown = True
        return device

    def refresh_if_due(self) -> None:
        """Ask the store where the copy is old, or an unknown device has spoken since."""
        age_s = self._clock_s() - self._loaded_s
        if age_s < (REFRESH_FOR_UNKNOWN_S if self._asked_for_unknown else REFRESH_S):
            return
        self._loaded_s = self._clock_s()
        self._asked_for_unknown = False
        try:
            self._by_topic = _by_topic(self._load())
        except StoreAway as away:
            log.warning("the registry cannot be read just now, going on with what is known: %s", away)


def _by_topic(devices: Iterable[DeviceTopic]) -> dict[bytes, KnownDevice]:
    return {mqtt_topic(device): _known(device) for device in devices}


def _known(device: DeviceTopic) -> KnownDevice:
    # Ids hold nothing that JSON would escape: see `services.contracts.fields.Id`.
    kind = KINDS[device.kind]
    head = f'{{"city":"{device.city}","{kind.id_field}":"{device.device}",'.encode()
    return KnownDevice(device, kind, key(device.city, device.device), head)
