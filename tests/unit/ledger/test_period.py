"""Days put together: intervals by one rule, and nothing counted where service fell."""

from datetime import date
from typing import Any

import pytest

from services.contracts.ledger import ErrorTerm, SavingsComputed
from services.ledger.errors import interval_of, spread_of
from services.ledger.period import savings_of
from tests.support.web_seed import savings_day


def error(name: str, fuel_l: float) -> ErrorTerm:
    return ErrorTerm(name=name, fuel_l=fuel_l)


def line(day: int, *errors: ErrorTerm, fell: str | None = None, **changes: Any) -> SavingsComputed:
    """A day that saved 30 of 130 L; 8 of them are withheld of the district Vossa where its service fell."""
    base = savings_day(date(2026, 11, day))
    assert base.baseline is not None
    zones = tuple(
        zone.model_copy(
            update={"fuel_saved_l": 5.0, "fuel_withheld_l": 8.0, "fell": fell if zone.zone == "vossa" else None}
        )
        for zone in base.zones
    )
    withheld_l = 8.0 if fell else 0.0
    usual = {
        "driven": base.driven.model_copy(update={"fuel_l": 100.0}),
        "baseline": base.baseline.model_copy(update={"fuel_l": 130.0}),
        "fuel_saved_l": 30.0 - withheld_l, "fuel_withheld_l": withheld_l, "zones": zones,
        "errors": errors or (error(f"day/{day}", 3.0),),
        "money_saved": (30.0 - withheld_l) * 700, "co2e_saved_kg": (30.0 - withheld_l) * 2.5, "provisional": (),
    }  # fmt: skip
    return base.model_copy(update=usual | changes)


def test_one_error_adds_up_and_others_add_in_squares() -> None:
    """3 and 4: the same thing wrong on both days is 7 L off, two things 5; with opposite signs the first is 1."""
    assert spread_of([error("a", 3), error("a", 4)]).fuel_l == 7
    assert spread_of([error("a", 3), error("b", 4)]).fuel_l == 5
    assert spread_of([error("a", 3), error("a", -4)]).fuel_l == 1
    interval = interval_of(100, 10)
    assert (interval.low, interval.high) == (pytest.approx(83.55), pytest.approx(116.45))  # 1.645 * 10


def test_a_periods_interval_is_narrower_than_its_days_together() -> None:
    """Four days of 3 L each by themselves: 6 L, not 12; of a common error 12."""
    own = savings_of([line(day) for day in range(2, 6)])
    common = savings_of([line(day, error("fuel", 3.0)) for day in range(2, 6)])
    assert own is not None
    assert common is not None
    assert own.fuel_l.value == common.fuel_l.value == 120
    assert own.fuel_l.high - 120 == pytest.approx(1.645 * 6)
    assert common.fuel_l.high - 120 == pytest.approx(1.645 * 12)
    assert own.money.value == pytest.approx(120 * 700)
    assert own.co2e_kg.high == pytest.approx((120 + 1.645 * 6) * 2.5)


def test_where_service_fell_the_week_before_does_not_count_either() -> None:
    """Served no more on the 10th: Vossa's 8 L of the 4th to the 10th are not counted, those of the 3rd are."""
    days = [line(day) for day in range(3, 10)] + [line(10, fell="people_served")]
    said = savings_of(days, period_days=7)
    assert said is not None
    assert said.fuel_l.value == pytest.approx(8 * 30 - 7 * 8)
    assert said.not_counted_l == pytest.approx(7 * 8)
    (vossa,) = said.not_counted
    assert (vossa.zone, vossa.days, vossa.reasons) == ("vossa", 7, ("people_served",))


def test_what_comes_after_the_period_is_looked_at() -> None:
    """A month cannot end the day before its cheating shows."""
    days, after = [line(day) for day in range(3, 10)], [line(10, fell="overflow")]
    said = savings_of(days, ahead=after, period_days=7)
    assert said is not None
    assert said.fuel_l.value == pytest.approx(7 * 30 - 6 * 8)


def test_an_uncertain_saving_is_provisional() -> None:
    """30 L with a standard deviation of 16: 0.994 * 16 is more than half of it."""
    for spread, expected in ((14.0, ()), (16.0, ("too_uncertain",))):
        said = savings_of([line(3, error("x", spread))])
        assert said is not None
        assert said.provisional == expected


def test_lines_that_say_no_error_have_no_interval() -> None:
    """Of an earlier arithmetic: no interval is made up for them."""
    assert savings_of([savings_day(date(2026, 11, 3)).model_copy(update={"errors": ()})]) is None
