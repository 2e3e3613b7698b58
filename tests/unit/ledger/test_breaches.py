"""Breaches: what the stored day says a contractor did not do, each with the facts that show it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.ledger.breaches import (
    AskedCircuit,
    Breach,
    MissedStop,
    OverReading,
    Unmeasured,
    circuit_breaches,
    overflow_breaches,
)

DAY = date(2026, 3, 3)
ZONE = ZoneInfo("Africa/Porto-Novo")  # an hour ahead of UTC, all year
PLAN, LINE = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 3, 31, tzinfo=UTC)


def at(hour: int, minute: int = 0, day: int = 3) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def asked(**changes: Any) -> AskedCircuit:
    """Ten containers promised until 11:00, all emptied by 10:50."""
    usual: dict[str, Any] = {
        "day": DAY, "truck": "T-1", "plan_id": PLAN, "number": 2, "stops": 10, "emptied": 10, "missed": (),
        "promised_at": at(11), "last_emptied_at": at(10, 50),
    }  # fmt: skip
    return AskedCircuit(**usual | changes)


def found(circuit: AskedCircuit, *unmeasured: Unmeasured) -> list[Breach]:
    return list(circuit_breaches("lot-1", [circuit], unmeasured, ZONE))


def test_circuit_done_in_time_and_tracked_is_no_breach() -> None:
    assert found(asked()) == []


def test_late_circuit_is_late_by_its_last_container() -> None:
    """13:20 instead of 11:00: 140 minutes. The day is settled at its midnight, 23:00 UTC."""
    (late,) = found(asked(last_emptied_at=at(13, 20)))
    assert (late.event, late.measure, late.settled_at) == ("circuit_late", 140, at(23))
    assert (late.proof.promised_at, late.proof.done_at, late.proof.plan_id) == (at(11), at(13, 20), PLAN)


def test_circuit_not_done_is_one_breach_and_not_four() -> None:
    """Nobody pays for the same morning as late, missed and untracked too."""
    missed = (MissedStop("B-1", "blocked"), MissedStop("B-2", None))
    silent = asked(stops=2, emptied=0, missed=missed, last_emptied_at=None)
    (breach,) = found(silent, Unmeasured(DAY, "T-1", LINE))
    assert (breach.event, breach.measure, breach.containers, breach.truck) == ("circuit_not_done", 1, 2, "T-1")
    assert breach.proof.missed == missed


def test_missed_stops_of_a_circuit_are_one_breach_with_each_reason() -> None:
    missed = (MissedStop("B-1", "blocked"), MissedStop("B-2", None))
    (breach,) = found(asked(emptied=8, missed=missed))
    assert (breach.event, breach.measure, breach.proof.missed) == ("stops_missed", 2, missed)


def test_tracking_is_missing_where_the_ledger_has_no_gps_of_the_truck() -> None:
    """Of that truck and day; the proof is the ledger's line."""
    others = Unmeasured(DAY, "T-2", LINE), Unmeasured(DAY - timedelta(days=1), "T-1", LINE)
    assert found(asked(), *others) == []
    (breach,) = found(asked(), Unmeasured(DAY, "T-1", LINE))
    assert (breach.event, breach.proof.line) == ("tracking_missing", LINE)


def reading(hour: int, minute: int = 0, *, day: int = 3, **ends: datetime | None) -> OverReading:
    return OverReading("B-1", at(hour, minute, day), 1.05, ends.get("emptied_at"), ends.get("fell_at"))


def spells(*readings: OverReading, now: datetime = NOW) -> list[Breach]:
    days = {("B-1", date(2026, 3, day)): "lot-1" for day in range(1, 32)}
    return list(overflow_breaches(readings, days, ZONE, now))


def test_overflow_counts_from_the_first_reading_until_somebody_came() -> None:
    """06:00 to 09:30 the day after: 27.5 hours. The emptying ends it; what is read later begins another."""
    end = at(9, 30, day=4)
    first, second = spells(
        reading(6, emptied_at=end), reading(7, emptied_at=end), reading(8, day=9), reading(9, day=9), now=at(10, day=9)
    )
    assert (first.measure, first.settled_at, first.proof.ended_by, first.proof.readings) == (27.5, end, "emptied", 2)
    assert (second.measure, second.settled_at, second.proof.ended_at) == (2, None, None)


def test_overflow_ends_where_the_level_falls_without_a_word() -> None:
    """Somebody has emptied it and said nothing: the contractor's good."""
    (spell,) = spells(*(reading(hour, emptied_at=at(9, day=5), fell_at=at(12)) for hour in (6, 7)))
    assert (spell.measure, spell.proof.ended_by) == (6, "reading")


def test_one_reading_over_the_rim_is_an_echo() -> None:
    assert spells(reading(6, fell_at=at(7))) == []


def test_overflow_counts_a_week_at_most_and_is_then_settled() -> None:
    (spell,) = spells(reading(6), reading(7))
    assert (spell.measure, spell.settled_at) == (7 * 24, at(6, day=10))


def test_overflow_is_of_the_local_day_on_which_it_began() -> None:
    """23:30 UTC is half past midnight: of the next day. Of days that are not asked for it is nobody's here."""
    (spell,) = spells(reading(23, 30), reading(23, 45))
    assert spell.day == date(2026, 3, 4)
    assert list(overflow_breaches([reading(6), reading(7)], {}, ZONE, NOW)) == []
