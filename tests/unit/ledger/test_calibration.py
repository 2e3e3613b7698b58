"""Each truck's own coefficients, learned from its litres where there are enough, else its class's."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import routing
from services.contracts.ledger import SavingsComputed, TruckMeasured
from services.ledger.calibration import DayWork, Filling, calibrate, calibrate_truck, fillings_of, roads_of
from services.ledger.fuel import FuelBook, Work
from services.ledger.receipts import Receipt
from tests.support.web_seed import savings_day

DEFAULT = routing.FuelModel(drive_l_per_km=0.5, per_stop_l=0.06, idle_l_per_h=3.0)
TRUE = (0.42, 0.70, 0.08, 3.6)
UTC_ZONE = ZoneInfo("UTC")


JANUARY = date(2026, 1, 1)


def fillings(count: int = 40, *, thirst: float = 1.0, noise_l: float = 0.4, seed: int = 5) -> list[Filling]:
    """Days of 20 to 60 km of haul, 10 to 30 km collecting, 30 to 90 stops 1 to 4 hours standing, from January on."""
    rng = np.random.default_rng(seed)
    found = []
    for n in range(count):
        haul_m, collect_m, stops, idle_s = (rng.uniform(low, 3 * low) for low in (20e3, 10e3, 30, 4800))
        work = Work(haul_m, collect_m, round(stops), idle_s)
        burnt = float(np.dot(TRUE, work.amounts)) * thirst + rng.normal(0, noise_l)
        found.append(Filling(work, burnt, 1, 1.0, JANUARY + timedelta(days=n)))
    return found


def burnt(per: tuple[float, ...]) -> float:
    """Litres of 40 km of haul, 20 km collecting, 60 stops, 2.5 h: with TRUE 16.8 + 14 + 4.8 + 9 = 44.6."""
    return float(np.dot(per, Work(40e3, 20e3, 60, 9000).amounts))


def test_a_trucks_own_litres_are_found() -> None:
    """Forty fillings to within 0.4 L: a usual day to within one percent, and the errors say so."""
    told = calibrate_truck("T1", fillings(), DEFAULT)
    assert told.verdict == "calibrated"
    assert burnt(told.per) == pytest.approx(44.6, rel=0.01)
    usual = Work(40e3, 20e3, 60, 9000).amounts
    spread_l = np.sqrt(sum(float(np.dot(error, usual)) ** 2 for error in told.errors))
    assert 0 < spread_l < 1.0
    assert told.cv_rmse is not None
    assert told.cv_rmse < 0.05


def test_one_wrong_receipt_pulls_little() -> None:
    """A receipt with a nought too many among forty: the litres of a usual day stay within two percent."""
    rows = fillings()
    rows[7] = rows[7]._replace(fuel_l=10 * rows[7].fuel_l)
    told = calibrate_truck("T1", rows, DEFAULT)
    # It does not fit: a class's default is kept until somebody has looked at that receipt.
    assert told.verdict == "does_not_fit"
    mild = fillings()
    mild[7] = mild[7]._replace(fuel_l=1.6 * mild[7].fuel_l)
    assert burnt(calibrate_truck("T1", mild, DEFAULT).per) == pytest.approx(44.6, rel=0.02)


def test_a_thirsty_truck_is_found_thirsty() -> None:
    told = calibrate_truck("T1", fillings(thirst=1.3), DEFAULT)
    assert burnt(told.per) == pytest.approx(1.3 * 44.6, rel=0.015)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([], "too_few_fillings"),
        (fillings(7), "too_few_fillings"),
        (fillings(20), "too_short"),
        ([row._replace(measured_share=0.5) for row in fillings()], "not_measured"),
        (fillings(noise_l=30.0), "does_not_fit"),
        (fillings(thirst=0.264), "does_not_fit"),  # gallons
    ],
)
def test_too_little_keeps_the_default_and_says_why(rows: list[Filling], verdict: str) -> None:
    """Eight fillings over three weeks, measured by GPS and explained by the work, or the class's coefficients."""
    told = calibrate_truck("T1", rows, DEFAULT)
    assert (told.verdict, told.per) == (verdict, (0.5, 0.5, 0.06, 3.0))


def test_fillings_are_held_to_the_limits_of_days_and_their_months_to_those_of_months() -> None:
    """January, February and March by themselves; a fourth month of ten days is none yet."""
    told = calibrate_truck("T1", fillings(100), DEFAULT)
    of_days, of_months = told.tests
    assert (of_days.limits, of_days.points, of_days.parameters) == ("day", 100, 4)
    assert (of_months.limits, of_months.points, of_months.parameters) == ("month", 3, 1)
    assert (of_days.passes, of_months.passes) == (True, True)
    assert (told.cv_rmse, told.nmbe) == (of_days.cv_rmse, of_days.nmbe)
    assert len(calibrate_truck("T1", fillings(75), DEFAULT).tests) == 1  # two months and two weeks of March


