"""Confirmations of visits that were not their truck's: kept, told to the operator, and without any effect."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.contracts.confirmations import VisitConfirmed
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import rows_as_tuples

SQL = load_queries(__name__)

KEPT_FOR = timedelta(days=90)
"""Long enough for a dispute about a month's work."""


def list_theirs(connection: Connection, confirmations: Sequence[VisitConfirmed]) -> set[UUID]:
    """Of these, the ids of those that are of a visit in a circuit sent to their truck, that day or the day before."""
    columns = {
        "ids": [c.id for c in confirmations],
        "cities": [c.city for c in confirmations],
        "trucks": [c.truck for c in confirmations],
        "plans": [c.plan_id for c in confirmations],
        "kinds": [c.kind for c in confirmations],
        "places": [c.place for c in confirmations],
        "instants": [c.happened_at for c in confirmations],
    }
    with connection.cursor(row_factory=rows_as_tuples) as cursor:
        return {row[0] for row in cursor.execute(SQL["list_theirs"], columns)}


def set_aside(connection: Connection, confirmations: Sequence[VisitConfirmed]) -> None:
    """Keep them where nothing counts them. What comes twice stands once."""
    if confirmations:
        columns = {
            "ids": [c.id for c in confirmations],
            "cities": [c.city for c in confirmations],
            "fleets": [c.fleet for c in confirmations],
            "trucks": [c.truck for c in confirmations],
            "plans": [c.plan_id for c in confirmations],
            "received": [c.received_at for c in confirmations],
            "documents": [c.model_dump_json() for c in confirmations],
        }
        connection.execute(SQL["insert_aside"], columns)


def take_back(connection: Connection, plans: Sequence[UUID] | None) -> list[VisitConfirmed]:
    """Those of the plans (None: of any) that turn out to be their truck's; they are no longer set aside."""
    asked = {"plans": None if plans is None else list(plans)}
    with connection.cursor(row_factory=rows_as_tuples) as cursor:
        rows = cursor.execute(SQL["list_aside_of_sent_plans"], asked).fetchall()
    kept = [VisitConfirmed.model_validate(document) for (document,) in rows]
    theirs = list_theirs(connection, kept) if kept else set()
    found = [confirmed for confirmed in kept if confirmed.id in theirs]
    if found:
        connection.execute(SQL["drop_aside"], {"ids": [confirmed.id for confirmed in found]})
    return found


def forget_old(connection: Connection, now: datetime) -> None:
    connection.execute(SQL["forget_old"], {"before": now - KEPT_FOR})
