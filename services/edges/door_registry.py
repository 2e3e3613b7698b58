"""What the doors know of the cities: whose a device is, how its container is inside, and which key opens which door."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from services.city.registry import ContainerKind
from services.errors import StoreAway

log = logging.getLogger(__name__)

TRACKER = "tracker"
"""The door of a single tracker's key: the OsmAnd protocol and Traccar Client's JSON."""
REFRESH_S = 30.0
REFRESH_FOR_UNKNOWN_S = 2.0
"""As for the bridge's devices: what was just added is let in within this time."""


class Sender(NamedTuple):
    device: str
    """The container's or truck's id."""
    decoder: str | None


class Key(NamedTuple):
    city: str
    door: str
    device: str | None
    """The truck, where the key is a tracker's."""


@dataclass(frozen=True)
class DoorRegistry:
    containers: Mapping[tuple[str, str], ContainerKind | None] = field(default_factory=dict)
    """Of each city and container its kind."""
    trucks: frozenset[tuple[str, str]] = frozenset()
    named: Mapping[tuple[str, str, str], Sender] = field(default_factory=dict)
    """By city, kind of device and the device's name in its network."""
    keys: Mapping[bytes, Key] = field(default_factory=dict)
    """By hash."""

    @cached_property
    def cities(self) -> frozenset[str]:
        return frozenset(city for city, _ in self.containers)

    def find(self, city: str, kind: str, name: str | None, label: str | None = None) -> Sender | None:
        """Whose a device is: as the city has said, else as the network hands on, else it bears our own id."""
        if name is not None and (sender := self.named.get((city, kind, name))) is not None:
            return sender
        for told in (label, name):
            if told is not None and self.knows(city, kind, told):
                return Sender(told, None)
        return None

    def knows(self, city: str, kind: str, device: str) -> bool:
        """Whether this is the id of a container or truck of the city."""
        return (city, device) in (self.containers if kind == "containers" else self.trucks)


class FreshDoorRegistry:
    """`latest` is as it was last read, also while the store is away; `refresh_if_due` is for a thread of its own."""

    def __init__(self, load: Callable[[], DoorRegistry], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock_s = clock_s
        self.latest = load()
        self._loaded_s = clock_s()
        self.missed = False
        """Whether somebody was not found since: the next look is sooner then."""

    def refresh_if_due(self) -> None:
        """Read it again where it is old, or somebody was not found in it."""
        age_s = self._clock_s() - self._loaded_s
        if age_s < (REFRESH_FOR_UNKNOWN_S if self.missed else REFRESH_S):
            return
        self._loaded_s, self.missed = self._clock_s(), False
        try:
            self.latest = self._load()
        except StoreAway as away:
            log.warning("the registry cannot be read just now, going on with what is known: %s", away)
