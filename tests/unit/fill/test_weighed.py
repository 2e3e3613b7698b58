"""What a truck's weight at a disposal site tells of the containers that it emptied."""

import random
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.fill.belief import Belief, hours_of, learn, read_back, start, written
from services.fill.city_model import CityModel, Thing
from services.fill.evidence import Evidence
from services.fill.learned import MEDIAN
from services.fill.tallies import Visits, visits_of
from services.fill.weighed import (
    Believed,
    Emptying,
    Shares,
    Tip,
    Trip,
    share,
    told_by,
    trips_of,
)
from tests.support.evidence import DAY, NOON, emptied, reading

MINUTE = timedelta(minutes=1)
FULL_KG = 275.0
"""1,100 L at 0.25 kg/L."""


def stop(container: str, minutes: float, *, seen: float | None = None, late: float = 0) -> Emptying:
    at = NOON + minutes * MINUTE
    return Emptying(container, at, at + late * MINUTE, seen)


def tip(minutes: float, net_kg: float | None, *, late: float = 0, number: int = 1) -> Tip:
    at = NOON + minutes * MINUTE
    return Tip(at, at + late * MINUTE, net_kg, UUID(int=number))


def trip(*words: Emptying | Tip) -> Trip:
    """The only one."""
    [found], _ = trips_of(*parted(words))
    return found


def parted(words: Iterable[Emptying | Tip]) -> tuple[list[Emptying], list[Tip]]:
    words = list(words)
    return [w for w in words if isinstance(w, Emptying)], [w for w in words if isinstance(w, Tip)]


def names(trips: list[Trip]) -> list[str]:
    return ["".join(one.container for one in each.emptyings) for each in trips]


def of_halves(*containers: str) -> dict[str, Believed]:
    """All believed half full."""
    return dict.fromkeys(containers, Believed(FULL_KG / 2, FULL_KG))


def kilos(shares: Shares) -> dict[str, float]:
    return {container: round(one.kg, 6) for (container, _), one in shares.of.items()}


def test_kilograms_are_shared_in_proportion_to_what_was_believed() -> None:
    """100 kg and 50 kg were believed to be in the two; the scale says 300 kg: twice as much of each."""
    believed = {"A": Believed(100.0, 200.0), "B": Believed(50.0, 400.0)}
    told = share(trip(stop("A", 0), stop("B", 9), tip(60, 300.0)), believed, 5000.0)
    assert kilos(told) == {"A": 200.0, "B": 100.0}
    assert [one.fill_ratio for one in told.of.values()] == pytest.approx([0.25, 1.0])
    assert told.left is None


def test_of_many_stops_each_is_told_less_surely_than_the_only_one() -> None:
    """Alone, 0.6 is what the scale says, within a tenth for the density.

    Of ten that weigh 1.2 times what was believed, all the rest may be this one's: 0.5 + 10 * 0.1, give or take nine
    others' 0.3 of 0.5 and a tenth of the load.
    """
    level, spread = told_by(np.array([0.6, 0.6]), np.array([0.5, 0.5]), np.array([1.0, 0.1]))
    assert level == pytest.approx([0.6, 1.5])
    assert spread == pytest.approx([0.06, np.hypot(0.3 * 0.5 * 3, 0.6)])


def test_what_has_next_to_nothing_of_a_load_is_told_nothing() -> None:
    believed = {"A": Believed(200.0, FULL_KG), "B": Believed(1.0, FULL_KG)}
    told = share(trip(stop("A", 0), stop("B", 5), tip(60, 250.0)), believed, None)
    assert [container for container, _ in told.of] == ["A"]


def test_what_a_crew_saw_is_believed_before_the_plan() -> None:
    """A is full, said the crew, where a half was expected: of 412.5 kg it has two thirds."""
    told = share(trip(stop("A", 0, seen=1.0), stop("B", 5), tip(60, 412.5)), of_halves("A", "B"), None)
    assert kilos(told) == {"A": 275.0, "B": 137.5}


def test_container_that_nobody_knows_weighs_as_the_others_and_has_no_share() -> None:
    told = share(trip(stop("A", 0), stop("new", 5), tip(60, 2 * FULL_KG)), of_halves("A"), None)
    assert kilos(told) == {"A": FULL_KG}


def test_container_emptied_twice_on_a_trip_gave_once() -> None:
    told = share(trip(stop("A", 0), stop("B", 5), stop("A", 7), tip(60, 275.0)), of_halves("A", "B"), None)
    assert {key: one.kg for key, one in told.of.items()} == {("A", NOON): 137.5, ("B", NOON + 5 * MINUTE): 137.5}


def test_level_beyond_full_is_told() -> None:
    """A scale sees what lies beside the container; a crew's eyes do not."""
    told = share(trip(stop("A", 0), tip(60, 1.6 * FULL_KG)), of_halves("A"), None)
    assert [one.fill_ratio for one in told.of.values()] == pytest.approx([1.6])


