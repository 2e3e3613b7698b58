"""Which containers a vehicle can serve on its roads, and which a technician should look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.city.registry import Container, Depot, DisposalSite, Registry
from services.roads.roads import NEAR_M, WALK_LIMIT_M, YARD_LIMIT_M, Places, RoadTable, RoadVehicle

type Trouble = Literal["far_from_street", "on_island", "too_far", "no_way"]
type Place = Depot | DisposalSite | Container

CONTAINERS = "containers.csv"
FILES = {Depot: "depots.csv", DisposalSite: "disposal_sites.csv", Container: CONTAINERS}


@dataclass(frozen=True, slots=True)
class RoadFinding:
    """A place that a kind of vehicle cannot reach, or not to the door."""

    vehicle: str
    file: str
    id: str
    name: str
    trouble: Trouble
    metres: int
    """From the place to where the vehicle stops, or would."""

    @property
    def is_served(self) -> bool:
        """The crew walks the last metres, or the truck drives them; otherwise this vehicle does not come."""
        return self.trouble in {"far_from_street", "on_island"}

    @property
    def is_container(self) -> bool:
        return self.file == CONTAINERS

    def __str__(self) -> str:
        added = "the walk is added to the service" if self.is_container else "the drive is added"
        limit_m = WALK_LIMIT_M if self.is_container else YARD_LIMIT_M
        what = {
            "far_from_street": f"{self.metres} m from the nearest street it can take: {added}",
            "on_island": f"beside a street that leads nowhere, {self.metres} m from one that does: {added}",
            "too_far": f"{self.metres} m from the nearest street that leads anywhere, at most {limit_m:.0f}: "
            "not served; check its lon and lat",
            "no_way": "no way there and back: not served; check one-way streets and access in OpenStreetMap",
        }[self.trouble]
        return f'{self.file}: "{self.id}" ({self.name}), {self.vehicle} — {what}'


def city_places(registry: Registry, containers: Sequence[Container] | None = None) -> tuple[list[Place], Places]:
    """Depots, disposal sites, then containers (all, unless given), as rows and as positions."""
    chosen = registry.containers if containers is None else containers
    rows: list[Place] = [*registry.depots, *registry.disposal_sites, *chosen]
    lonlat = np.array([(row.lon, row.lat) for row in rows], dtype=np.float64).reshape(-1, 2)
    return rows, Places(lonlat, np.array([isinstance(row, Container) for row in rows], dtype=np.bool_))


def served_from(
    table: RoadTable, depot: int, sites: Sequence[int], walk_limit_m: float = WALK_LIMIT_M
) -> NDArray[np.bool_]:
    """(n,) which containers a vehicle of this depot can serve: there from the depot, on to a site, and home from it."""
    there = table.duration_s >= 0
    ends = [site for site in sites if there[site, depot]]
    onward = there[:, ends].any(axis=1)
    return np.asarray(there[depot] & onward & (table.off_m <= walk_limit_m), dtype=np.bool_)


def find_troubles(
    registry: Registry, vehicle: RoadVehicle, table: RoadTable, nearest_m: NDArray[np.float64]
) -> Iterator[RoadFinding]:
    """Every place of the city that this kind of vehicle cannot reach, or not to the door.

    Rows are those of `city_places`; `nearest_m` is how far the nearest street is, whether it leads anywhere or not.
    """
    rows, _ = city_places(registry)
    linked = _linked(table, len(registry.depots), len(registry.disposal_sites))
    for number, row in enumerate(rows):
        off_m = float(table.off_m[number])
        trouble: Trouble | None = None
        if off_m > (WALK_LIMIT_M if isinstance(row, Container) else YARD_LIMIT_M):
            trouble = "too_far"
        elif not linked[number]:
            trouble = "no_way"
        elif off_m > NEAR_M:
            trouble = "far_from_street" if nearest_m[number] > NEAR_M else "on_island"
        if trouble is not None:
            yield RoadFinding(vehicle.name, FILES[type(row)], row.id, row.name, trouble, round(off_m))


def _linked(table: RoadTable, depots: int, sites: int) -> NDArray[np.bool_]:
    """(n,) a depot reaches some site and is reached from it; a site, some depot; a container is served from one."""
    there = table.duration_s >= 0
    both = there & there.T
    homes, ends = slice(0, depots), slice(depots, depots + sites)
    linked = np.zeros(len(there), dtype=np.bool_)
    for depot in range(depots):
        linked |= served_from(table, depot, range(depots, depots + sites), np.inf)
    linked[homes] = both[homes, ends].any(axis=1)
    linked[ends] = both[ends, homes].any(axis=1)
    return linked
