"""What sensors save, told apart: a life without them, carried from day to day beside the one with them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from services.fill.belief import hours_of
from services.fill.evidence import Evidence
from services.ledger.inflow import Inflow, Standing, inflow_of
from services.ledger.sensors import NotTold, saved_by_sensors
from services.ledger.without_sensors import Habits, LifeWithoutSensors, drawn, habits_of
from tests.support.sensor_town import CAUSE, DAYS, FIRST, LAST, Lived, live, row_of

MIDNIGHT = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""When beliefs' day begins."""


@pytest.fixture(scope="module")
def promised_daily() -> Lived:
    """All are emptied each day, as promised, whatever anybody knows of them."""
    return live(row_of(4, max_days_between_emptyings=1), lambda _, __: True, a_day=0.1)


@pytest.fixture(scope="module")
def hardly_filling() -> Lived:
    """A tenth of what their kind brings comes in, and crews tell no level: a sensor knows that a week is enough."""
    return live(row_of(4, max_days_between_emptyings=14), lambda _, number: number % 7 == 0, a_day=0.02)


def test_a_sensor_that_changes_nothing_saves_nothing(promised_daily: Lived) -> None:
    """The same containers on the same days, with the same waste in them."""
    told = promised_daily.told()
    assert told.sensors_l == 0
    assert told.emptied == told.emptied_without == 14 * 4
    assert told.over == told.over_without
    assert (told.with_sensor, told.containers, told.days) == (4, 4, 14)


def test_a_sensor_that_spares_visits_saves_their_litres(hardly_filling: Lived) -> None:
    """By dates alone nobody knows that they hardly fill: they are emptied more often than each week."""
    told = hardly_filling.told()
    assert told.emptied == 2 * 4
    assert told.emptied_without > told.emptied
    assert told.sensors_l > 0


def test_causes_are_the_whole_saving(hardly_filling: Lived) -> None:
    """What is the sensors' is no longer the choice's; the routing's is as it was told."""
    told = hardly_filling.told()
    assert told.routing_l == pytest.approx(14 * CAUSE.routing_l)
    assert told.choice_l + told.sensors_l == pytest.approx(14 * CAUSE.choice_l, abs=0.02)
    assert told.baseline_l == pytest.approx(14 * 30)


def test_whoever_asks_again_is_told_the_same(hardly_filling: Lived) -> None:
    assert hardly_filling.told() == hardly_filling.told()


def test_crews_that_tell_levels_do_some_of_it(hardly_filling: Lived) -> None:
    """The life without sensors has the eyes that this city's crews have: then less is left for sensors to save."""
    eyes = live(row_of(4, max_days_between_emptyings=14), lambda _, number: number % 7 == 0, a_day=0.02, seen=True)
    told = eyes.told()
    assert told.told_share == 1
    assert told.sensors_l < hardly_filling.told().sensors_l


def test_a_city_without_sensors_has_nothing_to_tell() -> None:
    with pytest.raises(NotTold, match="no container of porto had a sensor"):
        live(row_of(2), lambda _, __: True, a_day=0.1, sensors=False).told()


def test_single_days_and_the_first_ones_are_not_told(promised_daily: Lived) -> None:
    """What one life empties today the other empties in some days; and both begin alike."""
    with pytest.raises(NotTold, match="told of 14 days and more"):
        promised_daily.told(LAST - timedelta(days=12), LAST)
    with pytest.raises(NotTold, match="ask from 2026-03-16 on"):
        promised_daily.told(FIRST - timedelta(days=1), LAST)
    with pytest.raises(NotTold, match="no line of a day"):
        saved_by_sensors([], {}, {}, {}, first=FIRST, last=LAST)


def test_days_that_are_not_compared_are_lived_and_not_summed(promised_daily: Lived) -> None:
    """A strike's day, or one whose streets are gone: what came in on it is emptied later. Too few are not told."""
    days = [replace(day, compared=None if day.lived.day == LAST else day.compared) for day in promised_daily.days]
    with pytest.raises(NotTold, match="compares 13 days"):
        promised_daily._replace(days=days).told()


def inflow(*per_day: float, begun: float = 0.0) -> Inflow:
    """Of one container, from 2 March, 4:00 UTC, on."""
    first = inflow_of({}, {"C0": 0.0}, hours_of(MIDNIGHT), hours_of(MIDNIGHT)).first
    return Inflow(["C0"], first, np.array([per_day]), np.array([begun]), np.array([True]))


