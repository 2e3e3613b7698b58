"""What is learned from positions, in the store: passes of each day, and medians over the days kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.roads.speeds import Learned, Samples
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)
ROWS_A_FETCH = 5000


@dataclass(frozen=True, slots=True)
class DayLearned:
    """What a day's positions gave."""

    day: date
    fixes: int
    matched: int
    passes: int


def store_day(
    connection: Connection, city: str, learned: DayLearned, samples: Mapping[str, Samples], now: datetime
) -> None:
    """Replace what a day gave; `samples` by road profile. The transaction is the caller's."""
    day = learned.day
    connection.execute(SQL["delete_day"], {"city": city, "day": day})
    copy = "COPY segment_passes (city_id, profile, day, band, from_node, to_node, speeds_kmh) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        for profile, passes in samples.items():
            for (band, (begin, end)), kmh in passes.items():
                rows.write_row((city, profile, day, band, begin, end, kmh))
    row = {"city": city, "day": day, "learned_at": now, "fixes": learned.fixes, "matched": learned.matched}
    connection.execute(SQL["upsert_learned_day"], row | {"passes": learned.passes})


def drop_days_before(connection: Connection, city: str, day: date) -> None:
    """Streets change: passes older than this say nothing of today."""
    connection.execute(SQL["delete_days_before"], {"city": city, "day": day})


def list_learned_days(connection: Connection, city: str, since: date) -> tuple[date, ...]:
    rows = connection.execute(SQL["list_learned_days"], {"city": city, "since": since})
    return tuple(row["day"] for row in rows)


def list_new_days(
    connection: Connection, city: str, days: Sequence[tuple[date, datetime, datetime]]
) -> tuple[date, ...]:
    """Of these days (each with its begin and end), those with positions that nobody learned from yet."""
    columns = {"days": [d for d, _, _ in days], "begins": [b for _, b, _ in days], "ends": [e for _, _, e in days]}
    return tuple(row["day"] for row in connection.execute(SQL["list_days_with_fixes"], columns | {"city": city}))


def medians(connection: Connection, city: str, profile: str, band: int, since: date) -> Iterator[Learned]:
    """Median and count of each segment over the days kept, row by row."""
    with connection.cursor(name="medians") as cursor:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(SQL["list_medians"], {"city": city, "profile": profile, "band": band, "since": since})
        for row in cursor:
            yield Learned((row["from_node"], row["to_node"]), row["median_kmh"], row["passes"])
