"""How full will it be, and is it due."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from services.city.registry import (
    City,
    Container,
    ContainerKind,
    Depot,
    DisposalSite,
    Planning,
    Prices,
    Registry,
    Truck,
    TruckClass,
    Zone,
)
from services.contracts.planning import ContainerForecast
from services.fill.belief import Belief, hours_of, learn, start
from services.fill.city_model import CityModel, Thing
from services.fill.due import forecasts_of_day
from services.fill.evidence import Evidence
from services.fill.learned import HIGH, MEDIAN
from services.fill.quantiles import chance_above, expected_above
from services.fill.tallies import Table

EMPTIED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def belief_from(*readings: tuple[float, float], emptied: bool = True) -> Belief:
    """A container emptied at `EMPTIED`, with readings at (days since, fill)."""
    belief = start()
    if emptied:
        belief = learn(belief, Evidence("emptied", EMPTIED, EMPTIED))
    for days, fill in readings:
        belief = learn(belief, Evidence("reading", EMPTIED + days * DAY, EMPTIED + days * DAY, fill))
    return belief


def quantiles(belief: Belief, now_days: float, *ahead_h: float, fill_per_day: float = 0.3) -> Table:
    """Of its fill so many hours after, in a city of this container alone."""
    now_h = hours_of(EMPTIED + now_days * DAY)
    thing = Thing(belief, ("bin",), fill_per_day)
    several = [thing] * len(ahead_h)
    return CityModel([thing], now_h).quantiles(several, np.full(len(several), now_h), now_h + np.array(ahead_h))


def test_without_sensor_it_fills_from_its_last_emptying_at_its_kind_s_rate() -> None:
    """0.3 a day: 0.3 after a day and 0.6 after two, as often less as more; nobody knows, so the band is wide."""
    after_one, after_two = quantiles(belief_from(), 0, 24, 48)
    assert after_one[MEDIAN] == pytest.approx(0.3, abs=0.06)
    assert after_two[MEDIAN] == pytest.approx(0.6, abs=0.06)
    assert after_two[0] < 0.4
    assert after_two[-1] > 0.8


def with_reports(belief: Belief, days: float, count: int) -> Belief:
    at = EMPTIED + days * DAY
    for _ in range(count):
        belief = learn(belief, Evidence("report", at, at, 1.0, None, "full"))
    return belief


def test_residents_raise_what_is_believed_of_a_container_without_sensor() -> None:
    """One is right in 7 of 10: 0.3 and 0.7 of what lacks to full are 0.79. Two are both wrong in 9 of 100: 0.94."""
    (plain,) = quantiles(belief_from(), 0.5, 12)
    (one,) = quantiles(with_reports(belief_from(), 0.4, 1), 0.5, 12)
    (two,) = quantiles(with_reports(belief_from(), 0.4, 2), 0.5, 12)
    assert plain[MEDIAN] == pytest.approx(0.3, abs=0.06)
    assert one[MEDIAN] == pytest.approx(plain[MEDIAN] + 0.7 * (1 - plain[MEDIAN]))
    assert two[MEDIAN] == pytest.approx(plain[MEDIAN] + 0.91 * (1 - plain[MEDIAN]))
    assert (np.diff(one) >= 0).all()


def test_residents_weigh_less_against_a_sensor_that_is_believed() -> None:
    """Cardboard may lie below it: one raises 0.4 by 0.3 of what lacks, three by 1 - 0.7^3, and none is overruled."""
    belief = belief_from(*[(n / 8, 0.4) for n in range(1, 9)])
    (plain,) = quantiles(belief, 1.1, 1)
    (one,) = quantiles(with_reports(belief, 1.05, 1), 1.1, 1)
    (three,) = quantiles(with_reports(belief, 1.05, 3), 1.1, 1)
    assert one[MEDIAN] == pytest.approx(plain[MEDIAN] + 0.3 * (1 - plain[MEDIAN]))
    assert three[MEDIAN] == pytest.approx(plain[MEDIAN] + 0.657 * (1 - plain[MEDIAN]))


def test_residents_never_lower_what_is_believed() -> None:
    """Waste beside a container that overflows is more than full already."""
    (plain,) = quantiles(belief_from(), 4.5, 24)
    (one,) = quantiles(with_reports(belief_from(), 4.4, 1), 4.5, 24)
    assert plain[-1] > 1
    assert (one >= plain).all()


def test_many_days_outweigh_the_kind() -> None:
    """Forty days of 0.02 are believed over a kind that says 0.3."""
    days = [(n / 8, 0.02 * n / 8) for n in range(8 * 40)]
    (tomorrow,) = quantiles(belief_from(*days), 40, 24)
    assert tomorrow[MEDIAN] == pytest.approx(0.8 + 0.02, abs=0.03)


def test_quantiles_rise_with_their_shares_and_fills_with_the_hours() -> None:
    """Two weeks ahead: no quantile crosses another, and nothing leaves a container by itself."""
    days = [(n / 8, 0.05 * n / 8) for n in range(8 * 10)]
    ahead = quantiles(belief_from(*days), 10, *range(0, 14 * 24, 24))
    assert (np.diff(ahead, axis=1) >= 0).all()
    assert (np.diff(ahead[:, MEDIAN]) >= 0).all()


def test_weekday_of_the_past_is_the_weekday_of_the_forecast() -> None:
    """A market every seventh day: eight weeks of it, and the day before it is told from the day after."""
    level, points = 0.0, []
    for n in range(56 * 8):
        level += (0.4 if n // 8 % 7 == 3 else 0.02) / 8
        if level > 0.9:
            level = 0.0
        points.append((n / 8 - 8 / 24, level))  # from 04:00 on
    belief = belief_from(*points, emptied=False)
    now_h = hours_of(EMPTIED + 56 * DAY) - 8
    thing = Thing(belief, ("bin",), 0.1)
    rises = CityModel([thing], now_h).quantiles([thing] * 7, np.full(7, now_h), now_h + 24 * np.arange(1, 8.0))
    by_day = np.diff(rises[:, MEDIAN], prepend=belief.level)
    assert int(by_day.argmax()) == 3


def test_likes_teach_a_container_that_nobody_has_heard_of() -> None:
    """Nine bins fill by 0.1 a day; the tenth, of their kind, is new: its kind's figure in the folder was wrong."""
    days = [(n / 4, 0.1 * (n / 4 % 8)) for n in range(4 * 40)]
    things = [Thing(belief_from(*days, emptied=False), ("bin",), 0.5) for _ in range(9)]
    new = Thing(belief_from((39.5, 0.0), (39.7, 0.0), (39.9, 0.0)), ("bin",), 0.5)
    now_h = hours_of(EMPTIED + 40 * DAY)
    model = CityModel([*things, new], now_h)
    (tomorrow,) = model.quantiles([new], np.array([now_h]), np.array([now_h + 24]))
    assert model.rates([new], np.array([now_h]))[0] == pytest.approx(0.1, abs=0.02)
    assert tomorrow[MEDIAN] == pytest.approx(0.1, abs=0.04)