@pytest.mark.parametrize(
    ("net_kg", "why"), [(0.0, "nothing"), (7600.0, "too_heavy"), (26.0, "not_these_stops"), (1400.0, "not_these_stops")]
)
def test_weight_that_cannot_be_of_these_stops_tells_nothing(net_kg: float, why: str) -> None:
    """0 kg; over one and a half times the 5 t that the truck carries; a fifth or five times of what was believed."""
    told = share(trip(stop("A", 0), tip(60, net_kg)), of_halves("A"), 5000.0)
    assert (told.of, told.weighing) == ({}, None)
    assert told.left is not None
    assert told.left[1] == why


def test_weight_of_a_truck_that_emptied_nothing_is_nobody_s() -> None:
    trips, strangers = trips_of([], [tip(60, 3000.0), tip(70, None)])
    assert (trips, strangers) == ([], [tip(60, 3000.0)])


def test_all_believed_empty_is_no_ground_to_share_on() -> None:
    told = share(trip(stop("A", 0), tip(60, 100.0)), {"A": Believed(0.0, FULL_KG)}, None)
    assert told.left is not None
    assert told.left[1] == "not_these_stops"


def test_trip_goes_from_tip_to_tip() -> None:
    """The scale and the driver's word of one tipping, in either order, part nothing by themselves."""
    words: list[Emptying | Tip] = [
        stop("A", 0), stop("B", 10), tip(50, None), tip(60, 3000.0, number=1),
        stop("C", 100), tip(160, 1000.0, number=2), tip(165, None), stop("D", 200),
    ]  # fmt: skip
    trips, strangers = trips_of(*parted(words))
    assert names(trips) == ["AB", "C", "D"]
    assert [len(each.tips) for each in trips] == [2, 2, 0]
    assert strangers == []


def test_weighing_again_replaces_and_one_much_later_is_another_load_s() -> None:
    """Twice within the hour is a correction; after three hours the truck carries what nobody told us of."""
    corrected = trip(stop("A", 0), tip(60, 200.0, number=1), tip(80, 100.0, number=2))
    told = share(corrected, of_halves("A"), None)
    assert told.weighing == tip(80, 100.0, number=2)
    trips, strangers = trips_of([stop("A", 0)], [tip(60, 200.0), tip(240, 100.0, number=2)])
    assert [each.tips for each in trips] == [(tip(60, 200.0),)]
    assert strangers == [tip(240, 100.0, number=2)]


def test_scale_that_says_nought_after_the_load_takes_nothing_back() -> None:
    """The empty truck on its way out."""
    told = share(trip(stop("A", 0), tip(60, 200.0, number=1), tip(70, 0.0, number=2)), of_halves("A"), None)
    assert told.weighing == tip(60, 200.0, number=1)
    assert told.left == (tip(70, 0.0, number=2), "nothing")


def test_what_was_emptied_more_than_a_day_before_was_tipped_elsewhere() -> None:
    trips, _ = trips_of([stop("A", 0), stop("B", 10)], [tip(24 * 60 + 5, 300.0)])
    assert [(each.emptyings[0].container, len(each.tips)) for each in trips] == [("A", 0), ("B", 1)]


def test_trip_is_known_when_the_last_of_it_is_received() -> None:
    words: list[Emptying | Tip] = [stop("A", 0), tip(50, None, late=5), stop("B", 60, late=300), tip(90, 100.0, late=2)]
    first, second = trips_of(*parted(words))[0]
    assert first.known_at == NOON + 55 * MINUTE
    assert second.known_at == NOON + 360 * MINUTE


@settings(deadline=None)
@given(st.data())
def test_kilograms_are_shared_whole_whatever_the_order_of_arrival(data: st.DataObject) -> None:
    instants = data.draw(st.lists(st.integers(0, 600), min_size=1, max_size=12, unique=True), label="stops")
    stops = [stop(f"C{minute}", minute) for minute in instants]
    tips = [
        tip(minute, data.draw(st.sampled_from([None, 300.0, 900.0])), number=n)
        for n, minute in enumerate(data.draw(st.lists(st.integers(0, 900), max_size=5), label="tips"))
    ]
    trips, _ = trips_of(stops, tips)
    again = trips_of(data.draw(st.permutations(stops)), data.draw(st.permutations(tips)))[0]
    assert again == trips
    assert sorted(one for each in trips for one in each.emptyings) == sorted(stops)
    for each in trips:
        told = share(each, of_halves(*(one.container for one in each.emptyings)), None)
        if told.weighing is not None:
            assert sum(one.kg for one in told.of.values()) == pytest.approx(told.weighing.net_kg)
            assert sum(one.part for one in told.of.values()) == pytest.approx(1)


def weighed(days: float, level: float, expected: float = 0.5, part: float = 0.1) -> Evidence:
    """Told of an emptying."""
    at = NOON + days * DAY
    return Evidence("weight", at, at, level, 100.0, expected_ratio=expected, part=part)


def taught(*evidence: Evidence) -> Belief:
    belief = start()
    for piece in evidence:
        belief = learn(belief, piece)
    return belief


