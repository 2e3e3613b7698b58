"""Who is within a walk of a served point, for the pages: the ladder as a bar, and what the unserved would cost."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.contracts.coverage import STEPS, CoverageComputed, Step, ZoneCoverage
from services.store.connection import Connection
from services.web.figures.store import SQL

LEAST_PEOPLE = 1.0
"""Less than somebody is nobody."""


@dataclass(frozen=True)
class StepShare:
    """A step of the ladder, as a part of the bar; `left` and `ratio` are shares of the whole."""

    step: Step
    people: float
    left: float
    ratio: float


@dataclass(frozen=True)
class Covered:
    """A city's coverage with the names of its zones."""

    told: CoverageComputed
    names: Mapping[str, str]

    @property
    def steps(self) -> list[StepShare]:
        """From the best to the worst, as a bar is read."""
        whole, left, shares = self.told.population or 1.0, 0.0, []
        for step in reversed(STEPS):
            people = self.told.people(step)
            shares.append(StepShare(step, people, left, people / whole))
            left += people / whole
        return shares

    @property
    def unserved(self) -> list[ZoneCoverage]:
        """Zones with people who have no basic service, most of them first."""
        rows = [zone for zone in self.told.zones if zone.unserved_people >= LEAST_PEOPLE]
        return sorted(rows, key=lambda zone: (-zone.unserved_people, zone.zone))

    @property
    def served_ratio(self) -> float:
        return self.told.served_people / self.told.population if self.told.population else 0.0

    def name(self, zone: str) -> str:
        """A zone's; its id where it is gone since."""
        return self.names.get(zone, zone)


def find_coverage(connection: Connection, city: str, names: Mapping[str, str]) -> Covered | None:
    """The latest; None before the first day is over."""
    row = connection.execute(SQL["find_coverage"], {"city": city}).fetchone()
    return Covered(CoverageComputed.model_validate(row["document"]), names) if row else None
