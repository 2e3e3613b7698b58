"""What is believed of a container, and how each piece of evidence changes it. The only place where anything is learned.

A belief depends on nothing but its evidence in the order in which it happened: the writer folds in what comes, and
whoever asks for an instant of the past folds anew (`replay.py`). It holds the level now, what has come in since it was
first heard of (levels, and what was taken out), a tally of each day and the latest visits (`tallies.py`); what all
containers of a city teach together is worked out from their beliefs when somebody asks (`learned.py`).
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from statistics import median
from typing import NamedTuple

from pydantic_core import from_json, to_json

from services.fill import tallies
from services.fill.evidence import Evidence, Kind

ESTIMATOR = 5
"""Raise it with every change of what is learned or how a belief is written down: all are then learned anew."""

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""From which beliefs count hours."""
DAY_FROM_H = 4
"""Hour of UTC at which a belief's day begins and the one before is tallied: when plans are made from Dakar to Warsaw.
Elsewhere it only has to be the same every day."""

WINDOW = 5
"""Readings whose median is the level: an echo off a bag or a lid is off by up to a third."""
FALL = 0.25
"""A level that has fallen by more, three readings long, was emptied, whoever did it. Waste settles by less."""
CONFIRMS = 3
"""Readings that tell a fall from an echo, and whether a container that is said to be empty is."""
LEFT_H = 3.0
"""A level read so soon after an emptying was left in it, or is what the sensor calls empty: it did not come in."""
FULL = 0.97
"""A sensor tells no more than full: what comes in from there on, it does not see."""
JUMP = 0.4
"""Between two readings: an emptying, or a sensor that knows nothing."""
JUMPY_SHARE, CALM_SHARE = 0.3, 0.1
"""Of readings that jump: above it a sensor is not believed, below it again."""
MEMORY = 0.05
"""Weight of the newest reading in a sensor's noise and jumps: some twenty count."""
ECHO = 0.15
"""The latest reading is taken for the level unless it is farther from what the ones before it and the pace say."""
PACE_H, PACE_DAYS = 3.0, 14
"""What comes in unmeasured around an emptying is as in the readings next to it for so many hours, for it is much in the
morning, when trucks come; beyond them as in so many days before."""
SETTLES_H = 3.0
"""A day's level is settled by the readings so near to its end, before it and after it."""
TALLY_OLD_H = 26.0
"""A day's tally is of a reading at most so old: sensors that speak once a day leave tallies too."""


class Belief(NamedTuple):
    """Of one container. Hours count from `EPOCH`; levels are shares of the volume."""

    emptied_at: datetime | None = None
    """The last emptying that somebody confirmed."""
    cycle_h: float | None = None
    """When it was last empty: confirmed, or seen by the fall of its level."""
    read_h: float | None = None
    """Of the latest reading."""
    level: float = 0.0
    """Median of `recent`."""
    high: float = 0.0
    """Highest level since `cycle_h`."""
    taken_out: float = 0.0
    """By all emptyings: with the level, all that ever came in."""
    recent: tuple[float, ...] = ()
    """Latest readings since `cycle_h`, the newest last."""
    recent_h: tuple[float, ...] = ()
    """Their hours."""
    doubted: float | None = None
    """What a confirmed emptying took out, that no reading has borne out yet."""
    noise: float = 0.05
    """Mean distance of a reading from the level."""
    jumps: float = 0.0
    """Share of readings that jump."""
    jumpy: bool = False
    """The sensor jumps about, and is not believed until it is calm again."""
    same_since_h: float | None = None
    """Since when the sensor has said the same."""
    seen_h: float | None = None
    """When somebody last saw the level without emptying, since `cycle_h`."""
    seen_level: float = 0.0
    reported: int = 0
    """So many residents have said that it is full, since `cycle_h` and since a crew saw it."""
    weighed_h: float | None = None
    """Of the emptying whose load was weighed at a disposal site, until that emptying is learned of."""
    weighed_level: float = 0.0
    weighed_expected: float = 0.0
    weighed_part: float = 0.0
    """The container's share of that load as a level, the level that was believed, and its part of the load."""
    day: int | None = None
    """Number of the day under way; the latest tally in `days` is of its beginning."""
    tallied: float | None = None
    """All that had come in by then, as the tallies have it; None where nobody knows."""
    settled: bool = True
    """The latest tally is."""
    days: bytes = b""
    visits: bytes = b""


