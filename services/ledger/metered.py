"""Litres that were metered beside litres that were modelled, over the same days; never mixed in one figure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from services.contracts.ledger import SavingsComputed
from services.ledger.receipts import Receipt
from services.times import local_day

LEAST_METERED_SHARE = 0.8
"""Of a period's modelled litres whose days lie between two fillings, before a metered saving is told. As for GPS."""


@dataclass(frozen=True)
class TruckLitres:
    """One truck over the days between its fillings; both columns are of these days and of no other."""

    truck: str
    first: date
    last: date
    fillings: int
    modelled_l: float
    metered_l: float

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

    A filling says what was burnt since the one before, so only fillings count whose whole stretch lies in the period.
    On a day without a line nothing was sent: a truck is taken to have stood.
    """
    modelled: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in lines:
        for work in line.works:
            if work.fuel_l is not None:
                modelled[work.truck][line.day] += work.fuel_l
    if not modelled:
        return None
    filled = _filled(receipts, zone)
    rows = (_truck(truck, of_truck, filled.get(truck, {}), first, last) for truck, of_truck in modelled.items())
    whole_l = sum(sum(of_truck.values()) for of_truck in modelled.values())
    return Metered(whole_l, tuple(sorted((row for row in rows if row is not None), key=lambda row: row.truck)))


def _filled(receipts: Iterable[Receipt], zone: ZoneInfo) -> dict[str, dict[date, float]]:
    """Litres by truck and local day; the engine's where there are any, never both."""
    kinds: dict[str, dict[str, dict[date, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    for receipt in receipts:
        kinds[receipt.truck][receipt.source][local_day(receipt.filled_at, zone)] += receipt.fuel_l
    return {truck: of_kind["can"] or of_kind["receipt"] for truck, of_kind in kinds.items()}


def _truck(
    truck: str, modelled: Mapping[date, float], filled: Mapping[date, float], first: date, last: date
) -> TruckLitres | None:
    stretches = list(_stretches(sorted(filled), first, last, modelled))
    if not stretches:
        return None
    return TruckLitres(
        truck=truck,
        first=stretches[0][0] + timedelta(days=1),
        last=stretches[-1][1],
        fillings=len(stretches),
        modelled_l=sum(sum(modelled.get(day, 0.0) for day in _within(*stretch)) for stretch in stretches),
        metered_l=sum(filled[until] for _, until in stretches),
    )


def _stretches(
    fillings: Sequence[date], first: date, last: date, modelled: Mapping[date, float]
) -> Iterator[tuple[date, date]]:
    """From one filling's evening to the next's, where the ledger knows of a day between on which the truck drove."""
    for before, until in pairwise(fillings):
        is_inside = before >= first - timedelta(days=1) and until <= last
        if is_inside and any(modelled.get(day, 0.0) > 0 for day in _within(before, until)):
            yield before, until


def _within(before: date, until: date) -> Iterator[date]:
    for n in range(1, (until - before).days + 1):
        yield before + timedelta(days=n)
