"""What is planned apart: each city's fleets, as the store holds them."""

from typing import NamedTuple

from services.city.registry import City, Fleet
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

SQL = load_queries(__name__)


class Scope(NamedTuple):
    """One fleet of one city; a city without `fleets.csv` has one that bears its name."""

    city: City
    fleet: Fleet


def list_scopes(connection: Connection) -> list[Scope]:
    """Every fleet of every city, by the city's id and in the order of its file.

    Raises:
        StoreAway: the store does not answer.
    """
    with store_errors():
        rows = connection.execute(SQL["list_scopes"]).fetchall()
    return [Scope(City.model_validate(row["city"]), Fleet.model_validate(row["fleet"])) for row in rows]


def list_fleets(connection: Connection, city: str) -> list[Fleet]:
    """Those of one city, in the order of its file; empty for a city that was never loaded.

    Raises:
        StoreAway: the store does not answer.
    """
    with store_errors():
        rows = connection.execute(SQL["list_fleets"], {"city": city}).fetchall()
    return [Fleet.model_validate(row["document"]) for row in rows]