def test_silent_sensor_leaves_the_forecast_to_the_last_emptying() -> None:
    """Its level of five days ago is no news: the container fills at its kind's rate from when it was empty."""
    silent = belief_from((0.1, 0.0), (0.2, 0.0))
    (now,) = quantiles(silent, 5, 0)
    assert now[MEDIAN] == pytest.approx(1.5, abs=0.3)


def seen_by_crews(*visits: tuple[float, float]) -> Belief:
    """Emptied at (days after `EMPTIED`, level seen before)."""
    belief = start()
    for days, fill in visits:
        at = EMPTIED + days * DAY
        belief = learn(belief, Evidence("emptied", at, at, fill))
    return belief


def expected_of(things: list[Thing], one: Thing, now_days: float, hours: float, **asked: bool) -> float:
    now_h = hours_of(EMPTIED + now_days * DAY)
    found = CityModel(things, now_h).quantiles([one], np.array([now_h]), np.array([now_h + hours]), **asked)
    return float(found[0, MEDIAN])


def test_container_that_is_left_alone_goes_on_filling_though_crews_come_sooner_where_it_is_full_sooner() -> None:
    """Fast ones are emptied each day, slow ones every third, all at 0.3: levels seem not to depend on the days at all.

    Left alone for three days a fast one holds 0.9.
    """
    fast, slow = (
        Thing(seen_by_crews(*((float(day), 0.3) for day in range(0, 31, apart))), (kind,), 0.2)
        for kind, apart in (("fast", 1), ("slow", 3))
    )
    city = [fast, slow] * 20
    assert expected_of(city, fast, 30, 72) == pytest.approx(0.9, abs=0.12)
    assert expected_of(city, slow, 30, 72) == pytest.approx(0.3, abs=0.05)


