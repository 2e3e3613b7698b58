"""The phone's GPS: a position every ten seconds, some metres off, sometimes none for a while."""

import math
from collections.abc import Iterator

import numpy as np

from simulators.events import MQTT_ROOT, Outgoing, instant, iso_z
from simulators.geometry import FloatArray, Plane
from simulators.trucks.habits import Habits


class Gps:
    """Ticks keep their rhythm over a whole duty, whatever the truck is doing."""

    def __init__(self, device: str, plane: Plane, habits: Habits, rng: np.random.Generator) -> None:
        self._topic = f"{MQTT_ROOT}/{device}/position"
        self._plane, self._habits, self._rng = plane, habits, rng
        self._phase_s = float(rng.uniform(0, habits.position_every_s))
        self._next_tick = 0
        """Its number, so that a phone never tells two places of one instant."""
        self._silent_until_s = -np.inf

    def along(self, line_xy_m: FloatArray, at_s: FloatArray) -> Iterator[tuple[Outgoing, FloatArray]]:
        """Messages, with the true place of each, while the truck is at each vertex at the given instants."""
        every_s = self._habits.position_every_s
        begin_s, end_s = float(at_s[0]), float(at_s[-1])
        # A stretch ends between two milliseconds and the next begins at a whole one: a tick between them is in both.
        first = max(math.ceil((begin_s - self._phase_s) / every_s), self._next_tick)
        self._next_tick = max(math.ceil((end_s - self._phase_s) / every_s), first)
        ticks: FloatArray = np.arange(first, self._next_tick, dtype=np.float64) * every_s + self._phase_s
        moving = bool(np.ptp(line_xy_m, axis=0).max() > 1.0)
        if moving and self._rng.random() < self._habits.gps_gap_chance:
            self._silent_until_s = begin_s + float(self._rng.uniform(*self._habits.gps_gap_s))
        true_xy = _interpolated(line_xy_m, at_s, ticks)
        lately = true_xy - _interpolated(line_xy_m, at_s, ticks - 3.0)
        shown = true_xy + self._rng.normal(0, self._habits.gps_noise_m, true_xy.shape)
        speed_kmh = np.hypot(lately[:, 0], lately[:, 1]) / 3.0 * 3.6
        heading_deg = np.degrees(np.arctan2(lately[:, 0], lately[:, 1])) % 360
        lonlat = self._plane.to_lonlat(shown)
        accuracy_m = self._habits.gps_noise_m * self._rng.uniform(0.7, 1.8, len(ticks))
        for k, when_s in enumerate(ticks.tolist()):
            if when_s >= self._silent_until_s:
                yield self._message(when_s, lonlat[k], speed_kmh[k], heading_deg[k], accuracy_m[k]), true_xy[k]

    def _message(
        self, when_s: float, lonlat: FloatArray, speed_kmh: float, heading_deg: float, accuracy_m: float
    ) -> Outgoing:
        heading = f',"heading_deg":{heading_deg:.0f}' if speed_kmh > 1 else ""  # a standing phone knows no heading
        body = (
            f'{{"happened_at":"{iso_z(when_s)}","lon":{lonlat[0]:.6f},"lat":{lonlat[1]:.6f},'
            f'"speed_kmh":{speed_kmh:.1f}{heading},"accuracy_m":{accuracy_m:.1f}}}'
        )
        return Outgoing(self._topic, body.encode(), instant(when_s))


def _interpolated(line_xy_m: FloatArray, at_s: FloatArray, ticks_s: FloatArray) -> FloatArray:
    x = np.interp(ticks_s, at_s, line_xy_m[:, 0])
    y = np.interp(ticks_s, at_s, line_xy_m[:, 1])
    return np.column_stack([x, y])
