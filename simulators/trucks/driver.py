"""A driver and crew who follow a circuit: drive, empty or skip, unload, come home."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np

from simulators.bins.truth import Bins
from simulators.chance import generator
from simulators.city_folder import CityFolder, Truck
from simulators.events import Confirmation, Event, Outgoing, instant, iso_z
from simulators.geometry import FloatArray
from simulators.trucks.gps import Gps
from simulators.trucks.habits import RUSH, Habits
from simulators.trucks.streets import Streets

Visit = dict[str, Any]
DEFAULT_STOP_S = 90.0  # a container that the folder does not know
DEFAULT_DISPOSAL_S = 900.0


class Driver:
    """One truck on one circuit. Iterate `events()` once; `at_s` and `here_xy_m` are always the latest of them.

    Emptying a container changes the hidden truth at the instant when the crew is done with it.
    """

    def __init__(
        self, circuit: dict[str, Any], city: CityFolder, bins: Bins, roads: Streets, habits: Habits, seed: int
    ) -> None:
        self.circuit = circuit
        self.truck_id: str = circuit["truck"]
        self.plan_id: str = circuit["plan_id"]
        self._city, self._bins, self._roads, self._habits = city, bins, roads, habits
        self._rng = generator(seed, "driver", self.truck_id, self.plan_id)
        self._gps = Gps(f"{city.id}/trucks/{self.truck_id}", city.plane, habits, self._rng)
        self._truck = next((t for t in city.trucks if t.id == self.truck_id), Truck(self.truck_id, "", np.inf, np.inf))
        self._service_s = {c.id: c.service_s for c in city.containers} | {s.id: s.service_s for s in city.sites}
        self._load_kg = self._load_l = 0.0
        first = circuit["visits"][0]
        self.at_s = seconds(first["leave_at"] if first["kind"] == "depot" else first["arrive_at"])
        self.here_xy_m = self._xy_m(first)
        self.seen: set[str] = set()
        self._visits: list[Visit] = circuit["visits"]

    def take_over(self, earlier: "Driver", at_s: float) -> None:
        """Start from where an earlier circuit of the same truck was left, with what is aboard, at `at_s` or later."""
        self.at_s, self.here_xy_m = max(self.at_s, earlier.at_s, at_s), earlier.here_xy_m
        self._load_kg, self._load_l = earlier._load_kg, earlier._load_l
        self.seen = set(earlier.seen)
        self._gps = earlier._gps  # the phone keeps its rhythm, and never tells two places of one instant
        # The circuit begins at the depot, where the truck is not any more.
        self._visits = [visit for n, visit in enumerate(self._visits) if n or visit["kind"] != "depot"]

    def events(self) -> Iterator[Event]:
        """Positions and confirmations in time order, until the truck is back or has nothing more to visit."""
        for visit in self._visits:
            # A stop that was confirmed under an earlier plan, or before this phone was switched on, is not done twice.
            if visit.get("confirmed") is not None or (visit["kind"] == "stop" and visit["place"] in self.seen):
                continue
            if visit["lon"] is not None:
                yield from self._drive_to(visit)
            match visit["kind"]:
                case "stop":
                    yield from self._serve(visit)
                case "disposal":
                    yield from self._unload(visit)
                case "break":
                    yield from self._stay(seconds(visit["leave_at"]) - seconds(visit["start_at"]))

    def _xy_m(self, visit: Visit) -> FloatArray:
        return self._roads.place_xy_m(visit["place"], visit["lon"], visit["lat"])

    def _drive_to(self, visit: Visit) -> Iterator[Outgoing]:
        target = self._xy_m(visit)
        way = self._roads.way(self.here_xy_m, target)
        hour = datetime.fromtimestamp(self.at_s, self._city.timezone).hour
        slowness = np.exp(self._habits.speed_sigma * self._rng.normal()) / RUSH.get(hour, 1.0)
        begin_s = self.at_s
        for message, xy_m in self._gps.along(way.line_xy_m, begin_s + way.free_s * slowness):
            self.at_s, self.here_xy_m = message.happened_at.timestamp(), xy_m
            yield message
        self.at_s, self.here_xy_m = _to_ms(begin_s + float(way.free_s[-1] * slowness)), target

    def _stay(self, lasts_s: float) -> Iterator[Outgoing]:
        end_s = _to_ms(self.at_s + max(lasts_s, 0.0))
        still = np.vstack([self.here_xy_m, self.here_xy_m])
        for message, _ in self._gps.along(still, np.array([self.at_s, end_s])):
            yield message
        self.at_s = end_s

    def _wait_for_planned_start(self, visit: Visit) -> Iterator[Outgoing]:
        """Where the plan itself waits (for a window, for a gate to open) the driver does not begin before it."""
        planned_s = seconds(visit["start_at"])
        if planned_s > seconds(visit["arrive_at"]) and planned_s > self.at_s:
            yield from self._stay(planned_s - self.at_s)

    def _serve(self, visit: Visit) -> Iterator[Event]:
        yield from self._wait_for_planned_start(visit)
        place = visit["place"]
        known = place in self._bins.index
        fill = (
            self._bins.level_of_l(place, self.at_s) / self._bins.capacity_l[self._bins.index[place]] if known else 0.5
        )
        reason = self._skip_reason(place, fill) if known else None
        if reason is not None:
            yield from self._stay(self._habits.skip_s * self._spread())
            self.seen.add(place)
            yield self._confirm(visit, "skipped", reason, fill if reason in ("not_full", "truck_full") else None)
            return
        yield from self._stay(self._service_s.get(place, DEFAULT_STOP_S) * self._spread())
        if known:
            self._load_l += self._bins.level_of_l(place, self.at_s)
            self._load_kg += self._bins.weight_of_kg(place, self.at_s)
            self._bins.empty(place, self.at_s)
        self.seen.add(place)
        yield self._confirm(visit, "done", None, fill if self._rng.random() < self._habits.sees_fill_chance else None)

    def _skip_reason(self, place: str, fill_ratio: float) -> str | None:
        habits = self._habits
        drawn = self._rng.random()
        for reason, chance in habits.skip_chances.items():
            if drawn < chance:
                return reason
            drawn -= chance
        if fill_ratio < habits.nearly_empty_ratio and self._rng.random() < habits.leave_nearly_empty_chance:
            return "not_full"
        over_kg = (
            self._load_kg + self._bins.weight_of_kg(place, self.at_s) - habits.overload_factor * self._truck.capacity_kg
        )
        over_l = self._load_l + self._bins.level_of_l(place, self.at_s) - habits.overload_factor * self._truck.loose_l
        return "truck_full" if over_kg > 0 or over_l > 0 else None

    def _unload(self, visit: Visit) -> Iterator[Event]:
        yield from self._wait_for_planned_start(visit)
        yield from self._stay(self._service_s.get(visit["place"], DEFAULT_DISPOSAL_S) * self._spread())
        self._load_kg = self._load_l = 0.0
        yield self._confirm(visit, "done", None, None)

    def _spread(self) -> float:
        return float(np.exp(self._habits.service_sigma * self._rng.normal()))

    def _confirm(self, visit: Visit, outcome: str, reason: str | None, fill_ratio: float | None) -> Confirmation:
        body = {
            "id": str(uuid.UUID(bytes=self._rng.bytes(16), version=4)),
            "plan_id": self.plan_id,
            "kind": visit["kind"],
            "place": visit["place"],
            "outcome": outcome,
            "reason": reason,
            "fill_ratio_seen": None if fill_ratio is None else min(round(fill_ratio * 4) / 4, 1.0),
            "happened_at": iso_z(self.at_s),
        }
        return Confirmation(self.truck_id, body, instant(self.at_s))


def _to_ms(at_s: float) -> float:
    """Whole milliseconds, as the phone writes them: truth and report then speak of the very same instant."""
    return round(at_s, 3)


def seconds(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 instant; one without a zone is refused."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.timestamp()