def test_what_was_seen_full_was_full_or_more() -> None:
    """Some fill by 0.7 a day, some by more than crews can see: seen full each day, they hold more than one does."""
    part, whole = (Thing(seen_by_crews(*((float(n), seen) for n in range(30))), (seen,), 0.5) for seen in (0.7, 1.0))
    city = [part, whole] * 20
    assert expected_of(city, whole, 29, 24) > 1.0
    assert expected_of(city, whole, 29, 48) > 2.0
    assert expected_of(city, part, 29, 48) == pytest.approx(1.4, abs=0.2)


def test_nearly_full_is_told_as_it_is_seen_where_levels_are_asked_for_and_beside_the_container_by_a_plan() -> None:
    """Crews see 0.90 to 0.99, each as often: nine tenths lie below 0.98, which is less than full.

    A plan takes what is nearly full for full, and reckons with what the curve expects beside it.
    """
    chance = np.random.default_rng(2)
    things = [
        Thing(seen_by_crews(*((float(day), 0.9 + chance.integers(10) / 100) for day in range(30))), ("bin",), 0.9)
        for _ in range(40)
    ]
    now = np.full(len(things), hours_of(EMPTIED + 29 * DAY))
    model = CityModel(things, float(now[0]))
    seen, planned = (model.quantiles(things, now, now + 24, as_seen=seen)[:, HIGH].mean() for seen in (True, False))
    assert seen == pytest.approx(0.98, abs=0.01)
    assert planned > 1.0
    assert model.quantiles(things, now, now + 24 * 14, as_seen=True).max() <= 1.0


def test_plan_asks_of_whom_it_leaves_alone_and_not_of_whom_crews_left_alone() -> None:
    """One day of three is quiet: 0.1 comes in, and nobody comes. On the others it is 0.5, and the container is emptied.

    Over a day of which nobody knows which it will be 0.5 is as likely as not; over one on which nobody came it was 0.1.
    """
    chance = np.random.default_rng(1)
    midnight = EMPTIED.replace(hour=4)
    things = []
    for _ in range(12):
        belief, level = start(), 0.2
        for day in range(120):
            busy = chance.random() < 2 / 3
            for part in range(1, 9):
                level = min(level + (0.5 if busy else 0.1) / 8, 1.0)
                at = midnight + (day + part / 9) * DAY
                belief = learn(belief, Evidence("reading", at, at, round(level, 3)))
            if busy or level > 0.8:
                at, level = midnight + (day + 0.9) * DAY, 0.0
                belief = learn(belief, Evidence("emptied", at, at))
            for share in (0.92, 0.94, 0.96, 0.98):
                at = midnight + (day + share) * DAY
                belief = learn(belief, Evidence("reading", at, at, round(level, 3)))
        things.append(Thing(belief, ("bin",), 0.3))
    now_days = 120 - 8 / 24 + 0.01
    levels = np.array([thing.belief.level for thing in things])
    by_plan, looking_back = (
        np.mean([expected_of(things, one, now_days, 24, nobody_came=came) for one in things]) - levels.mean()
        for came in (False, True)
    )
    assert looking_back < 0.25
    assert by_plan > 0.35


def test_chance_and_overflow_are_read_off_the_quantiles() -> None:
    """Even between 0.5 and 1.5: half of it lies above 1, by a quarter on average, so 0.125 are expected beside it."""
    even = np.array([[0.55, 0.6, 0.75, 1.0, 1.25, 1.4, 1.45]])
    assert chance_above(even, 1.0)[0] == pytest.approx(0.5)
    assert chance_above(even, 1.4)[0] == pytest.approx(0.1)
    assert chance_above(even, 0.2)[0] == 1.0
    assert expected_above(even, 1.0)[0] == pytest.approx(0.125, abs=0.01)
    assert expected_above(even, 3.0)[0] == 0.0