def test_share_is_the_level_of_its_emptying() -> None:
    """Kept with what was believed and its part of the load, also beyond what a seen level can be."""
    belief = taught(emptied(0), weighed(2, 1.63, 0.9, 0.12), emptied(2))
    visits = Visits([belief.visits])
    assert (visits.fills[0, -1], visits.expected[0, -1], visits.parts[0, -1]) == pytest.approx((1.63, 0.9, 0.12))
    assert visits.parts[0, -2] == 0
    assert visits_of(belief.visits)[-1][1] == pytest.approx(1.63)
    assert read_back(written(belief)) == belief


def test_sensor_and_crew_tell_the_level_better_than_a_share() -> None:
    """And a share of another emptying is of no use to this one."""
    at = NOON + 2 * DAY
    crew = Evidence("emptied", at, at, 0.8)
    assert Visits([taught(weighed(2, 0.4), crew).visits]).fills[0, -1] == pytest.approx(0.8)
    sensed = taught(*(reading(1 + n / 8, 0.6) for n in range(8)), weighed(2, 0.4), emptied(2))
    assert Visits([sensed.visits]).fills[0, -1] == pytest.approx(0.6)
    assert np.isnan(Visits([taught(weighed(1, 0.4), emptied(2)).visits]).fills[0, -1])


def test_share_of_an_emptying_is_forgotten_once_it_is_told() -> None:
    assert taught(weighed(2, 0.4), emptied(2), emptied(3)).weighed_h is None


CONTAINERS, STOPS_A_TRIP = 40, 8


def weeks_of_trips(*, told: bool, prior_per_day: float = 0.3, days: int = 90) -> tuple[float, float]:
    """A town without sensors whose crews say no level: the mean error of the rates, at the beginning and in the end.

    Each day two trips empty eight containers each, those that wait longest or any. What is in a container varies by a
    fifth about its own rate, and the scale is off by two hundredths.
    """
    chance = random.Random(7)
    rates = {f"C{n}": chance.uniform(0.06, 0.6) for n in range(CONTAINERS)}
    beliefs = {name: taught(emptied(0)) for name in rates}
    emptied_on = dict.fromkeys(rates, 0.0)
    errors = []
    for day in range(1, days):
        names, now_h = list(rates), np.full(CONTAINERS, hours_of(NOON + day * DAY))
        things = [Thing(beliefs[name], (("bin", "waste"),), prior_per_day) for name in names]
        model = CityModel(things, now_h[0])
        errors.append(float(np.abs(model.rates(things, now_h) - np.array(list(rates.values()))).mean()))
        levels = dict(zip(names, model.quantiles(things, now_h, now_h)[:, MEDIAN].tolist(), strict=True))
        waiting = sorted(names, key=lambda name: emptied_on[name] + chance.uniform(0, 3))
        for number in range(2):
            stops = [
                stop(name, day * 1440 + number * 120 + place)
                for place, name in enumerate(waiting[number * STOPS_A_TRIP : (number + 1) * STOPS_A_TRIP])
            ]
            kg = 0.0
            for one in stops:
                held_days = (one.happened_at - NOON) / DAY - emptied_on[one.container]
                kg += rates[one.container] * held_days * chance.uniform(0.8, 1.2) * FULL_KG
                emptied_on[one.container] = (one.happened_at - NOON) / DAY
            scale = Tip(stops[-1].happened_at + 30 * MINUTE, NOON, kg * chance.uniform(0.98, 1.02), UUID(int=day))
            believed = {one.container: Believed(levels[one.container] * FULL_KG, FULL_KG) for one in stops}
            shares = share(trip(*stops, scale), believed, None).of if told else {}
            for one in stops:
                at, container = one.happened_at, one.container
                if (part := shares.get((container, at))) is not None:
                    piece = Evidence(
                        "weight", at, at, part.fill_ratio, part.kg,
                        expected_ratio=part.expected_ratio, part=part.part,
                    )  # fmt: skip
                    beliefs[container] = learn(beliefs[container], piece)
                beliefs[container] = learn(beliefs[container], Evidence("emptied", at, at))
    return errors[0], errors[-1]


def test_weights_alone_teach_how_fast_each_container_fills() -> None:
    """Each trip tells a sum of eight; many sums of ever other containers tell them apart. Without them nothing does."""
    before, after = weeks_of_trips(told=True)
    untold = weeks_of_trips(told=False)
    assert untold[1] == pytest.approx(untold[0]) == pytest.approx(before)
    assert after < 0.65 * before


@pytest.mark.parametrize(("prior_per_day", "most"), [(0.1, 0.75), (0.9, 0.25)])
def test_wrong_rate_of_a_kind_is_put_right_within_weeks(prior_per_day: float, most: float) -> None:
    """All fill at some 0.33 a day: a town set up with a third or three times of it learns so from its loads."""
    before, after = weeks_of_trips(told=True, prior_per_day=prior_per_day, days=15)
    assert after < most * before
