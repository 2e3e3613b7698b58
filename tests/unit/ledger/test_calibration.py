"""Each truck's own coefficients, learned from its litres where there are enough, else its class's."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import routing
from services.ledger.calibration import DayWork, Filling, calibrate, calibrate_truck, fillings_of
from services.ledger.fuel import FuelBook, Work
from services.ledger.receipts import Receipt

DEFAULT = routing.FuelModel(drive_l_per_km=0.5, per_stop_l=0.06, idle_l_per_h=3.0)
TRUE = (0.42, 0.70, 0.08, 3.6)
UTC_ZONE = ZoneInfo("UTC")


def fillings(count: int = 40, *, thirst: float = 1.0, noise_l: float = 0.4, seed: int = 5) -> list[Filling]:
    """Days of 20 to 60 km of haul, 10 to 30 km collecting, 30 to 90 stops and 1 to 4 hours standing."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        haul_m, collect_m, stops, idle_s = (rng.uniform(low, 3 * low) for low in (20e3, 10e3, 30, 4800))
        work = Work(haul_m, collect_m, round(stops), idle_s)
        burnt = float(np.dot(TRUE, work.amounts)) * thirst + rng.normal(0, noise_l)
        found.append(Filling(work, burnt, 1, 1.0))
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
    ],
)
def test_too_little_keeps_the_default_and_says_why(rows: list[Filling], verdict: str) -> None:
    """Eight fillings over three weeks, measured by GPS and explained by the work, or the class's coefficients."""
    told = calibrate_truck("T1", rows, DEFAULT)
    assert (told.verdict, told.per) == (verdict, (0.5, 0.5, 0.06, 3.0))


def test_a_filling_is_held_against_the_days_since_the_one_before() -> None:
    """Filled on the 2nd and 5th in the evening: the litres of the 5th are of the 3rd, 4th and 5th."""
    works = [DayWork(date(2026, 3, n), "T1", Work(haul_m=1000 * n), is_measured=n != 4) for n in range(1, 7)]
    receipts = [receipt(2, 50.0), receipt(5, 20.0), receipt(5, 4.0, number="again")]
    (filling,) = fillings_of(receipts, works, UTC_ZONE)["T1"]
    assert (filling.work.haul_m, filling.fuel_l, filling.days) == (12_000, 24.0, 3)
    assert filling.measured_share == pytest.approx(8 / 12)


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


def receipt(day: int, fuel_l: float, *, number: str = "", source: str = "receipt") -> Receipt:
    at = datetime(2026, 3, 1, 17, tzinfo=UTC) + timedelta(days=day - 1)
    return Receipt(number or f"r{day}", "T1", at, fuel_l, None, "can" if source == "can" else "receipt")
