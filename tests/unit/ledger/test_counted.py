"""What engines count becomes the litres of days; what cannot be is told, and counts nowhere."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.ledger.counted import Counters, counted_of, odometer_lies

ZONE = ZoneInfo("Africa/Porto-Novo")  # an hour ahead of UTC


def told(day: int, hour: int, fuel_l: float | None, km: float | None = None, truck: str = "T1") -> Counters:
    """At an hour of the city's clock in November."""
    at = datetime(2026, 11, day, hour, 30, tzinfo=ZONE).astimezone(UTC)
    return Counters(truck, at, fuel_l, None if km is None else km * 1000)


def test_a_day_is_the_difference_to_the_last_word_before_it() -> None:
    """1,000 L on the evening of the 2nd, 1,042.5 on that of the 3rd: 42.5 L, since the one and up to the other."""
    found = counted_of([told(3, 7, 1004.0), told(2, 17, 1000.0), told(3, 18, 1042.5, km=310.25)], ZONE)
    (row,) = found.receipts
    assert (row.truck, row.fuel_l, row.source, row.odometer_km) == ("T1", 42.5, "tracker", 310.2)
    assert row.since == told(2, 17, None).at
    assert row.filled_at == told(3, 18, None).at
    assert row.receipt == "tracker-T1-20261103T173000Z"
    assert found.faults == ()


def test_an_evening_of_the_citys_clock_is_of_its_own_day() -> None:
    """23:30 UTC of the 3rd is the 4th in Porto-Novo."""
    late = Counters("T1", datetime(2026, 11, 3, 23, 30, tzinfo=UTC), 1050.0, None)
    found = counted_of([told(2, 17, 1000.0), told(3, 18, 1040.0), late], ZONE)
    assert [row.fuel_l for row in found.receipts] == [40.0, 10.0]


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (12.0, "ran back (from 1010.0 to 12.0 L in 2.0 h): set back or exchanged"),
        (1250.0, "jumped (from 1010.0 to 1250.0 L in 2.0 h), more than an engine can burn"),
    ],
)
def test_a_counter_that_was_set_anew_says_nothing_of_that_day_and_counts_again_behind_it(
    after: float, fault: str
) -> None:
    """The 3rd has no litres, and the 4th not those of the 3rd: it counts since the evening of the 3rd."""
    rows = [
        told(2, 17, 1000.0),
        told(3, 8, 1010.0),
        told(3, 10, after),
        told(3, 18, after + 20),
        told(4, 18, after + 50),
    ]
    found = counted_of(rows, ZONE)
    (row,) = found.receipts
    assert (row.fuel_l, row.since) == (30.0, told(3, 18, None).at)
    assert len(found.faults) == 1
    assert fault in found.faults[0]
    assert found.faults[0].startswith("T1: on 2026-11-03 its counter of litres")


def test_two_hundred_litres_over_three_days_without_a_word_are_no_jump() -> None:
    """A tracker that was without a network: 100 L an hour could have been burnt in 73 hours, 200 in all were."""
    found = counted_of([told(2, 17, 1000.0), told(5, 18, 1200.0)], ZONE)
    assert [(row.fuel_l, row.since) for row in found.receipts] == [(200.0, told(2, 17, None).at)]


def test_a_counter_that_stands_still_while_its_odometer_goes_on_is_told_and_may_catch_up() -> None:
    rows = [told(2, 17, 1000.0, 100), told(3, 8, 1000.0, 101), told(3, 18, 1000.0, 160), told(4, 18, 1090.0, 220)]
    found = counted_of(rows, ZONE)
    assert found.faults == ("T1: on 2026-11-03 its counter of litres stood still while its odometer went on by 60 km",)
    assert [(row.fuel_l, row.since) for row in found.receipts] == [(90.0, told(2, 17, None).at)]


def test_a_truck_that_stood_has_no_litres_and_no_fault() -> None:
    assert counted_of([told(2, 17, 1000.0, 100), told(3, 18, 1000.0, 100)], ZONE) == counted_of([], ZONE)


def test_each_truck_has_a_counter_of_its_own() -> None:
    rows = [told(2, 17, 1000.0), told(2, 17, 50.0, truck="T2"), told(3, 17, 1030.0), told(3, 17, 62.0, truck="T2")]
    assert {row.truck: row.fuel_l for row in counted_of(rows, ZONE).receipts} == {"T1": 30.0, "T2": 12.0}


def driven(*km: float) -> dict[tuple[str, date], float]:
    return {("T1", date(2026, 11, 3) + timedelta(days=n)): each * 1000 for n, each in enumerate(km)}


def test_an_odometer_in_another_unit_or_of_another_truck_is_told() -> None:
    """GPS saw 100 km on two days; an odometer that tells kilometres for metres says 0.1."""
    right = [told(2, 17, None, 500), told(3, 17, None, 552), told(4, 17, None, 603)]
    assert odometer_lies(right, driven(50, 50), ZONE) == ()
    wrong = [told(2, 17, None, 0.5), told(3, 17, None, 0.55), told(4, 17, None, 0.6)]
    (fault,) = odometer_lies(wrong, driven(50, 50), ZONE)
    assert fault == "T1: its odometer says 0.1 km where GPS saw 100.0 km: not the truck's, or in another unit"


def test_an_odometer_that_was_set_back_is_told_once_and_its_day_not_compared() -> None:
    """55 km on the 3rd and 4th each are right; the 5th, set back by 400 km, is told by itself."""
    rows = [told(2, 17, None, 500), told(3, 17, None, 555), told(4, 17, None, 610), told(5, 17, None, 210)]
    (fault,) = odometer_lies(rows, driven(50, 50, 60), ZONE)
    assert fault == "T1: on 2026-11-05 its odometer went by -400.0 km in 24.0 h: set anew or exchanged"


def test_an_odometer_faster_than_any_truck_was_set_anew() -> None:
    (fault,) = odometer_lies([told(3, 10, None, 500), told(3, 11, None, 900)], {}, ZONE)
    assert "its odometer went by +400.0 km in 1.0 h" in fault
