"""The clock that every service of the demo reads: held, moved on, or let run."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from services.clock import SimulatedClock


class Timepiece:
    """Writes the file that `TOURNEE_CLOCK=file:...` names."""

    def __init__(self, path: Path, instant: datetime) -> None:
        self._path = path
        self.hold(instant)

    @property
    def setting(self) -> str:
        return f"file:{self._path}"

    def hold(self, instant: datetime) -> None:
        """Stand still at an instant."""
        self.run(instant, speed=0.0)

    def now(self) -> datetime:
        """What it shows."""
        return self._clock.now()

    def run(self, instant: datetime, speed: float) -> Callable[[], datetime]:
        """Go on from an instant, `speed` times as fast as the wall clock; tells the time itself, too."""
        clock = SimulatedClock(instant, time.time(), speed)
        self._clock = clock
        beside = self._path.with_suffix(".new")
        beside.write_text(clock.setting())
        beside.replace(self._path)  # whole or not at all: a service may be reading
        return clock.now
