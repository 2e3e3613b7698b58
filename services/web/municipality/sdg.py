"""The city's figures for SDG indicator 11.6.1: waste collected and managed in controlled facilities, of all made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.city.assumed import KG_A_PERSON_DAY
from services.city.fields import ControlLevel
from services.city.registry import City, DisposalSite
from services.store.connection import Connection
from services.times import instant_of
from services.web.figures.city_days import CityDay, city_days
from services.web.figures.coverage import Covered
from services.web.figures.store import list_entries
from services.web.municipality import store

DAYS = 28
"""Four whole weeks, so that each weekday counts alike."""
CONTROLLED: tuple[ControlLevel, ...] = ("basic", "improved", "full")
"""Of UN-Habitat's ladder of facilities: controlled is basic control and better."""


@dataclass(frozen=True)
class SiteRow:
    """A disposal site and how many trips ended there."""

    site: DisposalSite
    trips: int

    @property
    def is_controlled(self) -> bool | None:
        """None: nobody has said."""
        return None if self.site.control is None else self.site.control in CONTROLLED


@dataclass(frozen=True)
class SdgSheet:
    """Tonnes a day, from the first day that the ledger has of the last four weeks on; None where that is not known.

    Days between on which nobody drove count: people made waste on them too.
    """

    first: date
    last: date
    days: int
    population: float
    covered: Covered | None
    collected_kg: float | None
    """Over all the days; by forecasts, since nothing is weighed."""
    sites: Sequence[SiteRow]

    @property
    def generated_t_day(self) -> float:
        """Assumed: so many kilograms a person and day."""
        return self.population * KG_A_PERSON_DAY / 1000

    @property
    def collected_t_day(self) -> float | None:
        return None if self.collected_kg is None else self.collected_kg / 1000 / ((self.last - self.first).days + 1)

    @property
    def controlled_share(self) -> float | None:
        """Of the trips; None where a site that was used has no level, or none was."""
        used = [row for row in self.sites if row.trips]
        if not used or any(row.is_controlled is None for row in used):
            return None
        return sum(row.trips for row in used if row.is_controlled) / sum(row.trips for row in used)

    @property
    def controlled_t_day(self) -> float | None:
        if self.collected_t_day is None or self.controlled_share is None:
            return None
        return self.collected_t_day * self.controlled_share

    @property
    def collected_ratio(self) -> float | None:
        return self._of_generated(self.collected_t_day)

    @property
    def indicator(self) -> float | None:
        """Indicator 11.6.1, as a share."""
        return self._of_generated(self.controlled_t_day)

    def _of_generated(self, tonnes: float | None) -> float | None:
        return None if tonnes is None or not self.generated_t_day else tonnes / self.generated_t_day


def read_sdg_sheet(
    connection: Connection, city: City, population: float, covered: Covered | None, today: date
) -> SdgSheet:
    """Of the four weeks that ended yesterday."""
    first, last = today - timedelta(days=DAYS), today - timedelta(days=1)
    lines = [line for line in store.list_lines(connection, city.id, first, last) if line.finished]
    days = city_days(lines)
    first = days[0].day if days else first
    trips = store.count_trips(
        connection, city.id, *(instant_of(day, 0, city.zone_info) for day in (first, last + timedelta(days=1)))
    )
    sites = [DisposalSite.model_validate(row) for row in list_entries(connection, city.id, "disposal_site")]
    return SdgSheet(
        first=first,
        last=last,
        days=len(days),
        population=covered.told.population if covered else population,
        covered=covered,
        collected_kg=_collected_kg(days),
        sites=_rows(sites, trips),
    )


def _collected_kg(days: Sequence[CityDay]) -> float | None:
    kilos = [day.driven.collected_kg for day in days]
    return None if not kilos or None in kilos else sum(kg for kg in kilos if kg is not None)


def _rows(sites: Sequence[DisposalSite], trips: Mapping[str, int]) -> list[SiteRow]:
    return sorted((SiteRow(site, trips.get(site.id, 0)) for site in sites), key=lambda row: (-row.trips, row.site.id))
