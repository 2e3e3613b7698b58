"""Each city's telephone: whether residents' texts are answered through it."""

from datetime import UTC, datetime, timedelta

from infra.doctor.findings import Finding, in_words, look, ok
from services.store.connection import Connection
from services.webhook.gateways import GatewayRow, list_gateways

WAITING_LOOK = timedelta(minutes=10)


def check_telephones(connection: Connection) -> list[Finding]:
    """A line a telephone; nothing to say of a schema without them. Waits are by the clock on the wall."""
    (there,) = connection.execute("SELECT to_regclass('public.sms_gateway') AS telephones").fetchall()
    return [_check(row) for row in list_gateways(connection)] if there["telephones"] is not None else []


def _check(row: GatewayRow) -> Finding:
    what, detail = f"telephone of {row['city_id']}", f"{row['waiting']:,} replies wait"
    last = f"the last answer was: {row['last_answer']}" if row["last_answer"] else "is `tournee webhook` running?"
    waited = datetime.now(UTC) - row["oldest_at"] if row["oldest_at"] else timedelta()
    if waited > WAITING_LOOK:
        return look(what, f"{detail}; the oldest for {in_words(waited)}", last)
    if row["failures"]:
        return look(what, f"{detail}, {row['failures']} tries in a row have failed", last)
    return ok(what, detail)
