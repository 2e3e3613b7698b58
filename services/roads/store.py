"""Tracks of trucks, as the store keeps them: for the ledger and for the learning of speeds."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from services.roads.tracks import TrackFix
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)
ROWS_A_FETCH = 5000


def tracks_between(
    connection: Connection, city: str, from_: datetime, until: datetime
) -> Iterator[tuple[str, list[TrackFix]]]:
    """Truck by truck, its positions in time order; one truck's are in memory at a time. In the caller's transaction."""
    with connection.cursor(name="tracks") as cursor:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(SQL["list_fixes"], {"city": city, "from": from_, "until": until})
        for truck, rows in groupby(cursor, key=lambda row: str(row["truck_id"])):
            yield truck, [TrackFix(row["at_s"], row["lon"], row["lat"], row["accuracy_m"]) for row in rows]
