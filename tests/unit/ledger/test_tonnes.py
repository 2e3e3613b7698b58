"""The routine adjustment by tonnes: how much heavier a day was, by what its trucks weighed."""

import pytest

from services.contracts.planning import ContainerForecast
from services.ledger.tonnes import LEAST_TIMES, LOAD_SPREAD, USUAL, WeighedLoad, day_load


def expected(**kilos: float) -> list[ContainerForecast]:
    return [
        ContainerForecast(
            container=name, fill_ratio=0.5, fill_per_day=0.3, evidence="prior", demand_kg=kg, demand_l=4 * kg, due=None
        )
        for name, kg in kilos.items()
    ]  # fmt: skip


DAY = expected(A=100, B=200, C=300)


def test_nothing_weighed_is_a_usual_day() -> None:
    assert day_load([], DAY) is USUAL
    assert USUAL.of(DAY) is DAY
    assert (USUAL.times, USUAL.spread) == (1.0, LOAD_SPREAD)


def test_one_load_says_little_and_many_say_nearly_all() -> None:
    """A fifth heavier each: one load is believed by a third, twenty by nine tenths, and less is left to be wrong."""
    loads = [WeighedLoad(360, ["A", "B"])]
    one, many = day_load(loads, DAY), day_load(20 * loads, DAY)
    assert one.times == pytest.approx(1 + 0.2 * 0.333, abs=0.001)
    assert many.times == pytest.approx(1 + 0.2 * 0.909, abs=0.001)
    assert many.spread < one.spread < LOAD_SPREAD
    assert one.weighed is not None
    assert (one.weighed.loads, one.weighed.weighed_kg, one.weighed.expected_kg) == (1, 360, 300)
    assert one.weighed.load_factor == one.times


def test_loads_are_added_up_and_not_their_ratios() -> None:
    """A truck that went out for one container more says no more than its kilograms do."""
    told = day_load([WeighedLoad(50, ["A"]), WeighedLoad(550, ["B", "C"])], DAY)
    assert told.weighed is not None
    assert told.times == 1.0  # 600 of 600
    assert told.weighed.loads == 2


@pytest.mark.parametrize(
    "load", [WeighedLoad(400, ["A", "X"]), WeighedLoad(400, []), WeighedLoad(0, ["A"])],
    ids=["of a container without a forecast", "of none", "empty"],
)  # fmt: skip
def test_what_cannot_be_held_against_a_forecast_is_left_out(load: WeighedLoad) -> None:
    assert day_load([load], DAY) is USUAL


def test_a_scale_that_is_wrong_moves_a_day_only_so_far() -> None:
    assert day_load(100 * [WeighedLoad(1, ["A"])], DAY).times == pytest.approx(LEAST_TIMES, abs=0.02)


def test_kilograms_alone_are_heavier() -> None:
    """What is weighed is kilograms: nobody has measured litres."""
    load = day_load([WeighedLoad(150, ["A"])], DAY)
    heavier = load.of(DAY)
    assert [f.demand_kg for f in heavier] == [pytest.approx(f.demand_kg * load.times) for f in DAY]
    assert [f.demand_l for f in heavier] == [f.demand_l for f in DAY]
