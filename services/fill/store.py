"""Beliefs out of the store, live or as of an instant, and the account of evidence they are folded from. Reads only."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import batched, groupby
from operator import itemgetter
from typing import Any, NamedTuple, cast

from services.errors import UnknownInstant
from services.fill.belief import ESTIMATOR, Belief, read_back
from services.fill.evidence import LONG_AGO, Evidence
from services.fill.replay import Reached, from_nothing, replay
from services.store.connection import Connection
from services.store.many import many_at_once
from services.store.queries import load_queries
from services.store.rows import rows_as_tuples

SQL = load_queries(__name__)

AT_ONCE = 1000
"""Containers whose evidence is asked for together."""
ROWS_AT_ONCE = 1000


class Behind(NamedTuple):
    """A container whose belief lacks something, or has something that was not known yet."""

    city: str
    container: str
    news_from: datetime | None
    """When the earliest happened of what the belief lacks; None: nothing."""
    reached: Reached | None
    """The belief that there is; None where this estimator has made none."""


class Brought(NamedTuple):
    """A belief brought up to date."""

    behind: Behind
    base: Reached
    """What the evidence was folded into."""
    reached: Reached
    kept: list[Reached]
    """Those on the way that are worth keeping."""


@many_at_once()
def load_beliefs(
    connection: Connection, city: str, as_of: datetime, containers: Sequence[str] | None = None
) -> dict[str, Belief]:
    """What is believed of each container by the evidence that was received up to `as_of`.

    The beliefs that the writer keeps, where nothing came since; the others are folded here, in memory. Of the last
    minute that is some evidence of few containers; the further back an instant lies, the more of them start from an
    earlier belief that was kept. `containers`: of these alone; None: of all.

    Returns:
        By container; one that was never heard of by then is not in it, or is believed nothing of.

    Raises:
        UnknownInstant: readings that were known at `as_of` have been dropped.
    """
    horizon = find_horizon(connection)
    if as_of < horizon:
        raise UnknownInstant(
            f"what was known at {as_of.isoformat()} is kept no longer; give an instant after {horizon.isoformat()}"
        )
    values = {"city": city, "containers": None if containers is None else list(containers)}
    beliefs: dict[str, Belief] = {}
    behind = []
    # Binary, straight into tuples and fetched at once: half the time for a large city.
    with connection.cursor(row_factory=rows_as_tuples, binary=True) as cursor:
        # The news first: what is folded in meanwhile is then learned anew, and nothing is missed.
        news: dict[str, datetime] = dict(cursor.execute(SQL["list_news"], values).fetchall())
        rows = cursor.execute(SQL["list_beliefs"], values).fetchall()
    for container, estimator, document, until_at, known_at in rows:
        news_from = news.pop(container, None)
        if estimator != ESTIMATOR:
            behind.append(Behind(city, container, news_from, None))
        elif news_from is None and known_at <= as_of:
            beliefs[container] = read_back(document)
        else:
            behind.append(Behind(city, container, news_from, Reached(read_back(document), until_at, known_at)))
    behind += [Behind(city, container, news_from, None) for container, news_from in news.items()]
    for some in batched(behind, AT_ONCE):
        for brought in bring_up(connection, some, horizon, as_of=as_of):
            beliefs[brought.behind.container] = brought.reached.belief
    return beliefs


def find_horizon(connection: Connection) -> datetime:
    """Of what happened up to this instant not all readings are kept any more; long ago where all are."""
    with connection.cursor(row_factory=rows_as_tuples) as cursor:
        row = cursor.execute(SQL["find_horizon"]).fetchone()
    return row[0] if row else LONG_AGO


def bring_up(
    connection: Connection,
    behind: Sequence[Behind],
    horizon: datetime,
    *,
    as_of: datetime | None = None,
    until: datetime | None = None,
) -> Generator[Brought]:
    """Fold into each belief what it lacks, or learn it anew from an earlier one, in the order of `behind`.

    Args:
        connection: in a transaction, and used by nobody else until the last has come or this is closed.
        behind: a thousand at most; they are read together.
        horizon: `find_horizon`'s.
        as_of: only what was received by then counts; None: all of it.
        until: only what happened by then counts; None: all of it.
    """
    bases = _bases(connection, behind, horizon, as_of, until)
    with closing(_evidence_after(connection, behind, [base.until_at for base in bases], as_of, until)) as pieces:
        news = next(pieces, None)
        for n, (one, base) in enumerate(zip(behind, bases, strict=True), start=1):
            if news is not None and news[0] == n:
                reached, kept = replay(base, (Evidence(*row[1:]) for row in news[1]))
                news = next(pieces, None)
            else:
                reached, kept = base, []
            yield Brought(one, base, reached, kept)


def _bases(
    connection: Connection,
    behind: Sequence[Behind],
    horizon: datetime,
    as_of: datetime | None,
    until: datetime | None,
) -> list[Reached]:
    """What to fold each one's evidence into: its own belief where that lacks nothing before the news, or a kept one."""
    bases = [_own_base(one, as_of, until) for one in behind]
    without = [n for n, base in enumerate(bases) if base is None]
    found = {}
    if without:
        values = {
            "cities": [behind[n].city for n in without],
            "containers": [behind[n].container for n in without],
            "news_from": [behind[n].news_from for n in without],
            "estimator": ESTIMATOR, "horizon": horizon, "as_of": as_of, "until": until,
        }  # fmt: skip
        with connection.cursor(row_factory=rows_as_tuples, binary=True) as cursor:
            # Planned for these very instants, not prepared.
            for n, document, until_at, known_at in cursor.execute(SQL["list_bases"], values, prepare=False):
                found[without[n - 1]] = Reached(read_back(document), until_at, known_at)
    return [base or found.get(n) or from_nothing(horizon) for n, base in enumerate(bases)]


def _own_base(one: Behind, as_of: datetime | None, until: datetime | None) -> Reached | None:
    reached = one.reached
    if (
        reached is None
        or (one.news_from is not None and one.news_from <= reached.until_at)
        or (as_of is not None and reached.known_at > as_of)
        or (until is not None and reached.until_at > until)
    ):
        return None
    return reached


def _evidence_after(
    connection: Connection,
    behind: Sequence[Behind],
    after: Sequence[datetime],
    as_of: datetime | None,
    until: datetime | None,
) -> Generator[tuple[int, Iterator[tuple[Any, ...]]]]:
    """The rows of each that has any, in the order of time, by its place in `behind` counted from 1.

    Streamed: a city that is learned anew from two years would not fit into memory.
    """
    if not behind:
        return
    values = {
        "cities": [one.city for one in behind],
        "containers": [one.container for one in behind],
        "after": after,
        "since": min(after),
        "as_of": as_of,
        "until": until,
    }
    with connection.cursor(row_factory=rows_as_tuples) as cursor:
        stream = cursor.stream(SQL["list_evidence"], values, binary=True, size=ROWS_AT_ONCE)
        # What is not read to its end has to let go of the connection before anything else is asked.
        with closing(cast("Generator[tuple[Any, ...]]", stream)) as rows:
            yield from groupby(rows, key=itemgetter(0))
