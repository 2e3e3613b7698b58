"""The world outside the product: bins, sensors and trucks of one city under one simulated clock."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import numpy as np

from simulators.bins.faults import SensorFaults
from simulators.bins.sensors import Sensors
from simulators.bins.truth import Bins, DayTruth
from simulators.city_folder import BaselineStop, CityFolder, read_city_folder
from simulators.events import Event, Outgoing, by_time
from simulators.trucks.driver import Driver
from simulators.trucks.habits import Habits
from simulators.trucks.streets import DETOUR_FACTOR, TOWN_SPEED_KMH, Streets

STEP = timedelta(minutes=15)
"""How far trucks run ahead of the sensors when both are merged; the result does not depend on it."""


class World:
    """A city that lives. Everything follows from the folder, the seed and the circuits that are driven.

    Readings of a time reflect the emptyings known when they are asked for: drive first, or use `live_day`.
    """

    def __init__(self, city: CityFolder, seed: int, start: date, faults: SensorFaults, habits: Habits) -> None:
        self.city = city
        self.seed = seed
        self.habits = habits
        self.bins = Bins(city, seed, start)
        self.sensors = Sensors(self.bins, seed, faults)
        self.roads = Streets(city)

    @classmethod
    def from_folder(
        cls, folder: Path, seed: int, start: date, faults: SensorFaults | None = None, habits: Habits | None = None
    ) -> Self:
        """The world of a city folder; `start` is the first local day that can be asked about."""
        return cls(read_city_folder(folder), seed, start, faults or SensorFaults(), habits or Habits())

    def readings(self, start: datetime, end: datetime) -> Iterator[Outgoing]:
        """What the sensors send from `start` until before `end`, in time order."""
        return self.sensors.readings(start, end)

    def driver(self, circuit: dict[str, Any]) -> Driver:
        """The driver of one circuit, not yet on the road."""
        return Driver(circuit, self.city, self.bins, self.roads, self.habits, self.seed)

    def drive(self, circuits: Iterable[dict[str, Any]], day: date) -> Iterator[Event]:
        """Positions and confirmations of a day's circuits in time order. Driving empties the containers.

        Raises:
            ValueError: a circuit is of another day.
        """
        drivers = []
        for circuit in circuits:
            if circuit["day"] != day.isoformat():
                raise ValueError(f"the circuit of {circuit['truck']} is of {circuit['day']}, not of {day}")
            drivers.append(self.driver(circuit))
        return merge(*(driver.events() for driver in drivers), key=by_time)

    def live_day(self, day: date, circuits: Iterable[dict[str, Any]] = ()) -> Iterator[Event]:
        """A whole local day: readings, positions and confirmations in strict time order, each reading consistent."""
        start, end = self.bounds(day)
        driven = self.drive(circuits, day)
        pending = next(driven, None)
        while start < end or pending is not None:
            until = start + STEP
            moved = []
            while pending is not None and pending.happened_at < until:
                moved.append(pending)
                pending = next(driven, None)
            # The sensors are silent after midnight here: that is the next day's business.
            read = self.readings(start, min(until, end)) if start < end else iter(())
            yield from merge(read, moved, key=by_time)
            start = until

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """The local midnights that begin and end a day."""
        following = day + timedelta(days=1)
        zone = self.city.timezone
        return (
            datetime(day.year, day.month, day.day, tzinfo=zone),
            datetime(following.year, following.month, following.day, tzinfo=zone),
        )

    def follow_baseline(self, day: date) -> int:
        """Empty what the fixed circuits empty on this day, without GPS or confirmations; how many containers.

        So that a history before the product is a real one. Times are simple arithmetic: straight lines times 1.4 at
        18 km/h and each kind's service time, from the start of the truck's shift.
        """
        due = sorted(
            (stop for stop in self.city.baseline if day.weekday() in stop.weekdays),
            key=lambda stop: (stop.truck, stop.position),
        )
        for truck, stops in groupby(due, key=lambda stop: stop.truck):
            self._empty_in_order(truck, list(stops), day)
        return len(due)

    def _empty_in_order(self, truck: str, stops: list[BaselineStop], day: date) -> None:
        shift_from = next(t.shift_from for t in self.city.trucks if t.id == truck)
        at_s = datetime.combine(day, shift_from, tzinfo=self.city.timezone).timestamp()
        here = None
        for stop in stops:
            k = self.bins.index[stop.container]
            there = self.city.plane.to_xy_m(np.array([self.city.containers[k].lon, self.city.containers[k].lat]))
            crow_m = 0.0 if here is None else float(np.hypot(*(there - here)))
            at_s += crow_m * DETOUR_FACTOR / (TOWN_SPEED_KMH / 3.6) + self.city.containers[k].service_s
            self.bins.empty(stop.container, at_s)
            here = there

    def truth(self, day: date) -> list[DayTruth]:
        """Overflow of every container on a local day: simulated, for scoring only, never for the product."""
        return self.bins.overflow(day)


def circuits_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's circuits as the drivers get them: each with the plan's id and day."""
    return [{"plan_id": plan["plan_id"], "day": plan["day"], **circuit} for circuit in plan["circuits"]]
