"""Each webhook: whether its messages arrive."""

from datetime import UTC, datetime, timedelta

from infra.doctor.findings import Finding, in_words, look, ok
from services.store.connection import Connection
from services.webhook.store import WebhookRow, list_webhooks

WAITING_LOOK = timedelta(hours=1)


def check_webhooks(connection: Connection) -> list[Finding]:
    """A line a webhook; nothing to say of a schema without them. Waits are by the clock on the wall."""
    (there,) = connection.execute("SELECT to_regclass('public.webhook') AS webhooks").fetchall()
    return [_check(row) for row in list_webhooks(connection)] if there["webhooks"] is not None else []


def _check(row: WebhookRow) -> Finding:
    webhook = row["webhook_id"]
    what = f"webhook {webhook} of {row['city_id']}"
    detail = f"{row['delivered']:,} messages taken in a week, {row['waiting']:,} wait, {row['given_up']:,} given up"
    if row["stopped_at"] is not None:
        return look(what, f"stopped: {row['stopped_reason']}", f"tournee webhook again {webhook}, or remove it")
    last = f"the last answer was: {row['last_answer']}" if row["last_answer"] else "is `tournee webhook` running?"
    waited = datetime.now(UTC) - row["oldest_at"] if row["oldest_at"] else timedelta()
    if waited > WAITING_LOOK:
        return look(what, f"{detail}; the oldest waits for {in_words(waited)}", last)
    if row["given_up"]:
        return look(what, detail, f"{last}; when it is mended: tournee webhook again {webhook}")
    return ok(what, detail)
