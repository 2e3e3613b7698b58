"""What the public page alone reads of the store: the ledger."""

from datetime import date

from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)


def list_savings_months(connection: Connection, city: str) -> list[date]:
    """First days of the months that the ledger knows, oldest first."""
    return [row["month"] for row in connection.execute(SQL["list_savings_months"], {"city": city})]


def list_savings(
    connection: Connection, city: str, first: date | None = None, last: date | None = None
) -> list[SavingsComputed]:
    """The line that counts of each day that is over, oldest first, both ends included."""
    rows = connection.execute(SQL["list_savings"], {"city": city, "first": first, "last": last})
    return [SavingsComputed.model_validate(row["document"]) for row in rows]


def find_latest_savings(connection: Connection, city: str) -> SavingsComputed | None:
    row = connection.execute(SQL["find_latest_savings"], {"city": city}).fetchone()
    return SavingsComputed.model_validate(row["document"]) if row else None
