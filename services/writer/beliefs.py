"""Beliefs kept up with their evidence, beside the stream: `services.fill` learns, here it is written down.

The stream notes from where on a container has news, and nothing more; so what a belief costs never slows it down.
"""

import logging
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from services.errors import StoreAway
from services.fill.belief import ESTIMATOR, instant_of_h, read_back, written
from services.fill.evidence import LONG_AGO
from services.fill.health import SOUND, health_of
from services.fill.replay import Reached
from services.fill.store import Behind, Brought, bring_up, find_horizon
from services.store.alone import alone
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.writer.weights import share_weights

log = logging.getLogger(__name__)

SQL = load_queries(__name__)

LOCK = 7_421_003
"""Advisory lock of the session: one process folds, whoever it is."""
TAKEN_AT_ONCE = 200
"""Containers whose news is folded in together. Their states are held only while it is taken, for some milliseconds."""
SETTLED_AT_ONCE = 1000


class _Stopped(Exception):
    """Told to stop; the step under way is taken back, and the next run does it."""


@dataclass(frozen=True)
class BeliefsKept:
    """What one run did."""

    brought_up: int = 0
    """Containers whose belief now has all there was."""
    learned_anew: int = 0
    """Of them, those that went back to an earlier belief: something had come late, or another estimator had made it."""
    failed: int = 0
    """Containers whose evidence cannot be folded in, and trucks whose loads cannot be shared; the log says why, and the
    next run tries again."""
    settled: int = 0
    """Containers of which a belief now stands for evidence that may be dropped."""
    weighed: int = 0
    """Emptyings of which a truck's weight now tells something, or something else."""


def keep_beliefs(
    connection: Connection,
    *,
    now: datetime,
    keep_readings_days: int,
    stopping: Callable[[], bool] = lambda: False,
) -> BeliefsKept | None:
    """Share what was weighed, and fold what is new into the beliefs; once a day, let kept ones stand for what goes.

    Every step is a short transaction. A run that ends in the middle has done whole steps, and a second finds nothing
    to do.

    Args:
        connection: with no transaction open.
        now: timezone-aware.
        keep_readings_days: readings older than this may go, whole days at a time.
        stopping: asked before each container.

    Returns:
        What was done; None if another process is at it.

    Raises:
        StoreAway, StoreRefused: what was done before stays.
    """
    with alone(connection, LOCK) as is_alone:
        if not is_alone:
            return None
        done = Counter[str]()
        with suppress(_Stopped):
            done["weighed"], done["failed"] = share_weights(connection, stopping)
            _fold_news(connection, done, stopping)
            _settle(connection, done, _day_before(now - timedelta(days=keep_readings_days)), stopping)
        return BeliefsKept(**done)


def _day_before(instant: datetime) -> datetime:
    """The last microsecond of the day before (UTC), so that a horizon moves once a day."""
    return instant.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(microseconds=1)


def _fold_news(connection: Connection, done: Counter[str], stopping: Callable[[], bool]) -> None:
    with store_errors(), connection.transaction():
        news = connection.execute(SQL["list_news"], {"estimator": ESTIMATOR}).fetchall()
    for some in batched([(row["city_id"], row["container_id"]) for row in news], TAKEN_AT_ONCE):
        _fold(connection, some, done, stopping)


def _fold(
    connection: Connection, some: Sequence[tuple[str, str]], done: Counter[str], stopping: Callable[[], bool]
) -> None:
    """What stands with one container is nothing to the others: where some cannot be folded, each is by itself."""
    try:
        brought = _brought_up(connection, some, stopping)
    except (StoreAway, _Stopped):
        raise
    except Exception:
        if len(some) == 1:
            log.exception("%s/%s: its evidence cannot be folded in", *some[0])
            done["failed"] += 1
            return
        for one in some:
            _fold(connection, [one], done, stopping)
        return
    done["brought_up"] += len(brought)
    done["learned_anew"] += sum(_is_anew(one) for one in brought)


def _brought_up(connection: Connection, some: Sequence[tuple[str, str]], stopping: Callable[[], bool]) -> list[Brought]:
    behind = _take_news(connection, some)
    with store_errors(), connection.transaction():
        brought = _brought(bring_up(connection, behind, find_horizon(connection)), stopping)
        _write(connection, brought)
    return brought