def test_a_life_holds_what_came_in_since_it_was_emptied_there() -> None:
    """0.2 at first, 0.4 on the first day and 0.6 on the second; emptied after six hours, when 0.2 + 0.1 stood there."""
    begun_h = hours_of(MIDNIGHT)
    standing = Standing(inflow(0.4, 0.6, begun=0.2), begun_h)
    standing.until(begun_h + 6)
    assert standing.levels() == pytest.approx({"C0": 0.3})
    standing.empty(["C0", "unknown"])
    standing.until(begun_h + 36)  # 18 hours at 0.4 a day and 12 at 0.6: 0.3 + 0.3
    assert standing.levels() == pytest.approx({"C0": 0.6})
    assert standing.over_h.tolist() == [0.0]


def test_what_lies_beside_a_container_counts_by_its_hours() -> None:
    """From 0.5 to 1.5 in a day: full at noon, then a quarter lies there on average for twelve hours."""
    begun_h = hours_of(MIDNIGHT)
    standing = Standing(inflow(1.0, 0.0, begun=0.5), begun_h)
    standing.until(begun_h + 24)
    assert standing.over_h.tolist() == pytest.approx([0.25 * 12])
    standing.until(begun_h + 48)  # and a half all the next day
    assert standing.over_h.tolist() == pytest.approx([3 + 12])
    standing.forget_over()
    assert standing.over_h.tolist() == [0.0]


def test_inflow_is_read_off_sensors_whenever_a_container_was_emptied() -> None:
    """A tenth a day comes in, emptied each third day or never: the same table, within what tallies round."""
    often = live(row_of(1), lambda _, number: number % 3 == 0, a_day=0.1)
    table = inflow_of(often.beliefs, {"C0": 0.5}, hours_of(MIDNIGHT), hours_of(MIDNIGHT) + 24 * (DAYS - 2))
    assert table.has_sensor.tolist() == [True]
    assert table.per_day.mean() == pytest.approx(0.1, abs=0.01)
    assert table.begun[0] == pytest.approx(0.1 * 18 / 24, abs=0.02)


def test_without_a_sensor_inflow_is_what_crews_saw_else_as_plans_expected() -> None:
    """Half full after five days is a tenth a day; before the first emptying nobody knows, and 0.3 was expected."""
    eyes = live(row_of(1), lambda _, number: number % 5 == 1, a_day=0.1, seen=True, sensors=False)
    table = inflow_of(eyes.beliefs, {"C0": 0.3}, hours_of(MIDNIGHT), hours_of(MIDNIGHT) + 24 * 10)
    assert table.has_sensor.tolist() == [False]
    # Emptied on 3 March at 10:00 for the first time: a day and six hours of 0.3 before it.
    assert table.per_day[0, 0] == pytest.approx(0.3)
    assert table.per_day[0, 2:9].tolist() == pytest.approx([0.1] * 7)


def test_a_citys_crews_are_the_same_in_every_life() -> None:
    """They told a level at one emptying of two, and emptied three of four that were promised that day."""
    lived = live(row_of(4), lambda _, number: number == 0, a_day=0.1)
    day = replace(lived.days[0].lived, emptied=frozenset({"C0", "C1", "C2"}))
    at = MIDNIGHT
    account = [Evidence("emptied", at, at, 0.5), Evidence("emptied", at, at), Evidence("report", at, at, 1.0)]
    assert habits_of([day], account) == Habits(told_share=0.5, done_share=0.75)


def test_what_was_due_in_both_lives_goes_as_it_went() -> None:
    """A blocked container is so in either life; what was emptied without being due no choice asked for."""
    lived = live(row_of(4, max_days_between_emptyings=1), lambda _, __: True, a_day=0.1)
    day = replace(lived.days[0].lived, due=dict.fromkeys(("C0", "C1", "C2"), True), emptied=frozenset({"C0", "C3"}))
    table = inflow_of(
        lived.beliefs, dict.fromkeys(("C0", "C1", "C2", "C3"), 0.1), hours_of(day.as_of), hours_of(day.as_of) + 48
    )
    life = LifeWithoutSensors(table, day.as_of, lived.account, Habits(1.0, 0.0))
    chosen, levels = life.live([day])
    assert chosen[day.fleet] == {"C0", "C3"}
    assert levels.keys() == {"C0", "C1", "C2", "C3"}


def test_chance_is_the_same_for_whoever_draws() -> None:
    draws = [drawn("told", f"C{n}", date(2026, 3, 1)) for n in range(1000)]
    assert draws[:3] == [drawn("told", f"C{n}", date(2026, 3, 1)) for n in range(3)]
    assert np.mean(draws) == pytest.approx(0.5, abs=0.05)
