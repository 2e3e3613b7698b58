"""Litres that were metered beside litres that were modelled, over the same days; never mixed in one figure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from services.contracts.ledger import SavingsComputed
from services.ledger.receipts import Receipt
from services.ledger.stretches import Stretch, stretches_of

LEAST_METERED_SHARE = 0.8
"""Of a period's modelled litres whose days lie between two fillings, before a metered saving is told. As for GPS."""
MOST_TIMES = 3.0
"""A tracker's litres over the model's, or under them: gallons are 3.8 times too few, millilitres a thousand times too
many, half litres twice (which this does not see, and the table shows). Assumed."""


@dataclass(frozen=True)
class TruckLitres:
    """One truck over the days between its fillings; both columns are of these days and of no other."""

    truck: str
    first: date
    last: date
    fillings: int
    modelled_l: float
    metered_l: float
    source: str = "receipt"
    """Of the litres: as `Receipt.source`."""

    @property
    def is_in_another_unit(self) -> bool:
        """Whether a tracker's counter can be one of litres at all: nothing that drives is so far from its model."""
        off = self.metered_l / self.modelled_l if self.modelled_l else 1.0
        return self.source == "tracker" and not 1 / MOST_TIMES <= off <= MOST_TIMES

    @property
    def off_ratio(self) -> float | None:
        """Metered above modelled, as a share of modelled; None where nothing was modelled."""
        return self.metered_l / self.modelled_l - 1 if self.modelled_l else None


@dataclass(frozen=True)
class Metered:
    """A period's two columns.

    `modelled_l` is what all trucks burnt by the model; the trucks' rows are the part of it that lies between fillings.
    """

    modelled_l: float
    trucks: tuple[TruckLitres, ...]
    unbelieved: tuple[TruckLitres, ...] = ()
    """Trucks whose counter counts something else than litres: no part of any figure here."""

    @property
    def share(self) -> float:
        """Of the modelled litres that are metered too."""
        return sum(row.modelled_l for row in self.trucks) / self.modelled_l if self.modelled_l else 0.0

    @property
    def more_l(self) -> float:
        """Burnt by the meter above the model, where both say something."""
        return sum(row.metered_l - row.modelled_l for row in self.trucks)

    @property
    def is_enough(self) -> bool:
        return self.share >= LEAST_METERED_SHARE

    def saved_l(self, modelled_saved_l: float) -> float | None:
        """The saving with metered litres on the driven side where there are any; None where they are too few."""
        return modelled_saved_l - self.more_l if self.is_enough else None


def metered_of(
    lines: Iterable[SavingsComputed], receipts: Iterable[Receipt], first: date, last: date, zone: ZoneInfo
) -> Metered | None:
    """Both columns between two days, both included; None where no line says litres by truck.

    A filling says what was burnt since the one before, so only those count whose whole stretch lies in the period.
    On a day without a line nothing was sent: a truck is taken to have stood.
    """
    modelled: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in lines:
        for work in line.works:
            if work.fuel_l is not None:
                modelled[work.truck][line.day] += work.fuel_l
    if not modelled:
        return None
    stretches = stretches_of(receipts, zone)
    rows = [_truck(truck, of_truck, stretches.get(truck, ()), first, last) for truck, of_truck in modelled.items()]
    whole_l = sum(sum(of_truck.values()) for of_truck in modelled.values())
    told = sorted((row for row in rows if row is not None), key=lambda row: row.truck)
    return Metered(
        whole_l,
        tuple(row for row in told if not row.is_in_another_unit),
        tuple(row for row in told if row.is_in_another_unit),
    )


def _truck(
    truck: str, modelled: Mapping[date, float], stretches: Iterable[Stretch], first: date, last: date
) -> TruckLitres | None:
    """Of the stretches within the period on which, as the ledger knows, the truck drove."""
    within = [
        stretch
        for stretch in stretches
        if stretch.before >= first - timedelta(days=1)
        and stretch.until <= last
        and any(modelled.get(day, 0.0) > 0 for day in _days(stretch))
    ]
    if not within:
        return None
    return TruckLitres(
        truck=truck,
        first=within[0].before + timedelta(days=1),
        last=within[-1].until,
        fillings=len(within),
        modelled_l=sum(sum(modelled.get(day, 0.0) for day in _days(stretch)) for stretch in within),
        metered_l=sum(stretch.fuel_l for stretch in within),
        source=within[0].source,
    )


def _days(stretch: Stretch) -> Iterator[date]:
    for n in range(1, (stretch.until - stretch.before).days + 1):
        yield stretch.before + timedelta(days=n)