def _take_news(connection: Connection, containers: Sequence[tuple[str, str]]) -> list[Behind]:
    """From where on each has news, which is noted as being folded, so that nothing is forgotten if we die over it.

    The states are held in the order in which every writer takes them. Whoever noted news has committed its evidence
    by then, and whoever has not will note it after us.
    """
    keys = {"cities": [city for city, _ in containers], "containers": [container for _, container in containers]}
    with store_errors(), connection.transaction():
        rows = connection.execute(SQL["hold_states"], keys | {"estimator": ESTIMATOR}).fetchall()
        connection.execute(SQL["take_news"], keys)
    return [Behind(row["city_id"], row["container_id"], row["news_from"], _reached(row)) for row in rows]


def _brought(news: Generator[Brought], stopping: Callable[[], bool]) -> list[Brought]:
    """All of them: years of evidence take a while.

    Raises:
        _Stopped: told to stop meanwhile.
    """
    brought = []
    with closing(news):
        for one in news:
            if stopping():
                raise _Stopped
            brought.append(one)
    return brought


def _reached(row: dict[str, Any]) -> Reached | None:
    if row["document"] is None:
        return None
    return Reached(read_back(row["document"]), row["until_at"], row["known_at"], row["since_kept"])


def _is_anew(one: Brought) -> bool:
    return one.base is not one.behind.reached


def _write(connection: Connection, brought: Sequence[Brought]) -> None:
    if not brought:
        return
    anew = [one for one in brought if _is_anew(one)]
    if anew:
        connection.execute(SQL["drop_outdated"], _columns(anew) | {"after": [one.base.until_at for one in anew]}
                           | {"estimator": ESTIMATOR})  # fmt: skip
    _keep(connection, [(one, kept) for one in brought for kept in one.kept])
    health = [health_of(one.reached.belief, one.reached.belief.read_h or 0.0) or SOUND for one in brought]
    values = _columns(brought) | {
        "until_at": [one.reached.until_at for one in brought],
        "known_at": [one.reached.known_at for one in brought],
        "since_kept": [one.reached.since_kept for one in brought],
        "documents": [written(one.reached.belief) for one in brought],
        "faults": [one.fault for one in health],
        "faults_since": [None if one.since_h is None else instant_of_h(one.since_h) for one in health],
        "estimator": ESTIMATOR,
    }
    connection.execute(SQL["upsert_beliefs"], values)
    connection.execute(SQL["end_folding"], _columns(brought))


def _keep(connection: Connection, kept: Sequence[tuple[Brought, Reached]]) -> None:
    if not kept:
        return
    values = _columns([one for one, _ in kept]) | {
        "until_at": [reached.until_at for _, reached in kept],
        "known_at": [reached.known_at for _, reached in kept],
        "documents": [written(reached.belief) for _, reached in kept],
        "estimator": ESTIMATOR,
    }
    connection.execute(SQL["keep_beliefs"], values)


def _columns(brought: Sequence[Brought]) -> dict[str, object]:
    return {
        "cities": [one.behind.city for one in brought],
        "containers": [one.behind.container for one in brought],
    }


def _settle(connection: Connection, done: Counter[str], until: datetime, stopping: Callable[[], bool]) -> None:
    """Keep a belief of every container as of `until`, so that what happened up to then may be dropped."""
    with store_errors(), connection.transaction():
        horizon = find_horizon(connection)
        row = connection.execute(SQL["has_readings_until"], {"until": until}, prepare=False).fetchone()
        if horizon >= until or not (row and row["old"]):
            return
        states = connection.execute(SQL["list_states"]).fetchall()
    for some in batched(states, SETTLED_AT_ONCE):
        behind = [Behind(row["city_id"], row["container_id"], row["news_from"], None) for row in some]
        with store_errors(), connection.transaction():
            brought = _brought(bring_up(connection, behind, horizon, until=until), stopping)
            found = [one for one in brought if one.reached.known_at > LONG_AGO]
            _keep(connection, [(one, one.reached._replace(until_at=until)) for one in found])
        done["settled"] += len(found)
    with store_errors(), connection.transaction():
        connection.execute(SQL["move_horizon"], {"until": until})
        connection.execute(SQL["drop_before_horizon"], {"until": until})
    log.info("beliefs stand for what happened until %s: %d containers", until.isoformat(), done["settled"])
