"""What a replay keeps from one day to the next: a year is of few registries and grids, and of much the same people."""

from datetime import date
from hashlib import sha256

from services.city.registry import Registry
from services.city.versions import find_registry_version
from services.contracts.coverage import NoCost, ServingCost
from services.ledger.coverage import Basis, Unserved
from services.ledger.coverage_store import find_grid
from services.ledger.homes import Homes
from services.ledger.kept import Kept
from services.ledger.people import Grid
from services.ledger.serving import open_day, serving_cost
from services.roads.roads import Roads
from services.store.connection import Connection

VERSIONS_KEPT = 3
"""Of a registry; that of a large city takes some 20 MB."""
GRIDS_KEPT = 2
PRICES_KEPT = 1000


class Memory:
    """Of one process that replays one city of one store. Versions never change; what is not of one is not kept."""

    def __init__(self) -> None:
        self._registries = Kept[tuple[str, int], Registry | None](VERSIONS_KEPT)
        self._grids = Kept[tuple[str, int], Grid | None](GRIDS_KEPT)
        self._homes = Kept[tuple[str, int, int | None], Homes](GRIDS_KEPT)
        self._prices = Kept[bytes, ServingCost | NoCost](PRICES_KEPT)

    def registry_of(self, connection: Connection, city: str, version: int) -> Registry | None:
        """As `find_registry_version`."""
        return self._registries.get((city, version), lambda: find_registry_version(connection, city, version))

    def grid_of(self, connection: Connection, city: str, version: int) -> Grid | None:
        """As `find_grid`."""
        return self._grids.get((city, version), lambda: find_grid(connection, city, version))

    def homes_of(self, basis: Basis) -> Homes:
        """Where its people live."""
        if basis.registry_version is None:
            return Homes(basis.registry, basis.grid)
        key = basis.registry.city.id, basis.registry_version, basis.grid_version
        return self._homes.get(key, lambda: Homes(basis.registry, basis.grid))

    def serving_cost(self, basis: Basis, unserved: Unserved, day: date, roads: Roads) -> ServingCost | NoCost:
        """As `serving_cost`, which goes by the registry, the people, and the sites that are open when it would be."""
        if basis.registry_version is None:
            return serving_cost(basis, unserved, day, roads)
        at = open_day(basis.registry, day)
        opened = [site.is_open_on(at) for site in basis.registry.disposal_sites]
        of = (basis.registry.city.id, basis.registry_version, basis.times_a_week, unserved.zone, opened)
        key = sha256(repr(of).encode() + unserved.lonlat.tobytes() + unserved.people.tobytes()).digest()
        return self._prices.get(key, lambda: serving_cost(basis, unserved, day, roads))
