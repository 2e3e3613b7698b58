"""Fuel coefficients of each truck, by robust regression of its litres on its work; default until there is enough."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

import routing
from services.city.registry import Registry
from services.contracts.fields import CityId, Day, FleetId, Id
from services.contracts.ledger import SavingsComputed
from services.ledger.ashrae import FitTest, fit_test
from services.ledger.fuel import FuelBook, Row, TruckFuel, Work, default_fuel
from services.ledger.halts import Halts
from services.ledger.receipts import Receipt
from services.ledger.regression import fit_near
from services.ledger.stretches import Stretch, stretches_of
from services.roads.tracks import TrackFix
from services.times import local_day

LEAST_PERIODS, LEAST_DAYS = 8, 21
"""Fillings of one truck, and days from the first to the last, before its own coefficients are believed. Assumed: twice
as many periods as terms, and three weeks so that each weekday is there three times."""
LEAST_MEASURED_SHARE = 0.8
"""Of a period's kilometres that GPS has to cover: litres held against planned kilometres calibrate the plan."""
RECEIPT_SPREAD, LEAST_RECEIPT_L = 0.05, 1.0
"""Of a period's litres, and at least a litre: no tank is filled to the same drop twice. Assumed."""
LEAST_ROADS_M = 200_000.0
"""Estimated metres of measured days before a fleet's roads are believed to be usually so much longer. Assumed."""
MOST_TIMES = 3.0
"""Of the litres that the class's coefficients say: beyond it, or under it as far, they are of another unit. Assumed."""
PRIOR_SPREAD = 0.40
"""How far each coefficient may be from its class's before a truck's own litres are heard. Assumed."""
MOST_DAYS_DAILY = 3
"""A filling is held against the limits of daily data up to a mean of so many days, else against the monthly ones."""
LEAST_MONTHS, LEAST_MONTH_DAYS = 3, 21
"""Months before they are tested by themselves, and days of fillings that make one. Assumed: fewer are no series."""
MONTHLY_PARAMETERS = 1
"""Of months: the coefficients were fitted to the fillings and not to them; the guideline takes 1 for such models."""

type Verdict = Literal["calibrated", "too_few_fillings", "too_short", "not_measured", "does_not_fit"]
"""Only `calibrated` coefficients are used; of the others a truck keeps its class's."""


class Filling(NamedTuple):
    """Litres and the work that burnt them: from one filling to the next."""

    work: Work
    fuel_l: float
    days: int
    measured_share: float
    until: date | None = None
    """The day of its evening."""


class TruckCalibration(BaseModel):
    """What a truck's litres say. `per` and `errors` are those of `TruckFuel`."""

    model_config = ConfigDict(frozen=True)

    truck: Id
    verdict: Verdict
    fillings: int
    days: int
    cv_rmse: float | None = None
    nmbe: float | None = None
    per: Row
    errors: tuple[Row, ...] = ()
    tests: tuple[FitTest, ...] = ()
    """ASHRAE Guideline 14's: of its fillings, then of its months where there are enough. Empty: too few litres to test
    anything, or calibrated before the tests were kept."""


class RoadCalibration(BaseModel):
    """What a kilometre that was estimated for a fleet measures when it is driven."""

    model_config = ConfigDict(frozen=True)

    fleet: FleetId
    roads: Literal["osm", "estimated"]
    estimated_m: float
    """Of the days that were measured."""
    road_factor: float


class Calibration(BaseModel):
    """Of all trucks of a city at once; a version that stays."""

    model_config = ConfigDict(frozen=True)

    schema_: Annotated[Literal["tournee/calibration/1"], Field(alias="schema")] = "tournee/calibration/1"
    city: CityId
    first_day: Day
    last_day: Day
    trucks: tuple[TruckCalibration, ...]
    roads: tuple[RoadCalibration, ...] = ()

    @property
    def text(self) -> str:
        return self.model_dump_json(by_alias=True)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def book(self, version: int) -> FuelBook:
        """The coefficients that the ledger counts with."""
        used = [row for row in self.trucks if row.verdict == "calibrated"]
        return FuelBook(
            version,
            {row.truck: TruckFuel(row.per, row.errors, is_calibrated=True) for row in used},
            {(row.fleet, row.roads): row.road_factor for row in self.roads},
        )


class DayWork(NamedTuple):
    """What a truck did, by a line of the ledger or, before there were any, by its positions.

    Not measured and without a kilometre: nobody knows.
    """

    day: date
    truck: str
    work: Work
    is_measured: bool


def works_before(registry: Registry, driven: Iterable[tuple[date, str, Sequence[TrackFix]]]) -> list[DayWork]:
    """What trucks did on days before the change, day by day and truck by truck, by their positions alone."""
    halts = Halts(registry)
    found = [(day, truck, halts.work_of(fixes)) for day, truck, fixes in driven]
    return [DayWork(day, truck, work or Work(), is_measured=work is not None) for day, truck, work in found]


def works_of(lines: Iterable[SavingsComputed]) -> list[DayWork]:
    """What the ledger's lines say that each truck did; of days on which nobody was heard of it, what was planned."""
    return [
        DayWork(line.day, work.truck, Work(work.haul_m, work.collect_m, work.stops, work.idle_s), work.is_measured)
        for line in lines
        for work in line.works
    ]


