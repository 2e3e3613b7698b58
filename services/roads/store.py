"""Tracks of trucks, as the store keeps them: for the ledger and for the learning of speeds."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from services.roads.tracks import TrackFix
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import rows_as_tuples

SQL = load_queries(__name__)
ROWS_A_FETCH = 5000


def tracks_between(
    connection: Connection, city: str, from_: datetime, until: datetime
) -> Iterator[tuple[str, list[TrackFix]]]:
    """Truck by truck, its positions in time order; one truck's are in memory at a time. In the caller's transaction."""
    # Binary and as tuples: a large city's day has a hundred thousand rows.
    with connection.cursor(name="tracks", row_factory=rows_as_tuples) as cursor:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(SQL["list_fixes"], {"city": city, "from": from_, "until": until}, binary=True)
        for truck, rows in groupby(cursor, key=itemgetter(0)):
            yield truck, [TrackFix(*fix) for _, *fix in rows]
