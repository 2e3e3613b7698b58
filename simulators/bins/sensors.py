"""The sensors: what they say about the hidden truth, each at its own interval, with noise, faults and nonsense."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulators.bins.faults import NONSENSE_KINDS, Disturbance, SensorFaults, disturb
from simulators.bins.truth import Bins
from simulators.chance import device_keys, normal, uniform
from simulators.events import MQTT_ROOT, Outgoing, instant, iso_z
from simulators.geometry import FloatArray, IntArray

INTERVALS_S = np.array([900, 1800, 2700, 3600])
OVERSIZE_BYTES = 6000  # the product refuses more than 4096
BATTERY_DAYS = 900.0
CLIMATE_C, DAILY_SWING_C = 28.5, 4.5  # in the box of the sensor, about; assumed

_INTERVAL, _PHASE, _JITTER, _NOISE, _BATTERY, _HEAT = 21, 22, 23, 24, 25, 26


class _Schedule(NamedTuple):
    """The readings of one UTC day in time order, before the truth is asked: flat arrays of one length."""

    sensor: IntArray
    at_s: FloatArray
    disturbance: Disturbance
    noise_ratio: FloatArray
    battery_ratio: FloatArray
    temperature_c: FloatArray


class Sensors:
    """The sensors of a city. The same window gives the same readings, however it is cut into smaller ones."""

    def __init__(self, bins: Bins, seed: int, faults: SensorFaults) -> None:
        self.faults = faults
        self._bins = bins
        containers = bins.city.containers
        self._container = np.array([k for k, c in enumerate(containers) if c.sensor], dtype=np.int64)
        names = [containers[k].id for k in self._container.tolist()]
        self._keys = device_keys(seed, [f"sensor/{name}" for name in names])
        self._topics = [f"{MQTT_ROOT}/{bins.city.id}/containers/{name}/reading" for name in names]
        self._interval_s = INTERVALS_S[np.floor(len(INTERVALS_S) * uniform(self._keys, _INTERVAL)).astype(np.int64)]
        self._schedule = lru_cache(maxsize=3)(self._draw_schedule)

    def __len__(self) -> int:
        return len(self._topics)

    def readings(self, start: datetime, end: datetime) -> Iterator[Outgoing]:
        """Everything that the sensors send from `start` until before `end`, in time order."""
        start_s, end_s = start.timestamp(), end.timestamp()
        for utc_day in range(int(start_s // 86_400), int(np.ceil(end_s / 86_400))):
            schedule = self._schedule(utc_day)
            first, last = np.searchsorted(schedule.at_s, [start_s, end_s]).tolist()
            if first < last:
                yield from self._messages(schedule, slice(first, last))

    def _draw_schedule(self, utc_day: int) -> _Schedule:
        counts = 86_400 // self._interval_s
        sensor = np.repeat(np.arange(len(counts)), counts)
        number = np.arange(len(sensor)) - np.repeat(np.cumsum(counts) - counts, counts)
        keys, interval_s = self._keys[sensor], self._interval_s[sensor].astype(np.float64)
        # Between 0.05 and 0.95 of its interval, so that no reading leaves its day.
        place = 0.2 + 0.6 * uniform(self._keys, _PHASE)[sensor] + 0.3 * (uniform(keys, _JITTER, utc_day, number) - 0.5)
        at_s = np.round(utc_day * 86_400 + (number + place) * interval_s, 3)
        order = np.argsort(at_s, kind="stable")
        sensor, at_s, number, keys = sensor[order], at_s[order], number[order], keys[order]
        noise = self.faults.noise_ratio * normal(keys, _NOISE, utc_day, number)
        days_used = (utc_day + np.floor(BATTERY_DAYS * uniform(self._keys, _BATTERY))) % BATTERY_DAYS
        solar_hour = (at_s / 3600 + self._bins.city.lonlat[:, 0].mean() / 15) % 24
        warmth = CLIMATE_C + DAILY_SWING_C * np.cos((solar_hour - 14) / 24 * 2 * np.pi)
        warmth = warmth + normal(keys, _HEAT, utc_day, number)
        disturbance = disturb(self.faults, self._keys, sensor, at_s, utc_day)
        return _Schedule(sensor, at_s, disturbance, noise, (1 - 0.8 * days_used / BATTERY_DAYS)[sensor], warmth)

    def _messages(self, schedule: _Schedule, window: slice) -> Iterator[Outgoing]:
        heard = schedule.disturbance.heard[window]
        rows = np.arange(window.start, window.stop)[heard]
        at_s, sensor = schedule.at_s[rows], schedule.sensor[rows]
        asked_s = np.maximum(schedule.disturbance.measured_s[rows], self._bins.begins_s)
        fill = self._bins.fill_ratio(self._container[sensor], asked_s)
        fill = fill + schedule.noise_ratio[rows] + schedule.disturbance.offset_ratio[rows]
        written = np.datetime_as_string(np.round(at_s * 1000).astype("datetime64[ms]"), timezone="UTC")
        columns = (
            sensor.tolist(),
            at_s.tolist(),
            written.tolist(),
            np.clip(fill, 0, 1.2).round(3).tolist(),
            schedule.battery_ratio[rows].round(3).tolist(),
            schedule.temperature_c[rows].round(1).tolist(),
            schedule.disturbance.nonsense[rows].tolist(),
        )
        topics = self._topics
        for who, when_s, text, ratio, battery, warmth, nonsense in zip(*columns, strict=True):
            body = f'{{"happened_at":"{text}","fill_ratio":{ratio},"battery_ratio":{battery},"temperature_c":{warmth}}}'
            message = Outgoing(topics[who], body.encode(), instant(when_s))
            yield message if nonsense < 0 else _nonsense(NONSENSE_KINDS[nonsense], message, text)


def _nonsense(kind: str, honest: Outgoing, written: str) -> Outgoing:
    """The same message as a broken or foreign device sends it."""
    match kind:
        case "out_of_range":
            return honest._replace(payload=b'{"happened_at":"%b","fill_ratio":7.5}' % written.encode())
        case "malformed":
            return honest._replace(payload=honest.payload[: len(honest.payload) // 2])
        case "clock_ahead":
            ahead = iso_z(honest.happened_at.timestamp() + 86_400)
            return honest._replace(payload=honest.payload.replace(written.encode(), ahead.encode()))
        case "oversize":
            padding = b',"log":"%b"}' % (b"x" * OVERSIZE_BYTES)
            return honest._replace(payload=honest.payload[:-1] + padding)
        case _:
            device = honest.topic.split("/")[-2]
            return honest._replace(topic=honest.topic.replace(f"/{device}/", f"/X-{device}/"))
