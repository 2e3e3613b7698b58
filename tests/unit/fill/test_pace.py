"""What special days teach: how many times as much comes in on each kind, and what a forecast makes of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from services.city.special_days import SpecialDays
from services.fill.belief import Belief, hours_of, learn, start
from services.fill.city_model import CityModel, Thing
from services.fill.evidence import Evidence
from services.fill.learned import LEVELS, MEDIAN
from services.fill.pace import Pace
from services.fill.tallies import Table

FIRST = datetime(2026, 1, 1, 4, tzinfo=UTC)
"""When a belief's day begins."""
DAY = timedelta(days=1)
FEAST = "feast"


def feasts(*days: int) -> SpecialDays:
    """On so many days after the first."""
    return SpecialDays(named=tuple(f"{(FIRST + day * DAY).date()}:{FEAST}" for day in days))


def sensed(days: int, special: set[int], times: float, per_day: float = 0.05) -> Belief:
    """A level every three hours; what is emptied at nine tenths fills again; on special days so many times as fast.

    By day: the level is a median of five readings, and what comes in by night would count for the day after in part.
    """
    belief, level = start(), 0.0
    for n in range(8 * days):
        comes_in = per_day / 4 * (times if n // 8 in special else 1.0) if n % 8 < 4 else 0.0
        level = 0.0 if level > 0.9 else level + comes_in
        at = FIRST + (n + 1) / 8 * DAY
        belief = learn(belief, Evidence("reading", at, at, round(level, 3)))
    return belief


def counted(days: int, special: set[int], times: float, per_day: float = 0.2) -> Belief:
    """Emptied every other day at 04:00, and seen."""
    belief = start()
    for day in range(0, days, 2):
        at = FIRST + day * DAY
        filled = sum(per_day * (times if n in special else 1.0) for n in (day - 2, day - 1))
        belief = learn(belief, Evidence("emptied", at, at, min(filled, 1.0)))
    return belief


def rise(model: CityModel, thing: Thing, now_day: int, hours: float = 24.0) -> float:
    """The median of what is there so long after an instant, less what is there at it."""
    now_h = hours_of(FIRST + now_day * DAY)
    found = model.quantiles([thing, thing], np.full(2, now_h), now_h + np.array([0.0, hours]))[:, MEDIAN]
    return float(found[1] - found[0])


def quantiles(model: CityModel, things: list[Thing], now_h: float) -> Table:
    now = np.full(len(things), now_h)
    return np.vstack([model.quantiles(things, now, now + 24 * ahead) for ahead in (1, 3, 14)])


def test_city_that_has_told_of_no_special_day_is_forecast_as_before() -> None:
    """To the last bit, as is one whose special days are long over or of which none has come yet."""
    things = [Thing(sensed(60, set(), 1, 0.03 + n / 100), ("bin",), 0.1) for n in range(4)]
    things += [Thing(counted(60, set(), 1, 0.1 + n / 50), ("skip",), 0.1) for n in range(4)]
    now_h = hours_of(FIRST + 60 * DAY)
    plain = quantiles(CityModel(things, now_h), things, now_h)
    assert plain.shape == (24, len(LEVELS))
    assert np.array_equal(quantiles(CityModel(things, now_h, SpecialDays()), things, now_h), plain)
    unknown = CityModel(things, now_h, feasts(65))
    assert unknown.times_by_kind == {FEAST: 1.0}
    assert quantiles(unknown, things, now_h) == pytest.approx(plain)


@pytest.mark.parametrize("lived", [sensed, counted])
def test_three_feasts_teach_the_fourth(lived: Callable[[int, set[int], float], Belief]) -> None:
    """Three times the usual on each of three days. Told is nearly that: three days are three witnesses.

    A time is off by 0.3 of itself, a kind by 0.5 before anything is known: three days have 3 / 0.3^2 = 33 beside
    1 / 0.5^2 = 4, so that of a share of 2 above the ordinary 1.8 is believed, 2.8 times.
    """
    special = {20, 35, 48}
    things = [Thing(lived(60, special, 3.0), ("bin",), 0.1) for _ in range(10)]
    model = CityModel(things, hours_of(FIRST + 60 * DAY), feasts(*special, 60))
    assert model.times_by_kind[FEAST] == pytest.approx(2.8, abs=0.35)
    without = CityModel(things, hours_of(FIRST + 60 * DAY), feasts(*special))
    assert rise(model, things[0], 60) == pytest.approx(2.8 * rise(without, things[0], 60), rel=0.2)


def test_one_feast_is_believed_in_part() -> None:
    """However many containers saw it: one day has 1 / 0.3^2 = 11 beside 4, so of 2 above the ordinary about 1.5."""
    things = [Thing(sensed(60, {40}, 3.0), ("bin",), 0.1) for _ in range(40)]
    model = CityModel(things, hours_of(FIRST + 60 * DAY), feasts(40))
    assert model.times_by_kind[FEAST] == pytest.approx(1 + 2 * 11.1 / 15.1, abs=0.2)


def test_days_in_a_row_are_one_witness() -> None:
    """A month of fasting is one time, which may be a season too: believed as far as one day is."""
    things = [Thing(sensed(90, set(range(40, 70)), 3.0), ("bin",), 0.1) for _ in range(10)]
    model = CityModel(things, hours_of(FIRST + 90 * DAY), feasts(*range(40, 70)))
    assert model.times_by_kind[FEAST] == pytest.approx(1 + 2 * 11.1 / 15.1, abs=0.25)


def test_days_like_all_others_teach_that_they_are_none() -> None:
    things = [Thing(sensed(60, set(), 1.0, 0.04 + n / 200), ("bin",), 0.1) for n in range(5)]
    model = CityModel(things, hours_of(FIRST + 60 * DAY), feasts(10, 20, 30, 40))
    assert model.times_by_kind[FEAST] == pytest.approx(1.0, abs=0.1)


def test_feast_does_not_count_as_an_ordinary_day_of_what_comes_after() -> None:
    """Five times as much on the last day: the days to come are told as those before, not as a mean of both."""
    special = {20, 35, 50, 59}
    things = [Thing(sensed(60, special, 5.0), ("bin",), 0.1) for _ in range(5)]
    now_h = hours_of(FIRST + 60 * DAY)
    knowing, plain = CityModel(things, now_h, feasts(*special)), CityModel(things, now_h)
    assert rise(knowing, things[0], 60) == pytest.approx(0.05, abs=0.012)
    assert rise(plain, things[0], 60) > 1.1 * rise(knowing, things[0], 60)


def market_days(count: int) -> Iterator[int]:
    return (day for day in range(count) if day % 5 == 2)


def test_market_of_a_five_days_week_is_told_in_its_own_zone_alone() -> None:
    """Every fifth day is no weekday, so weekdays cannot have it; a zone without a market has none of it."""
    special = SpecialDays(market_every=("centre:5:2026-01-03",))  # the third day, number 2
    at_market = [Thing(sensed(62, set(market_days(62)), 4.0), ("bin",), 0.1, "centre") for _ in range(5)]
    elsewhere = [Thing(sensed(62, set(), 1.0), ("bin",), 0.1, "north") for _ in range(5)]
    model = CityModel([*at_market, *elsewhere], hours_of(FIRST + 62 * DAY), special)
    assert model.times_by_kind["market"] == pytest.approx(4.0, abs=0.4)
    rises = [rise(model, at_market[0], 62, 24.0 * n) for n in range(1, 6)]
    by_day = np.diff(rises, prepend=0.0)
    assert by_day.argmax() == 0  # day 62 is a market day, as 62 % 5 is 2
    assert by_day[0] > 2.5 * by_day[1:].max()
    assert rise(model, elsewhere[0], 62) == pytest.approx(0.05, abs=0.02)


def test_silent_market_skip_holds_what_its_market_days_brought() -> None:
    """Nobody measures; emptied every other day, full faster where a market day lies between."""
    special = SpecialDays(market_every=("centre:5:2026-01-03",))
    things = [Thing(counted(62, set(market_days(62)), 3.0, 0.1), ("skip",), 0.1, "centre") for _ in range(10)]
    model = CityModel(things, hours_of(FIRST + 61 * DAY), special)
    assert model.times_by_kind["market"] == pytest.approx(3.0, abs=0.5)
    with_market, without = rise(model, things[0], 62), rise(model, things[0], 63)
    assert with_market == pytest.approx(0.3, abs=0.06)
    assert without == pytest.approx(0.1, abs=0.06)


def test_level_seen_by_a_crew_goes_on_at_the_pace_of_the_days_that_come() -> None:
    special = {20, 30, 40, 60}
    seen = FIRST + 60 * DAY
    things = [Thing(counted(60, special, 3.0), ("skip",), 0.1) for _ in range(10)]
    at = Thing(learn(things[0].belief, Evidence("seen", seen, seen, 0.25)), ("skip",), 0.1)
    now_h = hours_of(seen)
    told = [
        float(CityModel(things, now_h, days).quantiles([at], np.array([now_h]), np.array([now_h + 24]))[0, MEDIAN])
        for days in (feasts(20, 30, 40, 60), feasts(20, 30, 40))
    ]
    assert told[0] - 0.25 == pytest.approx(2.8 * (told[1] - 0.25), rel=0.25)


def test_hours_of_a_pace_that_knows_nothing_are_hours() -> None:
    """Whatever the instants, and long before and after the days that it has."""
    now_h = hours_of(datetime.combine(date(2026, 3, 1), datetime.min.time(), UTC))
    pace = Pace(feasts(3, 9), now_h)
    from_h = now_h + np.array([-30_000.0, -1000.25, 0.0, 30.5, 5000.0, np.nan])
    found = pace.hours(pace.codes(["x"] * 6), from_h, from_h + 7.5)
    assert found[:-1] == pytest.approx(7.5)
    assert np.isnan(found[-1])
