"""Metered litres beside modelled ones, and how well each truck's model stands the guideline's tests, for the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.city.registry import City
from services.contracts.ledger import SavingsComputed
from services.ledger.books import find_calibration, list_litres
from services.ledger.fuel_tests import TruckTests, tests_of
from services.ledger.metered import Metered, metered_of
from services.ledger.period import Savings
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
    receipts = list_litres(connection, city.id, city.zone_info, since, until)
    return metered_of(lines, receipts, first, last, city.zone_info) if receipts else None


@dataclass(frozen=True)
class FuelTests:
    """Of the calibration that counts."""

    version: int
    first: date
    last: date
    trucks: Sequence[TruckTests]


def read_fuel_tests(
    connection: Connection, city: str, lines: Sequence[SavingsComputed], savings: Savings | None
) -> FuelTests | None:
    """With the saving of a period and its lines; None where no truck was calibrated yet."""
    found = find_calibration(connection, city)
    if found is None:
        return None
    version, calibration = found
    trucks = tests_of(calibration, lines, savings.saved_ratio if savings else None)
    return FuelTests(version, calibration.first_day, calibration.last_day, trucks)
