"""What goes wrong with sensors, and how often. Every rate is a parameter; the defaults are assumed, not measured."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.chance import UintArray, uniform
from simulators.geometry import FloatArray, IntArray

_STUCK, _SILENT, _DRIFTS, _DRIFT_PHASE, _NONSENSE = 11, 12, 13, 14, 15
LONGEST_EPISODE_DAYS = 2

NONSENSE_KINDS = ("out_of_range", "malformed", "clock_ahead", "oversize", "unknown_device")


@dataclass(frozen=True)
class SensorFaults:
    """Rates: episodes per sensor and day, nonsense per reading and kind, and the spread of honest noise."""

    noise_ratio: float = 0.012
    drifting_share: float = 0.03
    drift_ratio_per_day: float = 0.006
    stuck_per_day: float = 0.004
    silent_per_day: float = 0.012
    nonsense_per_reading: float = 0.0002

    @classmethod
    def none(cls) -> "SensorFaults":
        """Perfect sensors: no noise either."""
        return cls(0, 0, 0, 0, 0, 0)


class Disturbance(NamedTuple):
    """Per reading: whether it is heard, which instant it really measured, its offset and its nonsense (-1: none)."""

    heard: NDArray[np.bool_]
    measured_s: FloatArray
    offset_ratio: FloatArray
    nonsense: IntArray


def disturb(faults: SensorFaults, keys: UintArray, sensor: IntArray, at_s: FloatArray, utc_day: int) -> Disturbance:
    """What becomes of the readings of one day; `sensor` indexes `keys`."""
    heard = np.ones(len(at_s), dtype=bool)
    measured_s = at_s.copy()
    for ago in range(LONGEST_EPISODE_DAYS + 1):
        begin_s, end_s = _episode_s(keys, faults.silent_per_day, _SILENT, utc_day - ago)
        heard &= ~((at_s >= begin_s[sensor]) & (at_s < end_s[sensor]))
        begin_s, end_s = _episode_s(keys, faults.stuck_per_day, _STUCK, utc_day - ago)
        stuck = (at_s >= begin_s[sensor]) & (at_s < end_s[sensor])
        measured_s = np.where(stuck, begin_s[sensor], measured_s)
    drifts = uniform(keys, _DRIFTS)
    slope = np.where(drifts < faults.drifting_share, faults.drift_ratio_per_day, 0.0)
    slope = np.where(drifts < faults.drifting_share / 2, -slope, slope)
    since_service = (utc_day + np.floor(30 * uniform(keys, _DRIFT_PHASE))) % 30  # serviced once a month
    chance = uniform(keys[sensor], _NONSENSE, np.round(at_s).astype(np.int64))
    total = faults.nonsense_per_reading * len(NONSENSE_KINDS)
    kind = np.floor(chance / max(faults.nonsense_per_reading, 1e-12)).astype(np.int64)
    return Disturbance(heard, measured_s, (slope * since_service)[sensor], np.where(chance < total, kind, -1))


def _episode_s(keys: UintArray, per_day: float, purpose: int, utc_day: int) -> tuple[FloatArray, FloatArray]:
    """Begin and end of the episode that starts on this day in each sensor; both infinite where none does."""
    starts = uniform(keys, purpose, utc_day, 0) < per_day
    begin_s = (utc_day + uniform(keys, purpose, utc_day, 1)) * 86_400
    # From one hour to two days, short ones more often.
    lasts_s = 3600 * np.exp(uniform(keys, purpose, utc_day, 2) * np.log(24.0 * LONGEST_EPISODE_DAYS))
    return np.where(starts, begin_s, np.inf), np.where(starts, begin_s + lasts_s, np.inf)
