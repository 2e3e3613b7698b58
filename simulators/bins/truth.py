"""What is really in each container: thrown in bit by bit, emptied by trucks, hidden from the product."""

from bisect import bisect_right, insort
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from simulators.bins.patterns import RAIN_WEIGHT, find_patterns
from simulators.chance import device_keys, generator, normal, uniform
from simulators.city_folder import CityFolder
from simulators.geometry import FloatArray, IntArray

SLOT_S = 900
SLOTS = 86_400 // SLOT_S
THROW_L = 14.0  # a household's bag or basin; the mean of a throw, which is spread exponentially. Assumed
OWN_FACTOR_SIGMA = 0.38  # of the logarithm: containers of one kind differ by about a third. Assumed
MAX_SHOWN_RATIO = 1.15  # more than this does not stay on the heap: it lies beside the container

TOO_EARLY = "the simulated city had not begun at that time: start the world on an earlier day"

_OWN_FACTOR, _START_LEVEL = 1, 2


@dataclass(frozen=True)
class DayTruth:
    """Simulated truth of one container on one local day, for scoring only."""

    container: str
    day: date
    thrown_l: float
    overflow_min: float
    overflow_l: float


class Bins:
    """The hidden truth of a city's containers, as a function of time.

    A container's story depends on (seed, container id) and on when it was emptied, on nothing else. Instants are
    seconds since 1970 UTC; arrays are in the order of `city.containers`. A time before `start` is refused.
    """

    def __init__(self, city: CityFolder, seed: int, start: date) -> None:
        self.city = city
        self.seed = seed
        self.index = {c.id: k for k, c in enumerate(city.containers)}
        self.capacity_l = np.array([c.capacity_l for c in city.containers])
        self._keys = device_keys(seed, [c.id for c in city.containers])
        self.patterns = find_patterns(city, seed, self._keys)
        own = np.exp(OWN_FACTOR_SIGMA * normal(self._keys, _OWN_FACTOR) - OWN_FACTOR_SIGMA**2 / 2)
        self.mean_l_per_day = own * self.capacity_l * np.array([c.fill_per_day for c in city.containers])
        self._start_day = _utc_day_number(start) - 1  # local days may begin on the UTC day before
        self._start_l = self.capacity_l * 0.7 * uniform(self._keys, _START_LEVEL)
        self._cumulated: list[FloatArray] = []  # by UTC day: (SLOTS + 1, n) litres thrown since the start
        self._emptied: dict[int, list[float]] = {}

    @property
    def begins_s(self) -> float:
        """The first instant that can be asked about."""
        return self._start_day * 86_400.0

    def level_l(self, containers: IntArray, at_s: FloatArray) -> FloatArray:
        """Litres in (and heaped on, and beside) each container at each instant; flat arrays of one length."""
        since = self._last_emptied_s(containers, at_s)
        thrown = self._thrown_l(containers, at_s)
        never = np.isneginf(since)
        base = np.where(never, -self._start_l[containers], self._thrown_l(containers, np.where(never, at_s, since)))
        return np.maximum(thrown - base, 0.0)

    def fill_ratio(self, containers: IntArray, at_s: FloatArray) -> FloatArray:
        """What stands in the container as a share of its volume, heap included; at most 1.15."""
        return np.asarray(np.minimum(self.level_l(containers, at_s) / self.capacity_l[containers], MAX_SHOWN_RATIO))

    def level_of_l(self, container: str, at_s: float) -> float:
        """Litres in one container at one instant."""
        k = self.index[container]
        emptied = self._emptied.get(k, [])
        before = bisect_right(emptied, at_s)
        base_l = self._thrown_by_l(k, emptied[before - 1]) if before else -float(self._start_l[k])
        return max(self._thrown_by_l(k, at_s) - base_l, 0.0)

    def weight_of_kg(self, container: str, at_s: float) -> float:
        """Kilograms in one container at one instant; wet waste is heavier."""
        day = datetime.fromtimestamp(at_s, self.city.timezone).date()
        wet = RAIN_WEIGHT if self.patterns.rains_on(day) else 1.0
        return self.level_of_l(container, at_s) * self.city.containers[self.index[container]].kg_per_l * wet

    def empty(self, container: str, at_s: float) -> None:
        """A crew empties the container and picks up what lies beside it."""
        insort(self._emptied.setdefault(self.index[container], []), at_s)

    def emptyings(self, container: str) -> tuple[float, ...]:
        """When the container was emptied."""
        return tuple(self._emptied.get(self.index[container], ()))

    def overflow(self, day: date) -> list[DayTruth]:
        """Overflow of every container on a local day, with a resolution of 15 minutes."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.city.timezone)
        edges_s = midnight.timestamp() + SLOT_S * np.arange(SLOTS + 1)
        count = len(self.city.containers)
        who = np.repeat(np.arange(count), SLOTS + 1)
        over_l = self.level_l(who, np.tile(edges_s, count)).reshape(count, -1) - self.capacity_l[:, None]
        thrown_l = self._thrown_l(who, np.tile(edges_s, count)).reshape(count, -1)
        spilt_l = np.clip(np.minimum(over_l[:, 1:], np.diff(thrown_l, axis=1)), 0, None)
        minutes = (over_l[:, 1:] > 0).sum(axis=1) * SLOT_S / 60
        return [
            DayTruth(c.id, day, float(thrown_l[k, -1] - thrown_l[k, 0]), float(minutes[k]), float(spilt_l[k].sum()))
            for k, c in enumerate(self.city.containers)
        ]

    def _last_emptied_s(self, containers: IntArray, at_s: FloatArray) -> FloatArray:
        """-inf where the container has not been emptied by then. An emptying counts from its own instant on."""
        last = np.full(len(containers), -np.inf)
        present = set(self._emptied)
        if not present:
            return last
        order = np.argsort(containers, kind="stable")
        starts = np.searchsorted(containers[order], np.arange(len(self.city.containers) + 1))
        for container in present:
            rows = order[starts[container] : starts[container + 1]]
            times = np.array([-np.inf, *self._emptied[container]])
            last[rows] = times[np.searchsorted(times, at_s[rows], side="right") - 1]
        return last

    def _thrown_l(self, containers: IntArray, at_s: FloatArray) -> FloatArray:
        """Litres thrown into each container between the start and the instant."""
        slot = at_s / SLOT_S
        whole = np.floor(slot)
        day = (whole // SLOTS).astype(np.int64) - self._start_day
        if len(day) == 0:
            return np.zeros(0)
        if day.min() < 0:
            raise ValueError(TOO_EARLY)
        self._grow(int(day.max()))
        within = (whole % SLOTS).astype(np.int64)
        thrown = np.empty(len(day))
        for number in np.unique(day):
            rows = day == number
            table, s, c = self._cumulated[number], within[rows], containers[rows]
            low = table[s, c]
            thrown[rows] = low + (table[s + 1, c] - low) * (slot[rows] - whole[rows])
        return thrown

    def _thrown_by_l(self, k: int, at_s: float) -> float:
        """The same for one container: what a driver asks, hundreds of times a day."""
        whole, part = divmod(at_s / SLOT_S, 1.0)
        day, slot = divmod(int(whole), SLOTS)
        number = day - self._start_day
        if number < 0:
            raise ValueError(TOO_EARLY)
        self._grow(number)
        low, high = self._cumulated[number][slot : slot + 2, k]
        return float(low + (high - low) * part)

    def _grow(self, last: int) -> None:
        while len(self._cumulated) <= last:
            inflow_l = self._inflow_l(self._start_day + len(self._cumulated))
            before = self._cumulated[-1][-1] if self._cumulated else np.zeros(len(self.capacity_l))
            self._cumulated.append(np.vstack([before, before + np.cumsum(inflow_l, axis=0)]))

    def _inflow_l(self, utc_day: int) -> FloatArray:
        """(SLOTS, n) litres thrown in each quarter of an hour: a Poisson number of throws of exponential size."""
        midnight = datetime.fromtimestamp(utc_day * 86_400, UTC)
        rates = np.empty((SLOTS, len(self.capacity_l)))
        for first in range(0, SLOTS, 4):
            local = (midnight + timedelta(seconds=first * SLOT_S)).astimezone(self.city.timezone)
            factor = self.patterns.weekday_factor(local.weekday()) * self.patterns.hour_factor(local.hour)
            rates[first : first + 4] = self.mean_l_per_day * factor * self.patterns.rain_factor(local.date()) / SLOTS
        name = str(utc_day)
        inflow_l = np.zeros_like(rates)
        for k, container in enumerate(self.city.containers):
            rng = generator(self.seed, container.id, name)
            throws = rng.poisson(rates[:, k] / THROW_L)
            some = throws > 0
            inflow_l[some, k] = rng.standard_gamma(throws[some]) * THROW_L
        return inflow_l


def _utc_day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
