"""What trucks weighed at disposal sites, shared among the containers of their trips, beside the stream.

`services.fill.weighed` shares; here is told of which trips there is news, and the shares are put away for the beliefs.
The same account gives the same shares, however often and in whatever order it came.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from services.city.assumed import FILL_WHEN_EMPTIED
from services.errors import StoreAway
from services.fill.weighed import LONGEST, WEIGHED_AGAIN, Believed, Emptying, Left, Share, Tip, Trip, share, trips_of
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

log = logging.getLogger(__name__)

SQL = load_queries(__name__)

REACH = LONGEST + WEIGHED_AGAIN
"""What is said of one instant changes the shares of no emptying further from it than this."""
AT_ONCE = timedelta(days=7)
"""Of a past that is shared for the first time: its plans would not all fit into a small server."""
ROUNDED = 5
"""Digits of a level: as many as `real` keeps."""


type _Span = tuple[datetime, datetime]


class _Truck(NamedTuple):
    city: str
    truck: str


class _Row(NamedTuple):
    """A version of a share, as it is put away; None all along: nothing is told of that emptying."""

    container: str
    emptied_at: datetime
    known_at: datetime
    weighing: Any
    kg: float | None
    fill_ratio: float | None
    expected_ratio: float | None
    part: float | None

    def says(self) -> tuple[Any, ...]:
        return self[3:]


def share_weights(connection: Connection, stopping: Callable[[], bool]) -> tuple[int, int]:
    """Share what is new, truck by truck, each in a transaction of its own.

    A truck whose loads cannot be shared is nothing to the others: the log says why, and the next run tries again.

    Returns:
        How many shares were put away; of how many trucks there are none for a fault.

    Raises:
        StoreAway: what was done before stays.
    """
    with store_errors(), connection.transaction():
        trucks = [_Truck(*row.values()) for row in connection.execute(SQL["list_touched"]).fetchall()]
    put = failed = 0
    for truck in trucks:
        if stopping():
            break
        try:
            with store_errors(), connection.transaction():
                put += _share_loads(connection, truck)
        except StoreAway:
            raise
        except Exception:
            log.exception("%s/%s: what it weighed cannot be shared", *truck)
            failed += 1
    return put, failed


def _share_loads(connection: Connection, truck: _Truck) -> int:
    """Of one truck, around all that is new of it."""
    keys = truck._asdict()
    spans = [(row["from_at"], row["until_at"]) for row in connection.execute(SQL["take_touched"], keys).fetchall()]
    return sum(_share_span(connection, truck, *span) for span in _cut(_joined(spans)))


def _joined(spans: Sequence[_Span]) -> list[_Span]:
    """Spans in the order of their beginnings, those together that would be read together."""
    joined: list[_Span] = []
    for begin, end in spans:
        if joined and begin - joined[-1][1] <= 2 * REACH:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def _cut(spans: Iterable[_Span]) -> Iterator[_Span]:
    for begin, end in spans:
        cuts = range(1, (end - begin) // AT_ONCE + 1)
        yield from pairwise([begin, *(begin + n * AT_ONCE for n in cuts), end])


def _share_span(connection: Connection, truck: _Truck, begin: datetime, end: datetime) -> int:
    # Twice the reach: every trip that this can have changed is then there whole.
    keys = truck._asdict() | {"since": begin - 2 * REACH, "until": end + 2 * REACH}
    rows = connection.execute(SQL["has_weighings"], keys).fetchall()
    if not rows[0]["some"]:
        return 0
    found = connection.execute(SQL["list_emptyings"], keys).fetchall()
    emptyings = [
        Emptying(r["container_id"], r["happened_at"], r["received_at"], r["fill_ratio"], r["id"]) for r in found
    ]
    tips = [Tip(*row.values()) for row in connection.execute(SQL["list_tips"], keys).fetchall()]
    trips, strangers = trips_of(emptyings, tips)
    for tip in strangers:
        if begin <= tip.happened_at <= end:
            _tell_left(truck, tip, "no_stops")
    trips = [trip for trip in trips if all(begin - REACH <= one.happened_at <= end + REACH for one in trip.emptyings)]
    plans = {row["id"]: row["plan_id"] for row in found}
    forecasts, full_kg = _expectations(connection, truck.city, trips, plans)
    payload = connection.execute(SQL["find_payload"], keys).fetchone()
    payload_kg = payload["payload_kg"] if payload else None
    told = []
    for trip in trips:
        shares = share(trip, _believed(trip, plans, forecasts, full_kg), payload_kg)
        if shares.left is not None:
            _tell_left(truck, *shares.left)
        weighing = shares.weighing.id if shares.weighing else None
        told += [
            _row(trip, stop, weighing, shares.of.get((stop.container, stop.happened_at))) for stop in trip.emptyings
        ]
    return _put(connection, truck.city, told)


def _tell_left(truck: _Truck, tip: Tip, why: Left) -> None:
    log.info("%s/%s: the %s kg of %s are not shared: %s", *truck, tip.net_kg, tip.happened_at.isoformat(), why)


def _expectations(
    connection: Connection, city: str, trips: Sequence[Trip], plans: Mapping[Any, Any]
) -> tuple[dict[tuple[Any, str], float], dict[str, float]]:
    """By plan and container the kilograms it was made with; by container those that fill it."""
    stops = [stop for trip in trips if trip.tips for stop in trip.emptyings]
    keys = {
        "city": city,
        "containers": sorted({stop.container for stop in stops}),
        "plans": sorted({plan for stop in stops if (plan := plans[stop.id]) is not None}),
    }
    expected = connection.execute(SQL["list_forecasts"], keys).fetchall()
    full = connection.execute(SQL["list_full"], keys).fetchall()
    return (
        {(row["plan_id"], row["container"]): row["demand_kg"] for row in expected},
        {row["container_id"]: row["full_kg"] for row in full if row["full_kg"]},
    )


def _believed(
    trip: Trip, plans: Mapping[Any, Any], forecasts: Mapping[tuple[Any, str], float], full_kg: Mapping[str, float]
) -> dict[str, Believed]:
    """As the plan had it that sent the truck; where none did, as full as containers usually are when emptied."""
    found = {}
    for stop in trip.emptyings:
        full = full_kg.get(stop.container)
        kg = forecasts.get((plans[stop.id], stop.container))
        if kg is None and full is not None:
            kg = FILL_WHEN_EMPTIED * full
        if kg is not None:
            found[stop.container] = Believed(kg, full)
    return found


def _row(trip: Trip, stop: Emptying, weighing: Any, one: Share | None) -> _Row:
    if one is None:
        return _Row(stop.container, stop.happened_at, trip.known_at, None, None, None, None, None)
    return _Row(
        stop.container, stop.happened_at, trip.known_at, weighing, round(one.kg, 3), round(one.fill_ratio, ROUNDED),
        round(one.expected_ratio, ROUNDED), round(one.part, ROUNDED),
    )  # fmt: skip


def _put(connection: Connection, city: str, told: Sequence[_Row]) -> int:
    """Those that say something else than what stands. Where none stands, one that tells nothing is none."""
    keys = {"city": city, "containers": [row.container for row in told], "emptied": [row.emptied_at for row in told]}
    standing = {
        (row["container_id"], row["emptied_at"]): row for row in connection.execute(SQL["list_shares"], keys).fetchall()
    }
    fresh: dict[tuple[str, datetime], _Row] = {}
    for row in told:
        stands = standing.get((row.container, row.emptied_at))
        if stands is None:
            if row.fill_ratio is not None:
                fresh[row.container, row.emptied_at] = row
        elif row.says() != _says(stands):
            fresh[row.container, row.emptied_at] = row._replace(known_at=max(row.known_at, stands["known_at"]))
    if not fresh:
        return 0
    columns = zip(*fresh.values(), strict=True)
    names = ("containers", "emptied", "known", "weighings", "kilos", "fills", "expectations", "parts")
    values = {"city": city} | {name: list(column) for name, column in zip(names, columns, strict=True)}
    connection.execute(SQL["replace_shares"], values)
    connection.execute(SQL["put_shares"], values)
    connection.execute(SQL["tell_states"], values)
    connection.execute(SQL["touch_days"], values)
    return len(fresh)


def _says(row: Mapping[str, Any]) -> tuple[Any, ...]:
    ratios = (row["fill_ratio"], row["expected_ratio"], row["part"])
    return row["weighing_id"], row["weight_kg"], *(None if ratio is None else round(ratio, ROUNDED) for ratio in ratios)
