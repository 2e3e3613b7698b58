"""Fleets: whose each truck and container is, and the part of a registry that is planned together.

A container is of the fleet that its own row names; else of the one whose zones and kinds hold its own. A fleet that
names neither zones nor kinds serves the containers that name it, and all where it is the only one.
"""

from collections.abc import Sequence

from services.city.registry import Container, Fleet, Registry, Truck
from services.contracts.fields import ONLY_FLEET
from services.errors import TourneeError


class UnknownFleet(TourneeError):
    """The city has no fleet of that id."""


class FleetRules:
    """The rows of `fleets.csv` as rules; no row, and everything is of the one fleet `ONLY_FLEET`."""

    def __init__(self, fleets: Sequence[Fleet]) -> None:
        self.ids = tuple(fleet.id for fleet in fleets) or (ONLY_FLEET,)
        self._fleets = fleets
        self._serving: dict[tuple[str, str], tuple[str, ...]] = {}

    @property
    def only(self) -> str | None:
        """The fleet of a city that has one; None where there are several."""
        return self.ids[0] if len(self.ids) == 1 else None

    def of_truck(self, truck: Truck) -> str | None:
        """None where it names none of these fleets and there are several."""
        return self._known(truck.fleet) if truck.fleet else self.only

    def of_container(self, container: Container) -> str | None:
        """None where it names none of these fleets, or names no fleet and not exactly one serves its zone and kind."""
        if container.fleet:
            return self._known(container.fleet)
        serving = self.serving(container.zone, container.kind)
        return serving[0] if len(serving) == 1 else None

    def serving(self, zone: str, kind: str) -> tuple[str, ...]:
        """Every fleet whose zones and kinds hold these."""
        if (zone, kind) not in self._serving:
            self._serving[zone, kind] = self._find_serving(zone, kind)
        return self._serving[zone, kind]

    def _known(self, fleet: str) -> str | None:
        return fleet if fleet in self.ids else None

    def _find_serving(self, zone: str, kind: str) -> tuple[str, ...]:
        if not self._fleets:
            return (ONLY_FLEET,)
        return tuple(fleet.id for fleet in self._fleets if self._serves(fleet, zone, kind))

    def _serves(self, fleet: Fleet, zone: str, kind: str) -> bool:
        if not fleet.zones and not fleet.kinds:
            return self.only is not None
        return (not fleet.zones or zone in fleet.zones) and (not fleet.kinds or kind in fleet.kinds)


def part_of(registry: Registry, fleet: str) -> Registry:
    """The same city with this fleet's trucks, containers and fixed circuits only. Depots and sites are everybody's.

    Raises:
        UnknownFleet: the city has none of that id.
    """
    rules = FleetRules(registry.fleets)
    if fleet not in rules.ids:
        raise UnknownFleet(f"{registry.city.id} has no fleet {fleet}: it has {', '.join(rules.ids)}")
    if rules.only:
        return registry
    trucks = tuple(truck for truck in registry.trucks if rules.of_truck(truck) == fleet)
    theirs = {truck.id for truck in trucks}
    part = {
        "trucks": trucks,
        "containers": tuple(c for c in registry.containers if rules.of_container(c) == fleet),
        "baseline": tuple(stop for stop in registry.baseline if stop.truck in theirs),
    }
    return registry.model_copy(update=part)
