"""What is noted of devices, gathered so that one event stands for very many messages alike."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from threading import Lock
from typing import NamedTuple
from uuid import uuid4

from services.contracts.devices import DeviceTopic
from services.contracts.telemetry import DeviceNoted
from services.edges.mending import LeftAside

MOST_KINDS = 10_000
"""Of notes that are gathered at once, a device and a field each: a city whose every sensor has lost its probe."""


class Note(NamedTuple):
    """Something about a device that its technician should know."""

    device: DeviceTopic
    about: LeftAside


class DeviceNotes:
    """Safe from any thread. A process that is killed does not tell what it gathered last; no message is lost."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gathered: dict[tuple[DeviceTopic, str], DeviceNoted] = {}
        self._untold = 0

    def add(self, notes: Iterable[Note], at: datetime) -> None:
        """What was noted of messages that came at this instant."""
        with self._lock:
            for device, about in notes:
                before = self._gathered.get((device, about.field))
                if before is None and len(self._gathered) >= MOST_KINDS:
                    self._untold += 1
                    continue
                self._gathered[device, about.field] = DeviceNoted(
                    id=before.id if before else uuid4(),
                    city=device.city,
                    kind=device.kind,
                    device=device.device,
                    field=about.field,
                    example=about.told[:200],
                    messages=before.messages + 1 if before else 1,
                    first_at=before.first_at if before else at,
                    last_at=at,
                )

    def take(self) -> Iterator[DeviceNoted]:
        """What was gathered since this was last asked."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        return iter(gathered.values())

    def take_untold(self) -> int:
        """For how many notes there was no room since this was last asked."""
        with self._lock:
            untold, self._untold = self._untold, 0
        return untold
