"""Metered litres beside modelled ones: the same days, and never mixed."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.contracts.ledger import SavingsComputed, TruckWork
from services.ledger.metered import Metered, metered_of
from services.ledger.receipts import Receipt
from tests.support.web_seed import savings_day

ZONE = ZoneInfo("Africa/Porto-Novo")
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def line(day: int, **litres: float | None) -> SavingsComputed:
    works = tuple(
        TruckWork(truck=truck, haul_m=1, collect_m=1, stops=1, idle_s=1, is_measured=True, fuel_l=fuel_l)
        for truck, fuel_l in litres.items()
    )
    return savings_day(date(2026, 11, day)).model_copy(update={"works": works})


def filled(truck: str, day: int, fuel_l: float, source: str = "receipt", month: int = 11) -> Receipt:
    at = datetime(2026, month, day, 17, 0, tzinfo=UTC)
    return Receipt(f"{truck}-{source}-{month}-{day}", truck, at, fuel_l, None, source)  # type: ignore[arg-type]


def found(lines: list[SavingsComputed], receipts: list[Receipt]) -> Metered:
    told = metered_of(lines, receipts, FIRST, LAST, ZONE)
    assert told is not None
    return told


def test_both_columns_are_of_the_days_between_two_fillings() -> None:
    """Filled on the 2nd and 4th: days 3 and 4, 20 L by the model and 23 by the pump. The 1st, 2nd and 5th are not."""
    told = found([line(n, T1=10.0) for n in range(1, 6)], [filled("T1", 2, 18), filled("T1", 4, 23)])
    (row,) = told.trucks
    assert (row.modelled_l, row.metered_l, row.fillings) == (20, 23, 1)
    assert (row.first, row.last) == (date(2026, 11, 3), date(2026, 11, 4))
    assert row.off_ratio == pytest.approx(0.15)
    assert (told.modelled_l, told.share, told.more_l) == (50, 0.4, 3)


def test_too_few_litres_make_no_metered_saving() -> None:
    """Two fifths are metered: no saving is told. All of them: 30 L saved by the model, 3 L more burnt by the pump."""
    few = found([line(n, T1=10.0) for n in range(1, 6)], [filled("T1", 2, 18), filled("T1", 4, 23)])
    assert few.saved_l(30) is None
    all_of_it = found([line(n, T1=10.0) for n in (3, 4)], [filled("T1", 2, 18), filled("T1", 4, 23)])
    assert all_of_it.saved_l(30) == pytest.approx(27)


def test_a_filling_that_reaches_out_of_the_month_is_left_to_nobody() -> None:
    """Since the 28th of October: part of its litres were burnt before, and nobody knows how many."""
    told = found([line(n, T1=10.0) for n in (1, 2)], [filled("T1", 28, 40, month=10), filled("T1", 2, 44)])
    assert told.trucks == ()
    in_time = found([line(n, T1=10.0) for n in (1, 2)], [filled("T1", 31, 40, month=10), filled("T1", 2, 21)])
    assert in_time.trucks[0].metered_l == 21  # filled on the last evening before


def test_the_engines_litres_take_the_place_of_the_pumps() -> None:
    """Both say the same litres: never the two together."""
    receipts = [filled("T1", 2, 50), filled("T1", 4, 23), filled("T1", 2, 9, "can"), filled("T1", 4, 21, "can")]
    assert found([line(n, T1=10.0) for n in (3, 4)], receipts).trucks[0].metered_l == 21


def counted(truck: str, since: int, until: int, fuel_l: float, source: str = "tracker") -> Receipt:
    """By an engine, from one evening to another."""
    begin = datetime(2026, 11, since, 17, 0, tzinfo=UTC)
    return replace(filled(truck, until, fuel_l, source), since=begin)


def test_an_engine_says_since_when_it_counts() -> None:
    """Its counter was exchanged on the 3rd, which has no litres: those of the 4th are of the 4th alone, 11 beside 10.

    A pump's first filling says nothing; an engine's first day does.
    """
    for source in ("tracker", "can"):
        receipts = [counted("T1", 1, 2, 9, source), counted("T1", 3, 4, 11, source)]
        (row,) = found([line(n, T1=10.0) for n in range(1, 6)], receipts).trucks
        assert (row.modelled_l, row.metered_l, row.fillings, row.source) == (20, 20, 2, source)
        assert (row.first, row.last) == (date(2026, 11, 2), date(2026, 11, 4))


def test_a_makers_litres_go_before_a_trackers_and_both_before_a_pumps() -> None:
    receipts = [filled("T1", 2, 50), filled("T1", 4, 23), counted("T1", 2, 4, 21), counted("T1", 2, 4, 22, "can")]
    lines = [line(n, T1=10.0) for n in (3, 4)]
    assert found(lines, receipts).trucks[0].metered_l == 22
    assert found(lines, receipts[:3]).trucks[0].metered_l == 21


def test_a_tracker_that_counts_something_else_than_litres_is_in_no_figure() -> None:
    """20 L by the model, 5.3 gallons by the tracker: less than a third. Of a pump it would be told as it is."""
    gallons = found([line(n, T1=10.0) for n in (3, 4)], [counted("T1", 2, 4, 5.3)])
    assert (gallons.trucks, gallons.more_l, gallons.share) == ((), 0, 0)
    assert [row.truck for row in gallons.unbelieved] == ["T1"]
    pump = found([line(n, T1=10.0) for n in (3, 4)], [filled("T1", 2, 1), filled("T1", 4, 5.3)])
    assert pump.unbelieved == ()
    assert pump.trucks[0].metered_l == 5.3


def test_lines_without_litres_by_truck_tell_nothing() -> None:
    assert metered_of([line(3, T1=None)], [filled("T1", 2, 1), filled("T1", 4, 1)], FIRST, LAST, ZONE) is None
