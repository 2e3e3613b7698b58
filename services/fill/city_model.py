"""How a city's containers fill, learned from what is believed of all of them at one instant, and nothing else.

Two kinds of containers: those whose sensor is believed (`measured.py`) and all others (`counted.py`). Of each there is
a plain model, which needs no history (a rate and a spread, drawn to those of its likes), and boosted trees on what the
plain one knows (`learned.py`), once the city has a past to learn from.
"""

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.city.special_days import SpecialDays
from services.fill import counted, measured
from services.fill.belief import DAY_FROM_H, FULL, Belief, day_of, days_until
from services.fill.forest import Grown
from services.fill.health import health_of
from services.fill.learned import LEVELS, Learned, can_teach, learned_from
from services.fill.pace import ROUNDS, Pace, is_any
from services.fill.pooling import Codes
from services.fill.tallies import Days, Table, Visits

MOST_EXAMPLES = 40_000
MOST_TAUGHT_BY = 2_000
"""Containers whose past teaches: more teach the same, slower."""
AT_ONCE = 5_000
"""Containers that are asked for together: a large city's tables would not fit into a small server."""
BEYOND_H = 14 * 24.0
"""No example is of so many hours: there the plain model speaks alone."""
YOUNG_DAYS = 7.0
"""Of a container's own, from which on trees speak alone."""
NORMAL = np.array([-1.6449, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.6449])
"""Quantiles of `LEVELS` of the standard normal."""
TRUE_REPORT, TRUE_BESIDE_SENSOR = 0.7, 0.3
"""Chance that a container which one resident says is full is so, and where a sensor that is believed tells another
level. Assumed: no city's reports have been held against its crews' words yet."""
DOUBT_PER_DAY = 0.02
"""What a level that somebody saw is off by, or more: eyes tell quarters."""


class Thing(NamedTuple):
    """A container, and what is believed of it."""

    belief: Belief
    likes: tuple[Hashable, ...]
    """What it has in common with others, from the widest to the narrowest: its kind, its kind in its zone."""
    fill_per_day: float
    """Its kind's, until known."""
    zone: str = ""
    """Whose market days are its own."""


def likes_of(kind: str, stream: str, zone: str) -> tuple[tuple[str, ...], ...]:
    """What a city's container has in common with others."""
    return (kind, stream), (kind, stream, zone)


def thing_of(belief: Belief, likes: tuple[Hashable, ...], fill_per_day: float, zone: str, unknown_h: float) -> Thing:
    """Where nobody knows when it was empty, the cautious choice is long ago: `unknown_h`."""
    known = belief if belief.cycle_h is not None else belief._replace(cycle_h=unknown_h)
    return Thing(known, likes, fill_per_day, zone)


