"""Fuel coefficients of each truck, by robust regression of its litres on its work; default until there is enough."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

import routing
from services.city.registry import Registry
from services.contracts.fields import CityId, Day, Id
from services.contracts.ledger import SavingsComputed
from services.ledger.fuel import FuelBook, Row, TruckFuel, Work, default_fuel
from services.ledger.halts import Halts
from services.ledger.receipts import Receipt
from services.ledger.regression import fit_near
from services.roads.tracks import TrackFix
from services.times import local_day

LEAST_PERIODS, LEAST_DAYS = 8, 21
"""Fillings of one truck, and days from the first to the last, before its own coefficients are believed. Assumed: twice
as many periods as terms, and three weeks so that each weekday is there three times."""
LEAST_MEASURED_SHARE = 0.8
"""Of a period's kilometres that GPS has to cover: litres held against planned kilometres calibrate the plan."""
RECEIPT_SPREAD, LEAST_RECEIPT_L = 0.05, 1.0
"""Of a period's litres, and at least a litre: no tank is filled to the same drop twice. Assumed."""
PRIOR_SPREAD = 0.40
"""How far each coefficient may be from its class's before a truck's own litres are heard. Assumed."""
MOST_CV_DAY, MOST_CV_MONTH, MOST_NMBE_DAY, MOST_NMBE_MONTH = 0.30, 0.15, 0.10, 0.05
"""ASHRAE Guideline 14: CV(RMSE) and NMBE of daily and of monthly data. The guideline's own limits as a secondary source
gives them; a filling is held against the daily ones up to a mean of three days, else against the monthly ones."""

type Verdict = Literal["calibrated", "too_few_fillings", "too_short", "not_measured", "does_not_fit"]
"""Only `calibrated` coefficients are used; of the others a truck keeps its class's."""


class Filling(NamedTuple):
    """Litres and the work that burnt them: from one filling to the next."""

    work: Work
    fuel_l: float
    days: int
    measured_share: float


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


class Calibration(BaseModel):
    """Of all trucks of a city at once; a version that stays."""

    model_config = ConfigDict(frozen=True)

    schema_: Annotated[Literal["tournee/calibration/1"], Field(alias="schema")] = "tournee/calibration/1"
    city: CityId
    first_day: Day
    last_day: Day
    trucks: tuple[TruckCalibration, ...]

    @property
    def text(self) -> str:
        return self.model_dump_json(by_alias=True)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def book(self, version: int) -> FuelBook:
        """The coefficients that the ledger counts with."""
        used = [row for row in self.trucks if row.verdict == "calibrated"]
        return FuelBook(version, {row.truck: TruckFuel(row.per, row.errors, is_calibrated=True) for row in used})


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


def fillings_of(receipts: Sequence[Receipt], works: Sequence[DayWork], zone: ZoneInfo) -> dict[str, list[Filling]]:
    """By truck, from each filling to the next: the days after the one up to and with the other.

    Trucks are filled when they are back, so a day's work belongs to the filling of its evening. Where there are litres
    of the engine (`can`), the pump's are left aside: both say the same litres.
    """
    of_truck: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        of_truck[receipt.truck].append(receipt)
    return {truck: list(_periods(rows, works, zone)) for truck, rows in of_truck.items()}


def _periods(rows: Sequence[Receipt], works: Sequence[DayWork], zone: ZoneInfo) -> Iterator[Filling]:
    kept = [row for row in rows if row.source == "can"] or list(rows)
    litres: dict[date, float] = defaultdict(float)
    for row in kept:
        litres[local_day(row.filled_at, zone)] += row.fuel_l  # filled twice in a day: one filling
    mine = [work for work in works if work.truck == kept[0].truck]
    for before, day in pairwise(sorted(litres)):
        within = [work for work in mine if before < work.day <= day]
        whole = sum((work.work for work in within), Work())
        measured_m = sum(work.work.distance_m for work in within if work.is_measured)
        is_known = all(work.is_measured or work.work.distance_m > 0 for work in within)
        if whole.distance_m > 0:
            yield Filling(whole, litres[day], (day - before).days, measured_m / whole.distance_m if is_known else 0.0)


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
    cv_rmse = float(np.sqrt(np.sum(fit.residuals**2) / (len(observed) - len(near))) / observed.mean())
    nmbe = float(fit.residuals.sum() / (len(observed) - len(near)) / observed.mean())
    is_daily = days / len(fillings) <= 3
    most_cv, most_nmbe = (MOST_CV_DAY, MOST_NMBE_DAY) if is_daily else (MOST_CV_MONTH, MOST_NMBE_MONTH)
    told = kept.model_copy(update={"cv_rmse": round(cv_rmse, 4), "nmbe": round(nmbe, 4)})
    if cv_rmse > most_cv or abs(nmbe) > most_nmbe:
        return told.model_copy(update={"verdict": "does_not_fit"})
    # Columns of a square root of the covariance: independent errors of one standard deviation each.
    root = np.linalg.cholesky(fit.covariance)
    errors = tuple((float(c[0]), float(c[1]), float(c[2]), float(c[3])) for c in root.T)
    found = fit.coefficients
    own: Row = (float(found[0]), float(found[1]), float(found[2]), float(found[3]))
    return told.model_copy(update={"per": own, "errors": errors})


def calibrate(
    city: str,
    zone: ZoneInfo,
    receipts: Sequence[Receipt],
    works: Sequence[DayWork],
    defaults: Mapping[str, routing.FuelModel],
    *,
    until: datetime,
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
    )
