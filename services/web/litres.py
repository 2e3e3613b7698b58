"""Metered litres beside modelled ones, for the pages."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.city.registry import City
from services.contracts.ledger import SavingsComputed
from services.ledger.books import list_receipts
from services.ledger.metered import Metered, metered_of
from services.store.connection import Connection
from services.times import instant_of

LONGEST_FILLING = timedelta(days=31)
"""Before a period, in which the filling before its first is looked for."""


def read_metered(
    connection: Connection, city: City, lines: Sequence[SavingsComputed], first: date, last: date
) -> Metered | None:
    """Of the ledger's lines between two days; None where no truck was filled, or no line says litres by truck."""
    since = instant_of(first - LONGEST_FILLING, 0, city.zone_info)
    until = instant_of(last + timedelta(days=1), 0, city.zone_info)
    receipts = list_receipts(connection, city.id, since, until)
    return metered_of(lines, receipts, first, last, city.zone_info) if receipts else None