def hours_of(at: datetime) -> float:
    """Since `EPOCH`."""
    return (at - EPOCH) / HOUR


def instant_of_h(h: float) -> datetime:
    """Of so many hours since `EPOCH`."""
    return EPOCH + h * HOUR


def day_of(h: float) -> int:
    """Number of the day that hour `h` is in."""
    return int((h - DAY_FROM_H) // 24)


def start() -> Belief:
    """Of a container of which nobody ever heard."""
    return Belief()


def learn(belief: Belief, evidence: Evidence) -> Belief:
    """The belief after one more piece, which happened after all that is in it already."""
    return LEARN[evidence.kind](belief, evidence)


def _read(belief: Belief, evidence: Evidence) -> Belief:
    y = evidence.fill_ratio
    if y is None:
        return belief
    h = hours_of(evidence.happened_at)
    day, tallied, days, settled = days_until(belief, h)
    if not settled and h > (begun_h := day * 24 + DAY_FROM_H) + SETTLES_H:
        near = [r for r, r_h in zip(belief.recent, belief.recent_h, strict=True) if abs(r_h - begun_h) <= SETTLES_H]
        # One that lies far below may be of a container just emptied: that tally stays unsettled.
        days, settled = tallies.settle(days, _median(near)) if near and min(near) > belief.high - FALL else days, True
    last = belief.recent[-1] if belief.recent else None
    jumps = belief.jumps * (1 - MEMORY) + (MEMORY if last is not None and abs(y - last) > JUMP else 0.0)
    jumpy = jumps > (CALM_SHARE if belief.jumpy else JUMPY_SHARE)
    same_since_h = belief.same_since_h if y == last else h
    recent, recent_h = (*belief.recent[1 - WINDOW :], y), (*belief.recent_h[1 - WINDOW :], h)
    level = _median(recent)
    noise = belief.noise * (1 - MEMORY) + MEMORY * abs(y - level)
    cycle_h, high, taken_out = belief.cycle_h, max(belief.high, level), belief.taken_out
    doubted, visits = belief.doubted, belief.visits
    seen_h, seen_level = belief.seen_h, belief.seen_level
    if jumpy or (belief.jumpy and not jumpy):
        # What comes in meanwhile nobody knows: the level is taken up where the sensor is calm again.
        high, taken_out = level, taken_out + belief.level - level
        return belief._replace(
            read_h=h, level=level, high=high, taken_out=taken_out, recent=recent,
            recent_h=recent_h, noise=noise, jumps=jumps, jumpy=jumpy, same_since_h=same_since_h, day=day, tallied=None,
            days=days, settled=True, doubted=None,
        )  # fmt: skip
    reported = belief.reported
    if doubted is not None and len(recent) >= CONFIRMS:
        if level > max(doubted - FALL, doubted / 2) and doubted > FALL:
            taken_out -= doubted  # as full as before: nobody has emptied it yet
        elif cycle_h is not None and recent_h[0] - cycle_h <= LEFT_H:
            taken_out -= min(doubted, _left(belief, recent[:CONFIRMS], recent_h[:CONFIRMS], cycle_h))
        doubted = None
    if high - level > FALL and all(high - r > FALL for r in recent[-CONFIRMS:]) and len(recent) >= CONFIRMS:
        fell_h = recent_h[-CONFIRMS - 1] if len(recent_h) > CONFIRMS else recent_h[0]
        filled = _filled(belief, recent[:-CONFIRMS], recent_h[:-CONFIRMS], fell_h)
        visits = _visit(belief, fell_h, filled)
        since, since_h = recent[-CONFIRMS:], recent_h[-CONFIRMS:]
        left = _left(belief, since, since_h, fell_h)
        taken_out += max(filled - left, 0.0)
        recent, recent_h, high, cycle_h = since, since_h, level, fell_h
        seen_h, seen_level = None, 0.0
        reported = 0
        settled = True
    return Belief(
        belief.emptied_at, cycle_h, h, level, high, taken_out, recent, recent_h, doubted, noise, jumps, jumpy,
        same_since_h, seen_h, seen_level, reported, belief.weighed_h, belief.weighed_level,
        belief.weighed_expected, belief.weighed_part, day, tallied, settled, days, visits,
    )  # fmt: skip


def days_until(belief: Belief, h: float) -> tuple[int, float | None, bytes, bool]:
    """`day`, `tallied`, `days` and `settled` at hour `h`: with the days that have ended since."""
    today = day_of(h)
    if belief.day is None or belief.read_h is None:
        return today, belief.tallied, belief.days, True
    gone = today - belief.day
    if gone <= 0:
        return belief.day, belief.tallied, belief.days, belief.settled
    ended_h = (belief.day + 1) * 24 + DAY_FROM_H
    known = ended_h - belief.read_h <= TALLY_OLD_H and belief.doubted is None and not belief.jumpy
    filled = belief.taken_out + belief.level if known else None
    rise = None if filled is None or belief.tallied is None else filled - belief.tallied
    since_h = ended_h - belief.cycle_h if known and belief.cycle_h is not None else None
    began_full = (tallies.latest_level(belief.days) or 0.0) >= FULL and (since_h is None or since_h > 24)
    if rise is not None and (began_full or (belief.level >= FULL and rise < _usual_per_day(belief))):
        rise = None  # more may have come in, and that it was no less than this says nothing
    days = tallies.add_day(belief.days, rise, belief.level if known else None, since_h)
    if gone > 1:
        return today, None, tallies.add_missing(days, gone - 1), True
    if rise is not None and belief.tallied is not None:
        filled = belief.tallied + tallies.as_kept(rise)
    return today, filled, days, not known


def _filled(belief: Belief, recent: Sequence[float], recent_h: Sequence[float], h: float) -> float:
    """How full it was at hour `h`, which no reading tells: by the latest that is no echo, and what came in since."""
    if not recent:
        return belief.level
    before = _median(recent[-CONFIRMS:])
    expected = before + _came_in(belief, recent, recent_h, recent_h[-1] - recent_h[-2:][0])
    latest = recent[-1] if before - ECHO <= recent[-1] <= expected + ECHO else before
    return latest + _came_in(belief, recent, recent_h, h - recent_h[-1])


def _left(belief: Belief, recent: Sequence[float], recent_h: Sequence[float], cycle_h: float) -> float:
    """What was left in it at `cycle_h`, or what the sensor calls empty, by the readings since: it only fills.

    What cannot be told from nothing is nothing: else something would be left in it each time.
    """
    left = min(recent) - _came_in(belief, recent, recent_h, recent_h[0] - cycle_h)
    return left if left > 2 * belief.noise else 0.0


def _came_in(belief: Belief, recent: Sequence[float], recent_h: Sequence[float], hours: float) -> float:
    """So much in so many hours beside these readings: as within them for a while (Theil and Sen), then as usual."""
    usual = _usual_per_day(belief) / 24
    if len(recent) < CONFIRMS:
        return usual * hours
    slopes = [
        (y - x) / (y_h - x_h) for (x, x_h), (y, y_h) in combinations(zip(recent, recent_h, strict=True), 2) if y_h > x_h
    ]
    now = max(median(slopes), 0.0) if slopes else usual
    return now * min(hours, PACE_H) + usual * max(hours - PACE_H, 0.0)


def _usual_per_day(belief: Belief) -> float:
    """What came in on the latest days that are known; 0 where none is."""
    rises = [rise for rise in tallies.rises_of(belief.days[-PACE_DAYS * tallies.DAY_BYTES :]) if rise is not None]
    return max(sum(rises) / len(rises), 0.0) if rises else 0.0


def _median(values: Sequence[float]) -> float:
    """The lower one of two."""
    return sorted(values)[(len(values) - 1) // 2]


def _end_cycle(belief: Belief, evidence: Evidence) -> Belief:
    """It is empty, unless the readings say that it is as full as before.

    How full it was a sensor tells best, then the crew that saw it, then its share of what the truck weighed.
    """
    at = evidence.happened_at.astimezone(UTC)
    h = hours_of(at)
    day, tallied, days, _ = days_until(belief, h)
    measured = belief.read_h is not None and h - belief.read_h <= TALLY_OLD_H and not belief.jumpy
    filled = _filled(belief, belief.recent, belief.recent_h, h) if measured else belief.level
    fill, weighed = filled if measured else evidence.fill_ratio, None
    if fill is None and belief.weighed_h == h:
        fill, weighed = belief.weighed_level, tallies.Weighed(belief.weighed_expected, belief.weighed_part)
    return belief._replace(
        emptied_at=at, cycle_h=h, level=0.0, high=0.0, taken_out=belief.taken_out + filled, recent=(), recent_h=(),
        doubted=filled if measured else None, seen_h=None, seen_level=0.0, reported=0, weighed_h=None,
        weighed_level=0.0, weighed_expected=0.0, weighed_part=0.0, day=day, tallied=tallied, days=days, settled=True,
        visits=_visit(belief, h, fill, weighed),
    )  # fmt: skip


def _visit(belief: Belief, h: float, fill: float | None, weighed: tallies.Weighed | None = None) -> bytes:
    return tallies.add_visit(belief.visits, h, fill, None if belief.cycle_h is None else h - belief.cycle_h, weighed)


def _see(belief: Belief, evidence: Evidence) -> Belief:
    """Seen by a crew: of use where no sensor tells. What residents said before is settled by it."""
    if evidence.fill_ratio is None:
        return belief
    return belief._replace(seen_h=hours_of(evidence.happened_at), seen_level=evidence.fill_ratio, reported=0)


def _report(belief: Belief, evidence: Evidence) -> Belief:
    """A resident says that it is full: kept beside what is believed, for anybody may say so and some are wrong."""
    if evidence.fill_ratio is None:
        return belief
    return belief._replace(reported=belief.reported + 1)


def _weigh(belief: Belief, evidence: Evidence) -> Belief:
    """Its share of a truck's load, told just before the emptying that it is of: of use where nobody saw the level.

    Kilograms alone, of a truck's own scale, are in the account; this estimator makes nothing of them.
    """
    if evidence.fill_ratio is None or evidence.expected_ratio is None or evidence.part is None:
        return belief
    return belief._replace(
        weighed_h=hours_of(evidence.happened_at), weighed_level=evidence.fill_ratio,
        weighed_expected=evidence.expected_ratio, weighed_part=evidence.part,
    )  # fmt: skip


LEARN: Mapping[Kind, Callable[[Belief, Evidence], Belief]] = {
    "reading": _read,
    "emptied": _end_cycle,
    "seen": _see,
    "weight": _weigh,
    "report": _report,
}


def written(belief: Belief) -> str:
    """As a JSON document, without loss: floats and instants come back as they were."""
    packed = {"days": b64encode(belief.days).decode(), "visits": b64encode(belief.visits).decode()}
    return to_json(belief._asdict() | packed).decode()


def read_back(written: str) -> Belief:
    """What `written` wrote.

    Raises:
        KeyError, ValueError: another estimator did.
    """
    document = from_json(written)
    emptied_at = document["emptied_at"]
    document["emptied_at"] = datetime.fromisoformat(emptied_at) if emptied_at else None
    document["recent"], document["recent_h"] = tuple(document["recent"]), tuple(document["recent_h"])
    document["days"], document["visits"] = b64decode(document["days"]), b64decode(document["visits"])
    if document.keys() != set(Belief._fields):
        raise KeyError(f"not a belief of estimator {ESTIMATOR}: {', '.join(document)}")
    return Belief(**document)
