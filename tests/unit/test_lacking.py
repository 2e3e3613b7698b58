"""Delivered coverage in the plan: whoever lacked service lately is dearer to leave again."""

from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
import pytest

import routing
from services.city.registry import Registry
from services.contracts.coverage import CoverageComputed, ZoneCoverage
from services.contracts.planning import ContainerForecast
from services.fill.due import forecasts_from
from services.fill.lacking import lacking_prices
from services.fill.prospects import Prospects, rounds_from
from services.planning.lacking import lacking_people
from services.planning.plan_day import plan_day
from services.planning.problem import problem_of_day
from tests.support.choice_town import EAST, MONDAY, WEST, emptied, mirrored
from tests.support.orders import day_order

EVE = date(2026, 3, 1)


def covered(zones: dict[str, tuple[float, float]], weeks_known: int = 4) -> CoverageComputed:
    """Of each zone of 1,000 people those within the walk of a container, and those who are served."""
    rows = tuple(
        ZoneCoverage(
            zone=zone, population=1000, assigned_people=assigned, none=1000 - served, limited=0, basic=served,
            improved=0, full=0,
        )
        for zone, (assigned, served) in zones.items()
    )  # fmt: skip
    return CoverageComputed(
        computation_id=UUID(int=7), city="porto", day=EVE, computed_at=datetime(2026, 3, 2, 2, tzinfo=UTC),
        arithmetic=1, walk_m=200, detour_factor=1.3, times_a_week=2, weeks_known=weeks_known, regular_share=0.9,
        people_from="zones", currency="XOF", simulated=False, zones=rows,
    )  # fmt: skip


def told(
    registry: Registry, people: dict[str, float], over: float = 0.0, *, full: bool = False
) -> dict[str, ContainerForecast]:
    """Half full on Monday and a tenth more a day, `over` beside them from Tuesday on; nothing has to go.

    Or everything, where they are `full`.
    """
    levels = np.tile([0.9, 0.95, 1.0, 1.0] if full else [0.5, 0.6, 0.7, 0.75], (len(registry.containers), 1))
    beside = np.zeros_like(levels)
    beside[:, 1:] = over
    rounds = rounds_from(registry, MONDAY, 4)
    rates, known = np.full(len(levels), 0.1), np.ones(len(levels), dtype=bool)
    prospects = Prospects(
        rounds, levels, levels[:, 0], (levels[:, 0], levels[:, 0]), beside, np.zeros_like(levels), rates, known
    )
    beliefs = {container.id: emptied(1) for container in registry.containers}
    return {f.container: f for f in forecasts_from(registry, beliefs, prospects, people)}


def test_people_who_lack_service_are_shared_by_the_containers_that_fell_behind() -> None:
    """Of 800 within the walk 300 are served. E1 was emptied twice as promised: the other three have 500 / 3 each."""
    people = lacking_people(covered({"east": (800, 300), "west": (900, 900)}), mirrored(), {"E1": 2, "E2": 1})
    assert people == {name: pytest.approx(500 / 3) for name in EAST[1:]}


def test_who_has_no_container_within_the_walk_is_not_helped_by_emptying_one() -> None:
    """400 of 1,000 could walk to a container, and all 400 are served: the other 600 need points, not rounds."""
    assert lacking_people(covered({"east": (400, 400), "west": (0, 0)}), mirrored(), {}) == {}


def test_a_day_without_service_costs_a_days_waste_beside_containers() -> None:
    """0.46 kg at 0.25 kg/L are 1.84 L, at 2 XOF: 3.68 XOF a person and day. A city may say otherwise, or nothing."""
    usual, said, off = (lacking_prices(mirrored(**rules), {"E2": 100}) for rules in (
        {}, {"unserved_price_per_person": 10.0}, {"unserved_price_per_person": 0.0}
    ))  # fmt: skip
    assert usual.tolist() == [0, pytest.approx(368)] + [0] * 6
    assert said[1] == 1000
    assert not off.any()


def test_containers_of_a_zone_without_service_go_today_and_say_why() -> None:
    """Nothing presses on either side; the east was left out last week."""
    rows = told(mirrored(), dict.fromkeys(EAST, 250))
    assert {rows[name].due for name in EAST} == {"unserved"}
    assert {rows[name].due for name in WEST} == {None}


def test_the_price_is_that_of_the_days_it_waits() -> None:
    """With 250 people at 3.68 XOF: 920 XOF more for one day, the least that a container left today waits."""
    registry = mirrored()
    before, after = told(registry, {}, over=1.0), told(registry, dict.fromkeys(EAST, 250), over=1.0)
    assert {name: before[name].due for name in (*EAST, *WEST)} == dict.fromkeys((*EAST, *WEST), "may_overflow")
    for name in EAST:
        assert after[name].prize >= before[name].prize + 920 - 0.01
    for name in WEST:
        assert after[name].prize == before[name].prize


@pytest.mark.parametrize(("left_out", "names"), [("east", EAST), ("west", WEST)])
@pytest.mark.parametrize(("full", "capacity_kg"), [(False, 500), (True, 900)])
def test_at_equal_cost_the_zone_that_was_skipped_is_taken_first(
    left_out: str, names: tuple[str, ...], full: bool, capacity_kg: int
) -> None:
    """Both sides are due and alike, the truck takes one of them: that whose people lacked service last week.

    Whether all may wait, at 125 kg each, or promises require all, at 225 kg: then four of them are broken, not whose.
    """
    registry = mirrored()
    small = registry.truck_classes[0].model_copy(update={"capacity_kg": capacity_kg, "max_trips": 1})
    registry = registry.model_copy(update={"truck_classes": (small,)})
    people = lacking_people(
        covered({"east": (1000, 1000), "west": (1000, 1000)} | {left_out: (1000, 0)}), registry,
        dict.fromkeys((*EAST, *WEST), 2) | dict.fromkeys(names, 0),
    )  # fmt: skip
    due = [row for row in told(registry, people, over=1.0, full=full).values() if row.due]
    assert len(due) == 8
    assert {row.required for row in due} == {full}
    problem = problem_of_day(registry, due, MONDAY, name="mirrored")
    solution = routing.solve(problem, routing.MaxIterations(200), 1)
    assert {stop for route in solution.routes for stop in route.stop_ids} == set(names)


def test_a_plan_names_the_line_that_it_went_by() -> None:
    """So that whoever asks why a zone was taken finds who lacked service."""
    from services.planning.lacking import NOBODY, Lacking

    registry, now = mirrored(), datetime(2026, 3, 2, 4, tzinfo=UTC)
    order = day_order("porto", MONDAY, now)
    with_line = plan_day(order, registry, {}, now=lambda: now, lacking=Lacking({"E1": 250}, UUID(int=7)))
    without = plan_day(order, registry, {}, now=lambda: now, lacking=NOBODY)
    assert (with_line.coverage, without.coverage) == (UUID(int=7), None)
    assert "coverage" not in without.model_dump(mode="json")
