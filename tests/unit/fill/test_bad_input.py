"""Sensors and crews as they are: what the forecast does with each."""

import random
from contextlib import suppress

import numpy as np
import pytest
from pydantic import ValidationError

from services.city.registry import ContainerKind
from services.contracts.telemetry import Reading
from services.edges.filling import fill_ratio
from services.edges.heard import Refused
from services.fill.belief import Belief, hours_of, start
from services.fill.city_model import CityModel, Thing, is_measured
from services.fill.evidence import Evidence, place_in_time
from services.fill.health import health_of
from services.fill.learned import MEDIAN
from services.fill.replay import from_nothing, replay
from tests.support.evidence import DAY, NOON, emptied, reading

KIND_FILL_PER_DAY = 0.1


def believed(evidence: list[Evidence]) -> Belief:
    return replay(from_nothing(), sorted(evidence, key=place_in_time))[0].belief


def expected(belief: Belief, now_days: float, hours: float) -> float:
    """The median of its fill so many hours after an instant, in a city of this container alone."""
    now_h = hours_of(NOON + now_days * DAY)
    thing = Thing(belief, ("bin",), KIND_FILL_PER_DAY)
    model = CityModel([thing], now_h)
    return float(model.quantiles([thing], np.array([now_h]), np.array([now_h + hours]))[0, MEDIAN])


def fault(belief: Belief, now_days: float) -> str | None:
    health = health_of(belief, hours_of(NOON + now_days * DAY))
    assert health is not None
    return health.fault


def rising(days: int, per_day: float = 0.05, first: float = 0.0) -> list[Evidence]:
    """Every three hours."""
    return [reading(n / 8, first + per_day * n / 8) for n in range(8 * days)]


def test_sensor_that_flips_between_nothing_and_full_is_not_believed_until_it_is_calm() -> None:
    """The forecast goes by the last emptying and the kind's rate meanwhile: 0.1 a day, two days and a half."""
    chance = random.Random(1)
    flipping = [emptied(0), *(reading(0.01 + n / 8, float(chance.random() < 0.5)) for n in range(16))]
    belief = believed(flipping)
    assert fault(belief, 2) == "jumping"
    assert expected(belief, 2, 12) == pytest.approx(2.5 * KIND_FILL_PER_DAY, rel=0.3)
    calm = [*flipping, *(reading(2 + n / 8, 0.25) for n in range(60))]
    assert fault(believed(calm), 9.5) is None
    assert believed(calm).level == 0.25


def test_two_sensors_on_one_container_are_believed_of_neither() -> None:
    """One says 0.125, the other 0.875: not an emptying every hour, but a fault for the technician."""
    twice = [reading(n / 16 + 0.01, 0.125 if n % 2 else 0.875) for n in range(64)]
    belief = believed(twice)
    assert fault(belief, 4.1) == "jumping"
    assert belief.taken_out < 2
    known = believed([emptied(0), *twice])
    assert expected(known, 4, 0) == pytest.approx(4 * KIND_FILL_PER_DAY, rel=0.3)


def test_emptied_by_somebody_else_is_seen_in_the_level() -> None:
    """Another contractor came: the forecast starts from empty, and goes on at the rate of before."""
    belief = believed([*rising(12, 0.07), *(reading(12 + n / 8, 0.0) for n in range(4))])
    assert belief.emptied_at is None
    assert expected(belief, 12.5, 24) == pytest.approx(0.07, abs=0.04)


def test_confirmation_of_a_container_that_is_as_full_as_before_empties_nothing() -> None:
    """The crew tapped the wrong one: its sensor is believed."""
    belief = believed(
        [*(reading(n / 8, 0.75) for n in range(16)), emptied(2), *(reading(2.1 + n / 8, 0.75) for n in range(4))]
    )
    assert (belief.level, belief.taken_out) == (0.75, 0.0)


def test_month_without_data_makes_no_rise_and_a_silent_sensor() -> None:
    """What came in meanwhile nobody knows: no day has it, and the rate is that of the days that were seen."""
    before = rising(20, 0.05)
    silent = believed(before)
    assert fault(silent, 50) == "silent"
    assert not is_measured(silent, hours_of(NOON + 50 * DAY))
    again = believed([*before, *(reading(50 + n / 8, 0.25 + 0.05 * n / 8) for n in range(16))])
    assert fault(again, 52) is None
    assert expected(again, 52, 24) == pytest.approx(0.35 + 0.05, abs=0.04)


def test_clock_that_is_a_day_off_does_not_count_a_cycle_twice() -> None:
    """The sensor's day is a day ahead: for a day after the emptying it says full. It came in once."""
    full, empty = [reading(n / 8, 0.75) for n in range(16)], [reading(3 + n / 8, 0.0) for n in range(8)]
    belief = believed([*full, emptied(2), *(reading(2.05 + n / 8, 0.75) for n in range(7)), *empty])
    assert belief.level == 0.0
    assert belief.taken_out == pytest.approx(0.75)


def test_clock_that_is_a_day_behind_empties_once_and_keeps_the_rate() -> None:
    """Its levels are told a day late: empty "before" it was emptied, at 0.1 a day. Emptied once, and filling on."""
    before = [reading(n / 8 - 1, 0.1 * n / 8) for n in range(8 * 6)]  # days 0 to 6, told as -1 to 5
    after = [reading(5 + n / 8, 0.1 * n / 8) for n in range(8 * 4)]
    belief = believed([*before, emptied(6, 1), *after])
    assert belief.taken_out == pytest.approx(0.6, abs=0.15)
    assert expected(belief, 9, 24) == pytest.approx(0.4 + 0.1, abs=0.06)