def test_a_truck_that_drinks_otherwise_month_by_month_keeps_the_default() -> None:
    """Sixteen percent more, then as much less: within 30 % of a day, and beyond 15 % of a month."""
    rows = [
        row._replace(fuel_l=row.fuel_l * (1.16 if row.until and row.until.month % 2 else 0.84)) for row in fillings(120)
    ]
    told = calibrate_truck("T1", rows, DEFAULT)
    of_days, of_months = told.tests
    assert (of_days.passes, of_months.is_close) == (True, False)
    assert (told.verdict, told.per) == ("does_not_fit", (0.5, 0.5, 0.06, 3.0))


def test_fillings_a_week_apart_are_held_to_the_limits_of_months() -> None:
    rows = [row._replace(days=7) for row in fillings(20)]
    assert calibrate_truck("T1", rows, DEFAULT).tests[0].limits == "month"


def test_a_filling_is_held_against_the_days_since_the_one_before() -> None:
    """Filled on the 2nd and 5th in the evening: the litres of the 5th are of the 3rd, 4th and 5th."""
    works = [DayWork(date(2026, 3, n), "T1", Work(haul_m=1000 * n), is_measured=n != 4) for n in range(1, 7)]
    receipts = [receipt(2, 50.0), receipt(5, 20.0), receipt(5, 4.0, number="again")]
    (filling,) = fillings_of(receipts, works, UTC_ZONE)["T1"]
    assert (filling.work.haul_m, filling.fuel_l, filling.days) == (12_000, 24.0, 3)
    assert filling.measured_share == pytest.approx(8 / 12)
    assert filling.until == date(2026, 3, 5)


def test_a_truck_that_is_lent_to_another_fleet_burns_its_litres_once() -> None:
    """Two days for one, two for the other, one for both: 5 + 6 + 7 + 8 km and 9 of each, against one filling."""
    works = [DayWork(date(2026, 3, n), "T1", Work(haul_m=1000 * (n + 3)), is_measured=True) for n in range(2, 6)]
    works += [DayWork(date(2026, 3, 6), "T1", Work(haul_m=9000), is_measured=True) for _ in ("lorries", "tippers")]
    (filling,) = fillings_of([receipt(1, 50.0), receipt(6, 22.0)], works, UTC_ZONE)["T1"]
    assert (filling.work.haul_m, filling.fuel_l) == (44_000, 22.0)


def test_litres_of_the_engine_go_before_those_of_the_pump() -> None:
    """Both say the same litres: counted together, the truck would drink twice."""
    works = [DayWork(date(2026, 3, n), "T1", Work(haul_m=1000), is_measured=True) for n in range(1, 7)]
    can = [receipt(day, 5.0, number=f"can{day}", source="can") for day in (1, 2, 3)]
    found = fillings_of([receipt(1, 50.0), receipt(3, 11.0), *can], works, UTC_ZONE)["T1"]
    assert [filling.fuel_l for filling in found] == [5.0, 5.0]


def test_only_trucks_with_coefficients_of_their_own_are_in_the_book() -> None:
    told = calibrate("x", UTC_ZONE, [receipt(1, 5.0)], [], {"T1": DEFAULT}, until=datetime(2026, 4, 1, tzinfo=UTC))
    book = told.book(3)
    assert (book.version, book.trucks) == (3, {})
    assert book.of("T1", DEFAULT).per == (0.5, 0.5, 0.06, 3.0)
    assert FuelBook(3, {"T1": book.of("T1", DEFAULT)}).error_name("T1", 2) == "fuel/v3/T1/2"
    assert book.error_name("T1", 2) == "fuel/default/T1/2"


def test_fleets_roads_are_learned_apart_from_all_their_measured_days() -> None:
    """150 km on each of two days at 1.2, of one fleet; of another too few; lines from before say nothing."""
    lines = [road_line("est", 150, 1.2), road_line("est", 150, 1.2), road_line("est", 900, 3.0, roads=None),
             road_line("est", 500, 1.0, roads="osm"), road_line("ouest", 150, 1.1)]  # fmt: skip
    told = {(row.fleet, row.roads): row for row in roads_of(lines)}
    assert set(told) == {("est", "estimated"), ("est", "osm")}
    assert told["est", "estimated"].road_factor == pytest.approx(1.2)
    assert told["est", "estimated"].estimated_m == pytest.approx(250_000)
    found = calibrate("x", UTC_ZONE, [], [], {}, until=datetime(2026, 4, 1, tzinfo=UTC), roads=roads_of(lines))
    assert found.book(2).usual_road_factor("est", "osm") == pytest.approx(1.0)
    assert found.book(2).usual_road_factor("ouest", "estimated") is None


def road_line(fleet: str, km: float, factor: float, roads: str | None = "estimated") -> SavingsComputed:
    measured = (TruckMeasured(truck="T1", distance_m=1000 * km),)
    update = {"fleet": fleet, "measured": measured, "road_factor": factor, "roads": roads}
    return savings_day(date(2026, 3, 3)).model_copy(update=update)


def receipt(day: int, fuel_l: float, *, number: str = "", source: str = "receipt") -> Receipt:
    at = datetime(2026, 3, 1, 17, tzinfo=UTC) + timedelta(days=day - 1)
    return Receipt(number or f"r{day}", "T1", at, fuel_l, None, "can" if source == "can" else "receipt")