class CityModel:
    """Learned once; asked for any container and instant after that."""

    def __init__(self, things: Sequence[Thing], now_h: float, special: SpecialDays | None = None) -> None:
        """Learn from a city's containers as they are believed to be at hour `now_h`, and from its special days."""
        self._codes: list[dict[Hashable, int]] = [{} for _ in things[0].likes] if things else []
        for thing in things:
            for numbers, name in zip(self._codes, thing.likes, strict=True):
                numbers.setdefault(name, len(numbers))
        self._prior = float(np.mean([thing.fill_per_day for thing in things])) if things else 0.1
        sensed = [thing for thing in things if is_measured(thing.belief, now_h)]
        sensed = sensed[:: max(1, len(sensed) // MOST_TAUGHT_BY)]
        seen = [thing for thing in things if thing.belief.visits]
        seen = seen[:: max(1, len(seen) // MOST_TAUGHT_BY)]
        until_h = day_of(now_h) * 24 + DAY_FROM_H
        self._pace: Pace | None = None
        if special is not None and is_any(special):
            self._pace = Pace(special, now_h)
            self._learn_pace(self._pace, sensed, seen, now_h, until_h)
        self._learn_measured(sensed, now_h)
        self._learn_counted(seen, until_h)

    @property
    def times_by_kind(self) -> dict[str, float]:
        """How many times as fast as on an ordinary day a container fills, by kind of day."""
        return {} if self._pace is None else dict(zip(self._pace.kinds, (1 + self._pace.shares).tolist(), strict=True))

    def _learn_pace(
        self, pace: Pace, sensed: Sequence[Thing], seen: Sequence[Thing], now_h: float, until_h: float
    ) -> None:
        """By turns with what is ordinary: each is told from the other."""
        days = Days([days_until(thing.belief, now_h)[2] for thing in sensed])
        numbers = _day_numbers(sensed, np.full(len(sensed), now_h), days.rises.shape[1])
        seen = [thing for thing in seen if not is_measured(thing.belief, now_h)]
        visits = Visits([thing.belief.visits for thing in seen])
        visits.forget_from(until_h)
        zones, zones_seen = _zones(pace, sensed), _zones(pace, seen)
        for _ in range(ROUNDS):
            self._to_ordinary(seen, visits)
            self._curve = curve = counted.curve_of(visits, self._prior)
            past = self._past(seen, visits)
            times, levels = counted.told_levels(past, curve, counted.pool_of(visits, curve, past.likes, past.prior))
            expected = times[:, None] * curve.at(visits.lasted_h)
            pace.learn([
                pace.of_rises(zones, numbers, days.rises),
                pace.of_levels(zones_seen, visits.hours, visits.lasted_h, levels, expected, curve.power),
            ])  # fmt: skip

    def _to_ordinary(self, things: Sequence[Thing], visits: Visits) -> None:
        """Gaps as so many ordinary hours."""
        if self._pace is not None:
            visits.gaps_h = self._pace.hours(_zones(self._pace, things), visits.hours - visits.lasted_h, visits.hours)

    def _ordinary_h(self, things: Sequence[Thing], from_h: Table, hours: Table) -> Table:
        """(n,): so many ordinary hours bring as much as `hours` after `from_h`."""
        return hours if self._pace is None else self._pace.hours(_zones(self._pace, things), from_h, from_h + hours)

    def _learn_measured(self, things: Sequence[Thing], now_h: float) -> None:
        state = self._state(things, np.full(len(things), now_h))
        days = Days([days_until(thing.belief, now_h)[2] for thing in things])
        times = None
        if self._pace is not None:
            numbers = _day_numbers(things, np.full(len(things), now_h), days.rises.shape[1])
            times = self._pace.times(_zones(self._pace, things), numbers)
            days.rises = days.rises / times
        self._pools = measured.pools_of(state)
        self._examples = measured.examples_of(days, state, self._pools, MOST_EXAMPLES, times)
        self._trees: dict[bool, Grown | None] = {}

    def _measured(self, nobody_came: bool) -> Grown | None:
        """Learned when it is first asked for: a plan asks one question, who looks back on what was left alone another.

        Crews leave alone what fills slowly, so of a container that in fact was left alone less is to be expected than
        of the same one, if it is.
        """
        if nobody_came not in self._trees:
            examples = self._examples
            some = examples.nobody_came | (not nobody_came)
            learned = None
            if can_teach(examples.day[some]):
                learned = learned_from(Grown, examples.columns[some], examples.reached[some], examples.bases[some])
            self._trees[nobody_came] = learned
        return self._trees[nobody_came]

    def _learn_counted(self, things: Sequence[Thing], until_h: float) -> None:
        """From visits before the day under way, so that all plans of a day learn the same."""
        visits = Visits([thing.belief.visits for thing in things])
        visits.forget_from(until_h)
        self._to_ordinary(things, visits)
        self._curve = counted.curve_of(visits, self._prior)
        past = self._past(things, visits)
        self._pool = counted.pool_of(visits, self._curve, past.likes, past.prior)
        self._visited = past

    @cached_property
    def _counted(self) -> Learned | None:
        """Learned when it is first asked for: a city whose containers all have a sensor never asks."""
        examples = counted.examples_of(self._visited, self._curve, self._pool, MOST_EXAMPLES)
        if not can_teach(examples.hour):
            return None
        return learned_from(Learned, examples.columns, examples.reached, examples.bases, examples.hour)

    def quantiles(
        self,
        things: Sequence[Thing],
        now_h: Table,
        target_h: Table,
        *,
        nobody_came: bool = False,
        as_seen: bool = False,
    ) -> Table:
        """Fill ratios, (n, 7) of `LEVELS`, if nobody empties them: of each at its own instant, as known at another.

        Args:
            things: n.
            now_h: (n,) hours since `EPOCH`.
            target_h: (n,) hours since `EPOCH`, later than `now_h`.
            nobody_came: it is known that in fact nobody did, which crews do where little comes in. A plan that asks
                whom to leave alone knows nothing of the kind.
            as_seen: what a sensor or a crew would say, who know no more than full; a plan wants what is there.
        """
        parts = [
            self._quantiles(
                things[first : first + AT_ONCE],
                now_h[first : first + AT_ONCE],
                target_h[first : first + AT_ONCE],
                nobody_came=nobody_came,
                as_seen=as_seen,
            )
            for first in range(0, len(things), AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(LEVELS)))

    def _quantiles(
        self, things: Sequence[Thing], now_h: Table, target_h: Table, *, nobody_came: bool, as_seen: bool
    ) -> Table:
        told = np.array([is_measured(one.belief, now) for one, now in zip(things, now_h, strict=True)], dtype=bool)
        found = np.empty((len(things), len(LEVELS)))
        if told.any():
            some = [one for one, is_told in zip(things, told, strict=True) if is_told]
            learned = self._measured(nobody_came)
            ordinary = self._of_measured(some, now_h[told], target_h[told], learned, as_seen=as_seen)
            found[told] = self._at_pace(some, now_h[told], target_h[told], ordinary)
        if not told.all():
            some = [one for one, is_told in zip(things, told, strict=True) if not is_told]
            found[~told] = self._of_counted(some, target_h[~told], as_seen=as_seen)
        found = _with_reports(things, told, found)
        found = np.minimum(found, 1.0) if as_seen else found
        return np.maximum.accumulate(np.maximum(found, 0.0), axis=1)

    def rates(self, things: Sequence[Thing], now_h: Table) -> Table:
        """Share of the volume a day, (n,)."""
        parts = [
            self._rates(things[first : first + AT_ONCE], now_h[first : first + AT_ONCE])
            for first in range(0, len(things), AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def _rates(self, things: Sequence[Thing], now_h: Table) -> Table:
        told = np.array([is_measured(one.belief, now) for one, now in zip(things, now_h, strict=True)], dtype=bool)
        state = self._state(things, now_h)
        mean = self._pools.mean.of(state.rises, state.likes, state.prior_per_day)
        day = np.full(len(things), 24.0)
        expected, _ = counted.columns_of(self._past(things), self._curve, self._pool, now_h, day, day)
        rates: Table = np.where(told, np.maximum(mean, 0.0), expected.level)
        return rates

    def _at_pace(self, things: Sequence[Thing], now_h: Table, target_h: Table, ordinary: Table) -> Table:
        """What `_of_measured` tells of ordinary days, on those that come."""
        if self._pace is None:
            return ordinary
        hours = np.maximum(target_h - now_h, 0.0)
        times = self._ordinary_h(things, now_h, hours) / np.where(hours > 0, hours, 1.0)
        level = np.array([thing.belief.level for thing in things])
        return measured.at_pace(level[:, None], ordinary, times[:, None])

    def _of_measured(
        self, things: Sequence[Thing], now_h: Table, target_h: Table, learned: Grown | None, *, as_seen: bool
    ) -> Table:
        state = self._state(things, now_h)
        hours = np.maximum(target_h - now_h, 0.0)
        rates = measured.rates_of(state, self._pools)
        plain = _measured_levels(state, rates, hours)
        if learned is None:
            return plain
        # Trees know the hours of examples alone: between two they put the plain model right by their shares.
        columns, trees = measured.columns_of(state, rates), plain
        for taught_h, share in measured.taught_around(hours):
            if share.any():
                ahead = measured.ahead_of(state, rates, columns, taught_h)
                told = learned.quantiles(ahead, measured.bases_of(state, rates, taught_h))
                trees = trees + share[:, None] * (told - _measured_levels(state, rates, taught_h))
        found = trees if as_seen else _beyond_full(trees, plain)
        # Trees know the young from others' first days; of one whose days nobody counted yet they know nothing.
        known = np.clip((~np.isnan(state.rises)).sum(axis=1) / YOUNG_DAYS, 0.0, 1.0)
        share = np.where(hours > BEYOND_H, 0.0, known)[:, None]
        return np.asarray(plain + share * (found - plain))

    def _of_counted(self, things: Sequence[Thing], target_h: Table, *, as_seen: bool) -> Table:
        beliefs = [thing.belief for thing in things]
        past = self._past(things)
        emptied_h = np.array([np.nan if b.cycle_h is None else b.cycle_h for b in beliefs])
        begun_h = np.where(np.isnan(emptied_h), target_h, emptied_h)
        lasted_h = np.maximum(target_h - begun_h, 0.0)
        gap_h = self._ordinary_h(things, begun_h, lasted_h)
        expected, _ = counted.columns_of(past, self._curve, self._pool, begun_h, gap_h, lasted_h)
        plain = _levels(expected)
        if self._counted is not None:
            # Trees know what was seen after gaps that there were; from there the plain model goes on.
            known_h = np.minimum(gap_h, counted.longest_gap_h(past))
            taught = known_h >= counted.LEAST_GAP_H
            known_lasted_h = np.minimum(lasted_h, known_h)
            known, columns = counted.columns_of(past, self._curve, self._pool, begun_h, known_h, known_lasted_h)
            bases = counted.bases_of(known)
            trees = self._counted.quantiles(columns, bases)
            trees += plain - _levels(known)
            trees = trees if as_seen else _beyond_full(trees, plain)
            plain = np.where(taught[:, None], trees, plain)
        seen_h = np.array([np.nan if b.seen_h is None else b.seen_h for b in beliefs])
        seen = ~np.isnan(seen_h) & (seen_h <= target_h)
        if seen.any():
            plain[seen] = self._after_seen(things, seen, seen_h, target_h)
        return plain

    def _after_seen(self, things: Sequence[Thing], seen: NDArray[np.bool], seen_h: Table, target_h: Table) -> Table:
        """From the level that somebody saw since it was last empty, at the container's own rate."""
        some = [thing for thing, is_seen in zip(things, seen, strict=True) if is_seen]
        level = np.array([thing.belief.seen_level for thing in some])
        days = self._ordinary_h(some, seen_h[seen], target_h[seen] - seen_h[seen]) / 24
        rise = self.rates(some, seen_h[seen]) * days
        return np.asarray(level[:, None] + _rises(rise, 0.6 * rise + DOUBT_PER_DAY * days + 0.05))

    def _past(self, things: Sequence[Thing], visits: Visits | None = None) -> counted.Past:
        fill_per_day = _fill_per_day(things)
        if visits is None:
            visits = Visits([thing.belief.visits for thing in things])
            self._to_ordinary(things, visits)
        # A curve of the city's own says nothing of kinds; the line that stands for it is of their mean.
        prior = fill_per_day / self._prior if self._curve.is_line else np.ones(len(things))
        return counted.Past(
            visits.hours, visits.fills, visits.gaps_h, visits.lasted_h, visits.expected, visits.parts,
            self._likes(things), prior,
        )  # fmt: skip

    def _state(self, things: Sequence[Thing], now_h: Table) -> measured.State:
        beliefs = [thing.belief for thing in things]
        until = [days_until(belief, now) for belief, now in zip(beliefs, now_h, strict=True)]
        days = Days([packed for _, _, packed, _ in until], measured.WINDOW_DAYS)
        if self._pace is not None:
            numbers = _day_numbers(things, now_h, measured.WINDOW_DAYS)
            days.rises = days.rises / self._pace.times(_zones(self._pace, things), numbers)
        return measured.State(
            np.array([belief.level for belief in beliefs]),
            now_h - np.array([np.nan if belief.cycle_h is None else belief.cycle_h for belief in beliefs]),
            np.array([float(day % 7) for day, _, _, _ in until]),
            days.rises,
            days.levels,
            self._likes(things),
            _fill_per_day(things),
        )

    def _likes(self, things: Sequence[Thing]) -> tuple[Codes, ...]:
        unknown = 2**31
        return tuple(
            np.array([numbers.get(thing.likes[n], unknown) for thing in things], dtype=np.int64)
            for n, numbers in enumerate(self._codes)
        )


def _zones(pace: Pace, things: Sequence[Thing]) -> Codes:
    return pace.codes([thing.zone for thing in things])


def _day_numbers(things: Sequence[Thing], now_h: Table, count: int) -> Codes:
    """(n, count) of the days that `Days` has of each, as of its instant."""
    until = [days_until(thing.belief, now)[0] for thing, now in zip(things, now_h.tolist(), strict=True)]
    return np.array(until, dtype=np.int64).reshape(-1, 1) - np.arange(count, 0, -1)


def is_measured(belief: Belief, now_h: float) -> bool:
    """Its sensor is believed."""
    health = health_of(belief, now_h)
    return health is not None and health.fault is None


def _with_reports(things: Sequence[Thing], told: NDArray[np.bool], quantiles: Table) -> Table:
    """Raised towards full by what residents say, never lowered: of each quantile the mean, weighted by their trust.

    Residents are believed each by themselves, so that k of them are all wrong with a chance of `(1 - trust)^k`.
    """
    said = np.array([thing.belief.reported for thing in things])
    if not said.any():
        return quantiles
    right = 1 - (1 - np.where(told, TRUE_BESIDE_SENSOR, TRUE_REPORT)) ** said
    raised: Table = quantiles + right[:, None] * np.maximum(1.0 - quantiles, 0.0)
    return raised


def _beyond_full(trees: Table, plain: Table) -> Table:
    """Trees have learned from levels that end at full; how much lies beside the container the plain model says."""
    found: Table = np.where((trees >= FULL) & (plain > trees), plain, trees)
    return found


def _fill_per_day(things: Sequence[Thing]) -> Table:
    return np.array([thing.fill_per_day for thing in things])


def _measured_levels(state: measured.State, rates: measured.Rates, hours: Table) -> Table:
    rise, spread = np.maximum(rates.rise(hours), 0.0), rates.rise_spread(hours)
    return np.asarray(state.level[:, None] + _rises(rise, spread))


def _levels(expected: counted.Expected) -> Table:
    return _rises(expected.level, np.minimum(expected.spread, np.maximum(expected.level, 0.02)))


def _rises(mean: Table, spread: Table) -> Table:
    """Quantiles of what comes in: a gamma, never below nothing, by Wilson and Hilferty's cube (1931)."""
    shape = np.maximum(mean, 1e-9) ** 2 / np.maximum(spread, 1e-9) ** 2
    cube = 1 - 1 / (9 * shape[:, None]) + NORMAL / (3 * np.sqrt(shape[:, None]))
    rises: Table = mean[:, None] * np.maximum(cube, 0.0) ** 3
    return rises
