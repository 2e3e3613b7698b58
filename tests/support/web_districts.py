"""A city of many districts, as a capital has them, for pages that list and draw each."""

from psycopg.types.json import Jsonb

from services.store.connection import Connection
from tests.support.web_basemap import SOUTH, WEST
from tests.support.web_seed import CITY

NAMES = ("Sainte-Rita", "Vossa-Lagune", "Zongo", "Fidjrossè-Plage", "Gbégamè-Nord", "Les Cocotiers", "Ahouansori-Agué")


def put_districts(connection: Connection, count: int) -> None:
    """A grid of districts with long and short names over the seeded town, nobody served yet."""
    across = 8
    for n in range(count):
        west, south = WEST + 0.013 * (n % across), SOUTH + 0.011 * (n // across)
        ring = [(west, south), (west + 0.012, south), (west + 0.012, south + 0.01), (west, south + 0.01), (west, south)]
        connection.execute(
            "INSERT INTO zone VALUES (%s, %s, %s, %s, %s)",
            (
                CITY,
                f"q{n:03}",
                f"{NAMES[n % len(NAMES)]} {n + 1}",
                9_000 + 371 * n,
                Jsonb({"type": "Polygon", "coordinates": [ring]}),
            ),
        )