def registry_of(*containers: Container, **rules: object) -> Registry:
    """A small city: one truck from 06:00 to 14:00 UTC, so a container is emptied at 10:00."""
    return Registry(
        city=City(
            schema="tournee/city/1",
            id="porto",
            name="Porto",
            timezone="UTC",
            currency="XOF",
            prices=Prices(fuel_per_l=700, crew_per_h=2600),
            planning=Planning(**rules),  # type: ignore[arg-type]
        ),
        zones=(Zone(id="z", name="Z", population=100),),
        zone_shapes={},
        container_kinds=(ContainerKind(id="bin", name="Bin", service_s=60, kg_per_l=0.25, fill_per_day=0.3),),
        containers=containers,
        truck_classes=(
            TruckClass(
                id="big",
                name="Big",
                capacity_kg=8000,
                capacity_l=16000,
                compaction=2,
                max_trips=3,
                fixed_cost=0,
                drive_l_per_km=0.5,
                per_stop_l=0.05,
                idle_l_per_h=3,
            ),
        ),
        trucks=(Truck(id="T1", truck_class="big", depot="D", shift_from=time(6), shift_to=time(14)),),
        depots=(Depot(id="D", name="D", lon=2.4, lat=6.4),),
        disposal_sites=(
            DisposalSite(id="L", name="L", lon=2.5, lat=6.4, service_s=600, open_from=time(6), open_to=time(18)),
        ),
        baseline=(),
    )


def container(name: str) -> Container:
    return Container(id=name, name=name, lon=2.41, lat=6.41, kind="bin", capacity_l=1000, zone="z")


def only(beliefs: dict[str, Belief], day: date, **rules: object) -> ContainerForecast:
    (told,) = forecasts_of_day(registry_of(container("C1"), **rules), beliefs, day)
    return told


def test_full_container_is_required_with_its_load() -> None:
    """At 10:00 it holds 0.9 of 1000 l, 0.25 kg each."""
    told = only({"C1": belief_from((22 / 24, 0.9))}, date(2026, 3, 2))
    assert (told.due, told.required, told.evidence) == ("full", True, "readings")
    assert told.demand_l == pytest.approx(900, abs=5)
    assert told.demand_kg == pytest.approx(225, abs=2)


def test_container_that_two_residents_call_full_is_required() -> None:
    """Without a sensor, 0.3 by its kind after a day: 0.77 for one resident, so tomorrow; over 0.8 for two."""
    day = date(2026, 3, 2)
    plain, one, two = (only({"C1": with_reports(belief_from(), 0.8, count)}, day) for count in range(3))
    assert plain.due is None
    assert (one.due, one.later_day, one.later_due) == (None, date(2026, 3, 3), "full")
    assert (two.due, two.required, two.evidence) == ("full", True, "prior")


def test_load_is_what_is_found_on_average() -> None:
    """Without a sensor, half of such containers hold more than the median, and by more than the others hold less."""
    told = only({"C1": belief_from()}, date(2026, 3, 2))
    assert 1.02 < told.demand_l / (told.fill_ratio * 1000) < 1.3


def test_nearly_full_container_is_kept_for_the_day_that_finds_it_full() -> None:
    """0.6 now and 0.3 a day: 0.9 tomorrow. Emptied today it would be full again as soon, so it is tomorrow's."""
    told = only({"C1": belief_from((22 / 24, 0.6))}, date(2026, 3, 2))
    assert (told.due, told.later_day, told.later_due) == (None, date(2026, 3, 3), "full")
    assert told.prize > 0


def test_prize_grows_with_the_level_and_with_the_hours_to_the_next_round() -> None:
    """The fuller it is, and the longer nobody comes, the more is expected to lie beside it."""
    low, high = (only({"C1": belief_from((22 / 24, level))}, date(2026, 3, 2)).prize for level in (0.3, 0.7))
    later = only({"C1": belief_from((22 / 24, 0.3))}, date(2026, 3, 2), next_round_h=72).prize
    assert low < high
    assert low < later


def test_slow_container_is_due_when_the_promise_would_be_broken() -> None:
    """Emptied two days ago and promised every three: left today, it would be three days at the next round."""
    belief = belief_from((1.9, 0.1))
    kept = only({"C1": belief}, date(2026, 3, 3))  # 10:00 is 1.92 days after; next round 2.92
    broken = only({"C1": belief}, date(2026, 3, 4))
    assert (kept.due, broken.due, broken.required) == (None, "too_long_since_emptied", True)


def test_container_never_heard_of_is_due() -> None:
    """On the first day nobody knows: it is looked after, not forgotten."""
    assert only({}, date(2026, 3, 2)).required