def roads_of(lines: Iterable[SavingsComputed]) -> tuple[RoadCalibration, ...]:
    """Of each fleet and kind of roads whose days have `LEAST_ROADS_M` by GPS, all of them together."""
    sums: dict[tuple[str, Literal["osm", "estimated"]], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for line in lines:
        measured_m = sum(truck.distance_m for truck in line.measured)
        if line.roads is not None and line.road_factor > 0:
            of_fleet = sums[line.fleet, line.roads]
            of_fleet[0] += measured_m
            of_fleet[1] += measured_m / line.road_factor
    return tuple(
        RoadCalibration(fleet=fleet, roads=roads, estimated_m=estimated_m, road_factor=measured_m / estimated_m)
        for (fleet, roads), (measured_m, estimated_m) in sorted(sums.items())
        if estimated_m >= LEAST_ROADS_M
    )


def fillings_of(receipts: Sequence[Receipt], works: Sequence[DayWork], zone: ZoneInfo) -> dict[str, list[Filling]]:
    """By truck, from each filling to the next: the days after the one up to and with the other.

    Where there are litres of the engine, the pump's are left aside: both say the same litres.
    """
    found = stretches_of(receipts, zone)
    return {truck: list(_fillings(truck, stretches, works)) for truck, stretches in found.items()}


def _fillings(truck: str, stretches: Iterable[Stretch], works: Sequence[DayWork]) -> Iterator[Filling]:
    mine = [work for work in works if work.truck == truck]
    for before, day, fuel_l, _ in stretches:
        within = [work for work in mine if before < work.day <= day]
        whole = sum((work.work for work in within), Work())
        measured_m = sum(work.work.distance_m for work in within if work.is_measured)
        is_known = all(work.is_measured or work.work.distance_m > 0 for work in within)
        if whole.distance_m > 0:
            share = measured_m / whole.distance_m if is_known else 0.0
            yield Filling(whole, fuel_l, (day - before).days, share, day)


def calibrate_truck(truck: str, fillings: Sequence[Filling], default: routing.FuelModel) -> TruckCalibration:
    """Its own coefficients where its litres are enough and are explained by them; else its class's, with the reason."""
    near = np.array(default_fuel(default).per)
    days = sum(filling.days for filling in fillings)
    measured = [filling for filling in fillings if filling.measured_share >= LEAST_MEASURED_SHARE]
    per: Row = (float(near[0]), float(near[1]), float(near[2]), float(near[3]))
    kept = TruckCalibration(truck=truck, verdict="calibrated", fillings=len(measured), days=days, per=per)
    if len(fillings) < LEAST_PERIODS:
        return kept.model_copy(update={"verdict": "too_few_fillings"})
    if days < LEAST_DAYS:
        return kept.model_copy(update={"verdict": "too_short"})
    if len(measured) < LEAST_PERIODS:
        return kept.model_copy(update={"verdict": "not_measured"})
    amounts = np.array([filling.work.amounts for filling in measured])
    observed = np.array([filling.fuel_l for filling in measured])
    fit = fit_near(
        amounts,
        observed,
        spread=np.maximum(RECEIPT_SPREAD * observed, LEAST_RECEIPT_L),
        near=near,
        near_spread=np.maximum(PRIOR_SPREAD * near, 0.01),
    )
    off = float(observed.sum() / max(float((amounts @ near).sum()), 1e-9))
    if not 1 / MOST_TIMES <= off <= MOST_TIMES:
        return kept.model_copy(update={"verdict": "does_not_fit"})
    is_daily = days / len(fillings) <= MOST_DAYS_DAILY
    of_fillings = fit_test(observed, fit.residuals, parameters=len(near), limits="day" if is_daily else "month")
    tests = tuple(test for test in (of_fillings, _monthly_test(measured, fit.residuals)) if test is not None)
    if of_fillings is not None:
        kept = kept.model_copy(update={"cv_rmse": of_fillings.cv_rmse, "nmbe": of_fillings.nmbe})
    told = kept.model_copy(update={"tests": tests})
    if not all(test.passes for test in tests):
        return told.model_copy(update={"verdict": "does_not_fit"})
    # Columns of a square root of the covariance: independent errors of one standard deviation each.
    root = np.linalg.cholesky(fit.covariance)
    errors = tuple((float(c[0]), float(c[1]), float(c[2]), float(c[3])) for c in root.T)
    found = fit.coefficients
    own: Row = (float(found[0]), float(found[1]), float(found[2]), float(found[3]))
    return told.model_copy(update={"per": own, "errors": errors})


def _monthly_test(fillings: Sequence[Filling], residuals: NDArray[np.float64]) -> FitTest | None:
    """The sums of each month's fillings; None of too few months."""
    months: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for filling, off_l in zip(fillings, residuals.tolist(), strict=True):
        if filling.until is not None:
            sums = months[filling.until.year, filling.until.month]
            for number, more in enumerate((filling.fuel_l, off_l, filling.days)):
                sums[number] += more
    whole = [sums for _, sums in sorted(months.items()) if sums[2] >= LEAST_MONTH_DAYS]
    if len(whole) < LEAST_MONTHS:
        return None
    observed, off = [sums[0] for sums in whole], [sums[1] for sums in whole]
    return fit_test(observed, off, parameters=MONTHLY_PARAMETERS, limits="month")


def calibrate(
    city: str,
    zone: ZoneInfo,
    receipts: Sequence[Receipt],
    works: Sequence[DayWork],
    defaults: Mapping[str, routing.FuelModel],
    *,
    until: datetime,
    roads: tuple[RoadCalibration, ...] = (),
) -> Calibration:
    """All trucks of a city that have a default, with what is known of their litres up to an instant."""
    known = [receipt for receipt in receipts if receipt.filled_at <= until]
    fillings = fillings_of(known, works, zone)
    days = [work.day for work in works] or [local_day(until, zone)]
    return Calibration(
        city=city,
        first_day=min(days),
        last_day=max(days),
        trucks=tuple(calibrate_truck(truck, fillings.get(truck, ()), defaults[truck]) for truck in sorted(defaults)),
        roads=roads,
    )
