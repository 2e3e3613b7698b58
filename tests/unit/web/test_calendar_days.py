"""On which days a district's waste is collected: what was sent decides, the fixed weekdays say what is usual."""

from datetime import UTC, date, datetime, timedelta

from services.web.calendar.days import AHEAD, SentDay, collection_days

MONDAY = date(2026, 11, 23)
SENT_AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def states(weekdays: set[int], sent: list[SentDay], today: date = MONDAY) -> dict[date, str]:
    return {day.day: day.state for day in collection_days(weekdays, sent, today)}


def test_fixed_weekdays_are_told_two_months_ahead_and_not_backwards() -> None:
    """Of 61 days from a Monday on: 9 Mondays (days 0, 7 .. 56) and 9 Thursdays (3, 10 .. 59)."""
    found = states({0, 3}, [])
    assert len(found) == 18
    assert set(found.values()) == {"usual"}
    assert min(found) == MONDAY
    assert max(found) <= MONDAY + AHEAD


def test_what_was_sent_decides_of_its_day() -> None:
    """A Tuesday that no circuit had before is confirmed; the Monday that is left out is cancelled."""
    tuesday = MONDAY + timedelta(days=1)
    sent = [SentDay(MONDAY, SENT_AT, 0, True), SentDay(tuesday, SENT_AT, 12, True)]
    found = states({0}, sent)
    assert (found[MONDAY], found[tuesday]) == ("cancelled", "confirmed")


def test_day_of_which_a_fleet_is_still_to_be_sent_stays_usual() -> None:
    """Another lot's trucks may come yet."""
    assert states({0}, [SentDay(MONDAY, SENT_AT, 0, False)])[MONDAY] == "usual"


def test_day_that_is_neither_usual_nor_served_is_not_told() -> None:
    assert MONDAY not in states({3}, [SentDay(MONDAY, SENT_AT, 0, True)])


def test_days_behind_are_those_that_were_driven() -> None:
    last_week = MONDAY - timedelta(days=5)
    found = states(set(), [SentDay(last_week, SENT_AT, 3, True)])
    assert found == {last_week: "confirmed"}


def test_city_that_chooses_each_morning_promises_no_days() -> None:
    assert states(set(), []) == {}
