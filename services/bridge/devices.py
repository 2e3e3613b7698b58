"""The devices that the registry knows, kept in memory because every message asks."""

import logging
import time
from collections.abc import Callable

from services.contracts.topics import DeviceTopic
from services.errors import StoreAway

log = logging.getLogger(__name__)

REFRESH_S = 30.0
REFRESH_FOR_UNKNOWN_S = 2.0
"""A device just added is let in within this time; an unknown device cannot make us ask the store more often."""


class KnownDevices:
    """Asks the store now and then. While the store is away, what was known stays known."""

    def __init__(
        self, load: Callable[[], frozenset[DeviceTopic]], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._clock_s = clock_s
        self._devices = load()
        self._loaded_s = clock_s()

    def knows(self, device: DeviceTopic) -> bool:
        age_s = self._clock_s() - self._loaded_s
        known = device in self._devices
        if age_s > (REFRESH_S if known else REFRESH_FOR_UNKNOWN_S):
            self._refresh()
            known = device in self._devices
        return known

    def _refresh(self) -> None:
        self._loaded_s = self._clock_s()
        try:
            self._devices = self._load()
        except StoreAway as away:
            log.warning("the registry cannot be read just now, going on with what is known: %s", away)
