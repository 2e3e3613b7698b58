"""Which day each container goes to, and why."""

import time
from datetime import date

import numpy as np
import pytest

from routing.days import PartsAndTrucks, choose_days
from services.city.registry import Registry, Service
from services.contracts.planning import ContainerForecast
from services.fill.belief import Belief
from services.fill.due import forecasts_from
from services.fill.promises import promises_of
from services.fill.prospects import Prospects, rounds_from
from tests.support.choice_town import MONDAY, bin_, emptied, large_morning, town


def told(
    registry: Registry, levels: list[list[float]], beliefs: dict[str, Belief] | None = None, over: float = 0.0
) -> list[ContainerForecast]:
    """By levels at the rounds of Monday and after; `over` of each, at the last round that is decided."""
    rounds = rounds_from(registry, MONDAY, len(levels[0]))
    table = np.array(levels)
    beside = np.zeros_like(table)
    beside[:, -2:] = over
    chances = (table >= 1).astype(np.float64)
    prospects = Prospects(
        rounds,
        table,
        table[:, 0],
        (table[:, 0], table[:, 0]),
        beside,
        chances,
        np.full(len(table), 0.2),
        np.ones(len(table), dtype=bool),
    )
    known = {container.id: emptied(1) for container in registry.containers}
    return list(forecasts_from(registry, known | (beliefs or {}), prospects))


def test_container_that_nothing_presses_waits_beyond_the_days_decided() -> None:
    """Half full on Thursday, and promised by Sunday: no day, no reason."""
    (one,) = told(town(bin_("A")), [[0.2, 0.3, 0.4, 0.5]])
    assert (one.due, one.later_day, one.later_due, one.required) == (None, None, None, False)


def test_container_goes_on_the_last_day_before_it_is_full() -> None:
    """0.7 on Tuesday and 0.9 on Wednesday, of 0.8 that count as full: Wednesday's, unless it is cheaper before."""
    (one,) = told(town(bin_("A")), [[0.5, 0.7, 0.9, 1.1]])
    assert (one.due, one.later_day, one.later_due) == (None, date(2026, 3, 4), "full")


def test_full_container_goes_today() -> None:
    """A promise of the city's: what is full is not left."""
    (one,) = told(town(bin_("A")), [[0.85, 1.0, 1.2, 1.4]])
    assert (one.due, one.required) == ("full", True)


def test_promise_counts_days_by_date() -> None:
    """Emptied on Friday at 10:00 and promised every three days: Monday's, though Monday's noon is 74 hours later."""
    registry = town(bin_("A"), bin_("B", max_days=5), max_days_between_emptyings=3)
    a, b = told(registry, [[0.1, 0.2, 0.3, 0.4]] * 2, {"A": emptied(3), "B": emptied(3)})
    assert (a.due, a.required) == ("too_long_since_emptied", True)
    assert (b.due, b.later_due) != ("too_long_since_emptied", None)
    assert b.later_day in {None, date(2026, 3, 3), date(2026, 3, 4)}


def test_hospital_and_stream_have_promises_of_their_own() -> None:
    """Each day for the one, every two days for organic waste; the city says seven."""
    registry = town(bin_("H", max_days=1), bin_("O", stream="organic"), bin_("R"), max_days_by_stream=("organic:2",))
    promises = promises_of(registry, {c.id: emptied(1) for c in registry.containers}, MONDAY)
    assert (promises.latest - MONDAY.toordinal()).tolist() == [0, 1, 6]


def test_zone_promised_two_emptyings_in_seven_days() -> None:
    """Emptied on Tuesday and Friday: the period that ends on Tuesday would have one, so it is Tuesday's."""
    registry = town(bin_("A"), max_days_between_emptyings=14)
    city = registry.city.model_copy(update={"service": Service(min_emptyings=2, period_days=7)})
    registry = registry.model_copy(update={"city": city})
    promises = promises_of(registry, {"A": emptied(6, 3)}, MONDAY)
    assert (promises.latest[0] - MONDAY.toordinal(), bool(promises.by_times[0])) == (1, True)
    (one,) = told(registry, [[0.1, 0.15, 0.2, 0.25]], {"A": emptied(6, 3)})
    assert "promised_times" in {one.due, one.later_due}