def test_full_container_is_not_a_stuck_sensor() -> None:
    """It says 1.0 for days and is right; the forecast stays at full and above."""
    belief = believed([*rising(10, 0.1), *(reading(10 + n / 8, 1.0) for n in range(40))])
    assert fault(belief, 15) is None
    assert expected(belief, 15, 24) >= 0.95


def test_sensor_that_says_the_same_for_weeks_is_stuck() -> None:
    """A tenth a day came in before; two weeks of 0.5 are not believed, and the next other reading is."""
    belief = believed([*rising(9, 0.1), emptied(9), *(reading(9.1 + n / 8, 0.5) for n in range(112))])
    assert fault(belief, 23) == "stuck"
    recovered = [*rising(9, 0.1), emptied(9), *(reading(9.1 + n / 8, 0.5) for n in range(112)), reading(23.2, 0.51)]
    assert fault(believed(recovered), 23.3) is None


def test_level_that_sinks_day_by_day_is_a_drifting_sensor() -> None:
    """Waste does not leave by itself: 0.02 a day less for three weeks."""
    belief = believed([reading(n / 8, 0.9 - 0.02 * n / 8) for n in range(8 * 21)])
    assert fault(belief, 21) == "drifting"


def test_rate_of_zero_stays_where_it_is_and_divides_by_nothing() -> None:
    """A container that nobody uses: in two weeks it is as it was, give or take what its likes do."""
    belief = believed([reading(n / 8, 0.1 + 0.001 * (n % 2)) for n in range(8 * 60)])
    assert 0.05 <= expected(belief, 60, 24 * 14) <= 0.35


def passed(*said: float) -> list[float]:
    """Fill ratios that the contract of a reading lets in."""
    found = []
    for number in said:
        with suppress(ValidationError):
            found.append(Reading.model_validate({"happened_at": NOON, "fill_ratio": number}).fill_ratio)
    return [float(ratio) for ratio in found if ratio is not None]


@pytest.mark.parametrize("said", [[45.0, 62.0, 80.0], [297.0, 409.2, 528.0]], ids=["percent", "litres"])
def test_percent_and_litres_where_a_share_is_expected_leave_the_forecast_to_the_emptyings(said: list[float]) -> None:
    """No number above 1.2 comes in, nobody guesses: two days and a half after the emptying it is at the kind's rate."""
    levels = passed(*said)
    assert levels == []
    belief = believed([emptied(0), *(reading(1 + n / 8, level) for n, level in enumerate(levels))])
    assert not is_measured(belief, hours_of(NOON + 2 * DAY))
    assert expected(belief, 2, 12) == pytest.approx(2.5 * KIND_FILL_PER_DAY, rel=0.3)


def test_ones_that_meant_percent_are_full_until_the_sensor_betrays_itself_and_then_count_no_more() -> None:
    """1 is full, as was agreed. At its first 2 the bridge refuses it, and its later ones: two days on it is silent."""
    levels = passed(0.0, 1.0, 1.0, 1.0, 2.0)
    assert levels == [0.0, 1.0, 1.0, 1.0]
    belief = believed([emptied(0), *(reading((1 + n) / 8, level) for n, level in enumerate(levels))])
    assert expected(belief, 0.5, 0) == pytest.approx(1.0, abs=0.05)
    assert fault(belief, 3) == "silent"
    assert expected(belief, 3, 0) == pytest.approx(3 * KIND_FILL_PER_DAY, rel=0.3)


@pytest.mark.parametrize("level", [0.01, 1.0])
def test_one_percent_told_as_one_is_full_and_as_a_hundredth_is_nearly_empty(level: float) -> None:
    """A share is what was agreed on: 1 is full. Who tells percent is found out by the bridge at the first 2."""
    belief = believed([reading(n / 8, level) for n in range(8)])
    assert belief.level == level


def test_distance_beyond_the_container_is_no_level_and_moves_no_forecast() -> None:
    """Its floor is 1,200 mm below the sensor: 1,400 mm is refused, and what was known before goes on."""
    kind = ContainerKind(id="bin", name="Bin", service_s=60, kg_per_l=0.2, fill_per_day=0.1, mount_mm=1200)
    known = [reading(n / 8, fill_ratio(kind, 1200 - 60 * n / 8)) for n in range(8 * 8)]
    assert known[-1].fill_ratio == pytest.approx(0.05 * 63 / 8)
    with pytest.raises(Refused, match="1400"):
        fill_ratio(kind, 1400.0)
    assert expected(believed(known), 8, 24) == pytest.approx(0.45, abs=0.04)


def test_level_beyond_the_container_counts_as_heaped_and_never_below_nothing() -> None:
    """A distance beyond the container would be less than empty: the contract stops it; heaped up to 1.2 it takes."""
    belief = believed([reading(n / 8, 1.2) for n in range(16)])
    assert expected(belief, 2, 24) >= 1.0
    assert expected(believed([]), 2, 24) >= 0.0


def test_container_of_which_nobody_ever_heard_is_nothing_special() -> None:
    """No belief, no sensor, no visit: a number all the same."""
    assert start() == believed([])
    assert expected(start(), 0, 24) >= 0
