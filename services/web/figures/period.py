"""What a month of the ledger says: sums, people, and how far the figures can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from services.contracts.ledger import DayFigures, SavedByCause, ZoneServed
from services.ledger.period import Savings, savings_of
from services.web.figures.city_days import CityDay
from services.web.figures.store import ZoneRow

Trust = Literal["simulated", "measured", "estimated"]
Verdict = Literal["no_data", "no_baseline", "saved", "even", "lost"]

EVEN_L = 0.5  # less than half a litre in a month is neither


@dataclass(frozen=True)
class Work:
    """What one side of the comparison did over some days."""

    fuel_l: float
    stops: int
    collected_kg: float | None
    """None where a day does not say."""

    @classmethod
    def of(cls, days: Sequence[DayFigures]) -> "Work":
        kilos = [day.collected_kg for day in days]
        return cls(
            fuel_l=sum(day.fuel_l for day in days),
            stops=sum(day.stops for day in days),
            collected_kg=None if None in kilos else sum(kg for kg in kilos if kg is not None),
        )

    @property
    def fuel_l_per_stop(self) -> float | None:
        return self.fuel_l / self.stops if self.stops else None

    @property
    def fuel_l_per_t(self) -> float | None:
        return 1000 * self.fuel_l / self.collected_kg if self.collected_kg else None


@dataclass(frozen=True)
class Period:
    """The days of one calendar month that are over and in the ledger, oldest first."""

    month: date
    days: Sequence[CityDay]
    ahead: Sequence[CityDay] = ()
    """The days after it that are over: where service fell then, its last days' saving is not counted."""
    period_days: int = 7
    """Of the city's rule of who is served."""

    @cached_property
    def savings(self) -> Savings | None:
        """With its interval; None where nothing is compared, or not by an arithmetic that knows how far it may err."""
        if any(not line.errors for day in self.compared for line in day.lines):
            return None
        lines = [line for day in self.compared for line in day.lines]
        ahead = [line for day in self.ahead for line in day.lines]
        return savings_of(lines, ahead=ahead, period_days=self.period_days)

    @property
    def compared(self) -> list[CityDay]:
        """Days that have a baseline to stand against."""
        return [day for day in self.days if day.baseline is not None and day.fuel_saved_l is not None]

    @property
    def fuel_saved_l(self) -> float:
        """What is counted."""
        return self.savings.fuel_l.value if self.savings else sum(day.fuel_saved_l or 0 for day in self.compared)

    @property
    def by_cause(self) -> SavedByCause | None:
        """Before anything is withheld; None where a day does not say what its saving came of."""
        causes = [line.by_cause for day in self.compared for line in day.lines]
        known = [cause for cause in causes if cause is not None]
        if not known or len(known) < len(causes):
            return None
        return SavedByCause(
            choice_l=sum(cause.choice_l for cause in known), routing_l=sum(cause.routing_l for cause in known)
        )

    @property
    def distance_saved_m(self) -> float:
        if self.savings:
            return self.savings.distance_m.value
        return sum(day.baseline.distance_m - day.driven.distance_m for day in self.compared if day.baseline)

    @property
    def co2e_saved_kg(self) -> float:
        return self.savings.co2e_kg.value if self.savings else sum(day.co2e_saved_kg or 0 for day in self.compared)

    @property
    def money_saved(self) -> float:
        return self.savings.money.value if self.savings else sum(day.money_saved or 0 for day in self.compared)

    @property
    def currency(self) -> str:
        return self.days[-1].currency

    @property
    def fuel_l(self) -> float:
        return sum(day.driven.fuel_l for day in self.days)

    @property
    def baseline_fuel_l(self) -> float:
        return sum(day.baseline.fuel_l for day in self.compared if day.baseline)

    @property
    def baseline_distance_m(self) -> float:
        return sum(day.baseline.distance_m for day in self.compared if day.baseline)

    @property
    def first(self) -> date:
        return self.days[0].day

    @property
    def last(self) -> date:
        return self.days[-1].day

    @property
    def stops(self) -> int:
        """Containers emptied."""
        return sum(day.driven.stops for day in self.days)

    @property
    def driven(self) -> Work:
        """On the days that have a baseline to stand against."""
        return Work.of([day.driven for day in self.compared])

    @property
    def baseline(self) -> Work:
        """What the fixed circuits would have done on the same days."""
        return Work.of([day.baseline for day in self.compared if day.baseline])

    @property
    def is_dearer_by_stop(self) -> bool:
        """Whether the saving comes of containers left out: each one emptied took more diesel than before."""
        driven, baseline = self.driven.fuel_l_per_stop, self.baseline.fuel_l_per_stop
        return driven is None or (baseline is not None and driven > baseline)

    @property
    def fuel_saved_ratio(self) -> float | None:
        return self.fuel_saved_l / self.baseline_fuel_l if self.baseline_fuel_l else None

    @property
    def distance_saved_ratio(self) -> float | None:
        return self.distance_saved_m / self.baseline_distance_m if self.baseline_distance_m else None

    @property
    def verdict(self) -> Verdict:
        if not self.days:
            return "no_data"
        if not self.compared:
            return "no_baseline"
        if abs(self.fuel_saved_l) < EVEN_L:
            return "even"
        return "saved" if self.fuel_saved_l > 0 else "lost"

    @property
    def trust(self) -> Trust:
        """Of what was driven; what the old circuits would have driven is always an estimate."""
        if any(day.simulated for day in self.days):
            return "simulated"
        return "measured" if all(day.driven_from == "gps" for day in self.days) else "estimated"

    @property
    def people(self) -> tuple[float, int]:
        """Served and living there, on the last day: "served" already looks back over the city's own window."""
        last = self.days[-1]
        return last.served_people, last.population


@dataclass(frozen=True)
class ZoneShare:
    """A district and the share of its people who are served."""

    number: int
    """Its place in the list and on small maps."""
    zone: str
    name: str
    population: int
    containers: int
    containers_served: int
    served_people: float
    known: bool

    @property
    def ratio(self) -> float:
        return self.served_people / self.population if self.population else 0.0

    @property
    def state(self) -> Literal["served", "partly", "unserved", "unknown"]:
        if not self.known:
            return "unknown"
        # Nine in ten: the last households are a rounding of the population, not a district left out.
        if self.ratio >= 0.9:
            return "served"
        return "partly" if self.ratio >= 0.1 else "unserved"


def zone_share(number: int, zone: str, name: str, population: int, served: ZoneServed | None) -> ZoneShare:
    return ZoneShare(
        number=number,
        zone=zone,
        name=name,
        population=population,
        containers=served.containers if served else 0,
        containers_served=served.containers_served if served else 0,
        served_people=served.served_people if served else 0.0,
        known=served is not None,
    )


def zone_shares(zones: list[ZoneRow], latest: CityDay | None) -> list[ZoneShare]:
    """The least served first: that is where the next truck should go."""
    served = {line.zone: line for line in latest.zones} if latest else {}
    shares = [zone_share(0, z["zone_id"], z["name"], z["population"], served.get(z["zone_id"])) for z in zones]
    order = sorted(shares, key=lambda share: (share.ratio, share.name))
    return [
        zone_share(number, share.zone, share.name, share.population, served.get(share.zone))
        for number, share in enumerate(order, start=1)
    ]
