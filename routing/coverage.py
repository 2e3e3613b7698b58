"""Who is served: people of a zone count by the share of its containers emptied often enough.

SDG indicator 11.6.1 asks for collection with basic frequency and regularity; how often that is, the city says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.errors import RoutingError


@dataclass(frozen=True, slots=True)
class Zone:
    id: str
    population: int


@dataclass(frozen=True, slots=True)
class ZoneCoverage:
    """`share` of the zone's containers emptied often enough, 0 to 1; without containers nobody is served."""

    zone: str
    population: int
    containers: int
    containers_served: int

    @property
    def share(self) -> float:
        return self.containers_served / self.containers if self.containers else 0.0

    @property
    def people_served(self) -> float:
        return self.population * self.share


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage of a city over a period, zones in the order they were given."""

    zones: tuple[ZoneCoverage, ...]

    @property
    def population(self) -> int:
        return sum(zone.population for zone in self.zones)

    @property
    def people_served(self) -> float:
        return sum(zone.people_served for zone in self.zones)

    @property
    def share(self) -> float:
        return self.people_served / self.population if self.population else 0.0

    @property
    def unserved(self) -> tuple[str, ...]:
        """Zones where nobody is served."""
        return tuple(zone.zone for zone in self.zones if zone.containers_served == 0)


def service_coverage(
    zones: Sequence[Zone],
    containers_by_zone: Mapping[str, Iterable[str]],
    emptyings_by_container: Mapping[str, int],
    min_emptyings: int = 2,
) -> Coverage:
    """Return the people served: `emptyings_by_container` counts emptyings within the period looked at.

    A container nobody emptied may be missing from it. A zone may be missing from `containers_by_zone`.
    """
    if min_emptyings < 1:
        raise RoutingError(f"min_emptyings is {min_emptyings}, expected 1 or more: unemptied containers serve nobody")
    rows = []
    for zone in zones:
        containers = set(containers_by_zone.get(zone.id, ()))
        served = sum(emptyings_by_container.get(container, 0) >= min_emptyings for container in containers)
        rows.append(ZoneCoverage(zone.id, zone.population, len(containers), served))
    return Coverage(tuple(rows))
