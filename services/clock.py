"""The time. Services ask a clock, never the machine, so that a simulated day can run at its own pace."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, timezone-aware, UTC."""
        ...


class Simulation(Protocol):
    """A clock that runs otherwise than the machine's."""

    def showed_at(self, machine: datetime) -> datetime:
        """What it showed, or will, when the machine's clock shows this instant, by the pace at which it runs now."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class SimulatedClock:
    """A clock that read `simulated_at` when the wall clock read `wall_s` (Unix time), `speed` times as fast since."""

    simulated_at: datetime
    wall_s: float
    speed: float
    wall_clock_s: Callable[[], float] = time.time

    def now(self) -> datetime:
        return self.simulated_at + timedelta(seconds=(self.wall_clock_s() - self.wall_s) * self.speed)

    def showed_at(self, machine: datetime) -> datetime:
        """The same instant of the machine gives the same to the microsecond, whoever asks; at most what dates hold."""
        try:
            return self.simulated_at + timedelta(seconds=(machine.timestamp() - self.wall_s) * self.speed)
        except OverflowError:
            return EARLIEST if machine.timestamp() < self.wall_s else LATEST

    def setting(self) -> str:
        """The text that `clock_from` reads, to hand this clock to another process."""
        return f"{self.simulated_at.isoformat()}@{self.wall_s}x{self.speed}"


class FileClock:
    """A simulated clock that reads its setting from a file, again whenever the file changes.

    So whoever runs a simulation can hold the day, move it on, or let it run, for every service at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed_ns = 0
        self._clock = self._read()

    def now(self) -> datetime:
        return self._latest().now()

    def showed_at(self, machine: datetime) -> datetime:
        return self._latest().showed_at(machine)

    def _latest(self) -> SimulatedClock:
        if self._path.stat().st_mtime_ns != self._changed_ns:
            self._clock = self._read()
        return self._clock

    def _read(self) -> SimulatedClock:
        self._changed_ns = self._path.stat().st_mtime_ns
        return _parse(self._path.read_text().strip())


def simulation_of(clock: Clock) -> Simulation | None:
    """The clock, where it is another than the machine's: whoever has real devices has to ask it when they spoke."""
    return clock if isinstance(clock, (SimulatedClock, FileClock)) else None


def clock_from(setting: str | None) -> Clock:
    """The clock that `TOURNEE_CLOCK` asks for.

    Nothing: the machine's. `<ISO instant>@<Unix seconds>x<speed>`: a simulated one. `file:<path>`: one read from there.
    """
    if not setting:
        return SystemClock()
    if setting.startswith("file:"):
        return FileClock(Path(setting.removeprefix("file:")))
    return _parse(setting)


def _parse(setting: str) -> SimulatedClock:
    instant, _, anchor = setting.rpartition("@")
    wall_s, _, speed = anchor.partition("x")
    simulated_at = datetime.fromisoformat(instant)
    if simulated_at.tzinfo is None:
        raise ValueError(f"TOURNEE_CLOCK: {instant} has no time zone")
    return SimulatedClock(simulated_at.astimezone(UTC), float(wall_s), float(speed))
