"""A long replay on all cores: a few days at a time to each process, told in the order of days."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from itertools import batched
from multiprocessing import get_context
from pathlib import Path

from services.ledger.coverage_replay import CoverageReplayed, replay_coverage
from services.ledger.remembered import Memory
from services.ledger.replay import Replayed, replay
from services.roads.osm.city_roads import roads_of
from services.store.connection import connect

DAYS_AT_ONCE = 7
"""Of a process: what it holds in memory is one day's, what it asks for at once is this."""


@dataclass(frozen=True)
class Asked:
    """What is replayed, and where it is read."""

    database_url: str
    data_folder: Path
    city: str
    now: datetime


@dataclass(frozen=True)
class ReplayedDays:
    """Of some days, both ends included."""

    lines: tuple[Replayed, ...]
    coverage: tuple[CoverageReplayed, ...]


def replay_days(asked: Asked, first: date, last: date, memory: Memory) -> ReplayedDays:
    """By this process alone, on a connection of its own; what is in its memory is of what was asked."""
    roads = partial(roads_of, data_folder=asked.data_folder)
    with connect(asked.database_url, name="ledger-replay") as connection:
        return ReplayedDays(
            tuple(replay(connection, asked.city, first, last, now=asked.now, roads_of=roads, memory=memory)),
            tuple(replay_coverage(connection, asked.city, first, last, roads_of=roads, memory=memory)),
        )


def replay_on_cores(asked: Asked, first: date, last: date, cores: int) -> Iterator[ReplayedDays]:
    """Week by week. No process holds more than a week's lines and one day's events, and few weeks wait to be told."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weeks = [(week[0], week[-1]) for week in batched(days, DAYS_AT_ONCE)]
    if cores < 2 or len(weeks) < 2:
        memory = Memory()
        yield from (replay_days(asked, *week, memory) for week in weeks)
        return
    # Started anew, not forked: a process that has threads and connections is not copied.
    with ProcessPoolExecutor(min(cores, len(weeks)), mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[ReplayedDays]] = deque()
        for week in weeks:
            waiting.append(pool.submit(_replay_in_pool, asked, *week))
            if len(waiting) > 2 * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _replay_in_pool(asked: Asked, first: date, last: date) -> ReplayedDays:
    """In a process that was started for what is asked, and remembers it from week to week."""
    return replay_days(asked, first, last, _memory_of_process())


@cache
def _memory_of_process() -> Memory:
    return Memory()
