"""Each broker of a portal: whether it is current."""

from datetime import UTC, datetime, timedelta

from infra.doctor.findings import Finding, in_words, look, ok
from services.store.connection import Connection
from services.webhook.brokers import BrokerRow, list_brokers

BEHIND_LOOK = timedelta(minutes=15)
"""It is looked at each minute; one that fails, each five minutes at the latest."""


def check_brokers(connection: Connection) -> list[Finding]:
    """A line a broker; nothing to say of a schema without them. By the clock on the wall."""
    (there,) = connection.execute("SELECT to_regclass('public.portal_broker') AS brokers").fetchall()
    return [_check(row) for row in list_brokers(connection)] if there["brokers"] is not None else []


def _check(row: BrokerRow) -> Finding:
    what = f"broker {row['broker_id']} of {row['city_id']}"
    detail = f"has {row['entities']:,} entities, {row['waiting']:,} wait"
    last = f"the last answer was: {row['last_answer']}" if row["last_answer"] else "is `tournee webhook` running?"
    if row["told_at"] is None:
        return look(what, f"{detail}; nothing was taken yet", last)
    behind = datetime.now(UTC) - row["told_at"]
    if behind > BEHIND_LOOK or row["failures"] > 1:
        return look(what, f"{detail}; current {in_words(behind)} ago, then {row['failures']} failures", last)
    return ok(what, detail)