def test_neighbours_share_the_way() -> None:
    """One of two neighbours must go today; the other could wait for tomorrow, and spares the way there."""
    registry = town(bin_("A"), bin_("B", east=9), max_days_between_emptyings=3)
    beliefs = {"A": emptied(3), "B": emptied(2)}
    a, b = told(registry, [[0.3, 0.5, 0.7, 0.9], [0.5, 0.7, 0.85, 1.0]], beliefs)
    assert (a.due, b.due, b.required) == ("too_long_since_emptied", "with_neighbours", False)
    assert b.prize > 0


def test_truck_saved_today_is_not_paid_tomorrow() -> None:
    """A truck costs 50,000 a day; what has to go by tomorrow goes today, where one drives anyhow."""
    far = [bin_(f"F{n}", east=30 * n) for n in range(1, 14)]
    registry = town(bin_("A"), *far, max_days_between_emptyings=3, fixed_cost=50_000)
    beliefs = {"A": emptied(3)} | {c.id: emptied(2) for c in far}
    rows = told(registry, [[0.3, 0.5, 0.6, 0.7]] * 14, beliefs)
    assert all(row.due for row in rows)


def test_nothing_is_left_today_that_cannot_be_fetched_tomorrow() -> None:
    """All 200 are promised by tomorrow; a shift of four hours takes fewer, so some go today."""
    several = [bin_(f"C{n}", east=n) for n in range(200)]
    registry = town(*several, max_days_between_emptyings=3, fixed_cost=10_000, shift_to=10)
    rows = told(registry, [[0.3, 0.5, 0.7, 0.78]] * 200, {c.id: emptied(2) for c in several})
    today, tomorrow = sum(row.due is not None for row in rows), sum(row.later_day is not None for row in rows)
    assert today + tomorrow == 200
    assert min(today, tomorrow) > 20


def test_what_overflow_costs_brings_a_container_forward() -> None:
    """Half of its 1,000 litres are expected beside it by Wednesday: at 20 a litre Tuesday is cheaper."""
    waits, goes = (
        told(town(bin_("A"), overflow_price_per_l=price), [[0.3, 0.5, 0.7, 0.79]], over=0.5)[0] for price in (0, 20)
    )
    assert waits.later_day is None
    assert (goes.later_day, goes.later_due) == (date(2026, 3, 3), "may_overflow")


def test_closed_day_is_no_round() -> None:
    """The landfill rests on Tuesday: after Monday comes Wednesday, and what Tuesday finds full is Monday's."""
    registry = town(bin_("A"))
    site = registry.disposal_sites[0].model_copy(update={"weekdays": ("mon", "wed", "thu", "fri")})
    registry = registry.model_copy(update={"disposal_sites": (site,)})
    assert [one.day.day for one in rounds_from(registry, MONDAY, 4)] == [2, 4, 5, 6]


def test_parts_take_the_cheapest_days_that_trucks_can_do() -> None:
    """Two parts of 5 hours each, cheaper today; one truck of 8 hours: the one cheaper to move goes tomorrow."""
    hours = 3600.0
    cost = np.array([[10.0, 12.0], [10.0, 30.0]])
    work_s = np.array([[[5 * hours, 0], [0, 5 * hours]]] * 2)
    asked = PartsAndTrucks(cost, work_s, np.array([1, 1]), 8 * hours, truck_cost=1.0, overtime_cost_per_s=1.0)
    assert choose_days(asked).tolist() == [1, 0]


def test_work_without_trucks_is_asked_for_all_the_same() -> None:
    """One pattern each, no truck: overtime, and an answer."""
    asked = PartsAndTrucks(np.zeros((2, 1)), np.full((2, 1, 1), 100.0), np.array([0]), 8.0, 1.0, 1.0)
    assert choose_days(asked).tolist() == [0, 0]


@pytest.mark.slow
def test_fifty_thousand_containers_are_chosen_within_seconds() -> None:
    """A morning has a few, of one core. What is full goes, whatever else is chosen."""
    registry, beliefs, prospects = large_morning(50_000, trucks=300)
    began = time.process_time()
    rows = forecasts_from(registry, beliefs, prospects)
    assert time.process_time() - began < 10
    assert all(row.due for row, level in zip(rows, prospects.levels[:, 0].tolist(), strict=True) if level >= 0.8)
