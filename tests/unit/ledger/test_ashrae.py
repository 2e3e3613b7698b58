"""The guideline's tests of a truck's fuel model: worked by hand, held to their limits, and judged over a period."""

from datetime import date, timedelta

import numpy as np
import pytest

from services.contracts.ledger import TruckWork
from services.ledger.ashrae import FitTest, fit_test
from services.ledger.calibration import Calibration, TruckCalibration
from services.ledger.fuel_tests import tests_of as told_of
from tests.support.web_seed import savings_day

FIRST = date(2026, 11, 1)


def test_the_figures_are_those_of_the_formulas() -> None:
    """Observed 10, 12, 8, 10 L, off by 1, -1, 1, 1: squares 4, one parameter, mean 10.

    CV(RMSE) = sqrt(4 / 3) / 10 = 0.1155; NMBE = 2 / (3 x 10) = 0.0667.
    """
    told = fit_test([10, 12, 8, 10], [1, -1, 1, 1], parameters=1, limits="day")
    assert told is not None
    assert (told.cv_rmse, told.nmbe, told.points) == (0.1155, 0.0667, 4)
    assert told.passes


def test_a_series_without_freedom_or_litres_is_not_tested() -> None:
    assert fit_test([10, 12, 8, 10], [1, 1, 1, 1], parameters=4, limits="day") is None
    assert fit_test([0, 0, 0], [0, 0, 0], parameters=1, limits="day") is None


@pytest.mark.parametrize(
    ("limits", "cv_rmse", "nmbe", "passes"),
    [
        ("day", 0.30, 0.10, True),
        ("day", 0.31, 0.0, False),
        ("day", 0.10, -0.11, False),
        ("month", 0.15, -0.05, True),
        ("month", 0.16, 0.0, False),
        ("month", 0.10, 0.06, False),
    ],
)
def test_the_limits_of_days_and_months(limits: str, cv_rmse: float, nmbe: float, *, passes: bool) -> None:
    """At most 30 and 10 % of daily data, 15 and 5 % of monthly, to either side."""
    assert fit_of(limits, cv_rmse, nmbe).passes is passes


def test_residuals_that_go_together_are_fewer_points() -> None:
    """Off by the same for ten days, then the other way: forty fillings are hardly four. Swinging ones stay forty."""
    together = fit_test(np.full(40, 10.0), np.repeat([1.0, -1.0, 1.0, -1.0], 10), parameters=4, limits="day")
    swinging = fit_test(np.full(40, 10.0), np.tile([1.0, -1.0], 20), parameters=4, limits="day")
    assert together is not None
    assert swinging is not None
    assert together.independent_points < 4
    assert swinging.independent_points == 40
    assert (together.savings_uncertainty(30, 0.1) or 0) > (swinging.savings_uncertainty(30, 0.1) or 0)


def test_the_uncertainty_of_a_saving_is_that_of_the_formula() -> None:
    """Of 40 independent points, p = 4, CV 10 %, m = 25, F = 0.2: t of 36 degrees at 68 % is 1.0084.

    1.0084 x 1.26 x 0.1 x sqrt((1 + 2/40) / 25) / 0.2 = 0.1302; of a loss as much.
    """
    told = fit_of("day", 0.10, 0.0)
    assert told.savings_uncertainty(25, 0.2) == pytest.approx(0.1302, abs=2e-4)
    assert told.savings_uncertainty(25, -0.2) == told.savings_uncertainty(25, 0.2)
    assert told.savings_uncertainty(25, 0.0) is None
    assert told.savings_uncertainty(0, 0.2) is None


def test_each_truck_is_told_pass_fail_or_not_tested() -> None:
    """T1 fits; T2 fits, but a saving of 2 % drowns in its noise; T3 fills too seldom to be tested."""
    rows = (
        truck("T1", "calibrated", fit_of("day", 0.02, 0.0)),
        truck("T2", "calibrated", fit_of("day", 0.25, 0.0)),
        truck("T3", "too_few_fillings"),
    )
    calibration = Calibration(schema="tournee/calibration/1", city="x", first_day=FIRST, last_day=FIRST, trucks=rows)
    works = tuple(
        TruckWork(truck=row.truck, haul_m=9, collect_m=9, stops=1, idle_s=9, is_measured=True) for row in rows
    )
    lines = [
        savings_day(FIRST + timedelta(days=n)).model_copy(update={"works": works}) for n in range(20)
    ]  # 20 days of work are 20 fillings, as 40 days were 40
    sure, drowned, untested = told_of(calibration, lines, 0.02)
    assert (sure.passes, drowned.passes, untested.passes) == (True, False, None)
    assert (sure.is_sure, drowned.is_sure, untested.is_sure) == (True, False, None)
    assert sure.uncertainty == pytest.approx(0.291, abs=1e-3)  # 1.0084 x 1.26 x 0.02 x sqrt(1.05 / 20) / 0.02
    nothing_compared, _, _ = told_of(calibration, lines, None)
    assert (nothing_compared.uncertainty, nothing_compared.passes) == (None, True)


def fit_of(limits: str, cv_rmse: float, nmbe: float) -> FitTest:
    values = {"limits": limits, "points": 40, "parameters": 4, "independent_points": 40.0}
    return FitTest.model_validate({**values, "cv_rmse": cv_rmse, "nmbe": nmbe})


def truck(name: str, verdict: str, *tests: FitTest) -> TruckCalibration:
    return TruckCalibration.model_validate(
        {"truck": name, "verdict": verdict, "fillings": 40, "days": 40, "per": (0.5, 0.5, 0.06, 3.0), "tests": tests}
    )
