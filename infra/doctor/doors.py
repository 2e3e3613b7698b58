"""Each door of each city: how long ago its last message came, and how much of it is rejected."""

from datetime import datetime, timedelta

from infra.doctor.findings import Finding, in_words, look, ok
from services.store.connection import Connection

WITHIN = timedelta(days=7)
SILENT_LOOK = timedelta(hours=24)
REJECTED_LOOK = 0.2
OF_RESIDENTS = frozenset({"page", "open311", "sms"})
"""By these come people, when and as they have something to say: neither silence nor a refusal is a fault."""


def check_doors(connection: Connection, now: datetime) -> list[Finding]:
    """A line a door that was heard in the last week; nothing to say of a schema without doors."""
    (there,) = connection.execute("SELECT to_regclass('public.door_heard') AS doors").fetchall()
    if there["doors"] is None:
        return []
    rows = connection.execute(
        "SELECT city_id, door, sum(messages)::bigint AS messages, sum(rejected)::bigint AS rejected,"
        " max(last_at) AS last_at FROM door_heard WHERE last_at >= %s GROUP BY city_id, door ORDER BY city_id, door",
        (now - WITHIN,),
    ).fetchall()
    return [
        _check_door(row["city_id"], row["door"], row["messages"], row["rejected"], now - row["last_at"]) for row in rows
    ]


def _check_door(city: str, door: str, messages: int, rejected: int, age: timedelta) -> Finding:
    what = f"door {door} of {city}"
    detail = f"the last message came {in_words(age)} ago, {rejected:,} of {messages:,} in a week rejected"
    if door in OF_RESIDENTS:
        return ok(what, detail)
    if age > SILENT_LOOK:
        return look(what, detail, f"does {door} still send? its own log says what we answer")
    if rejected > REJECTED_LOOK * messages:
        return look(what, detail, "the technician's page says why")
    return ok(what, detail)
