"""The hidden truth: what is in the containers, and when."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from simulators.bins.patterns import MARKET_DAY, OTHER_DAY
from simulators.bins.truth import Bins
from simulators.city_folder import CityFolder
from simulators.world import World

START = date(2026, 11, 2)
MIDNIGHT_S = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
HOUR_S = 3600.0


def levels(bins: Bins, container: int, at_s: np.ndarray) -> np.ndarray:
    return bins.level_l(np.full(len(at_s), container), at_s)


def test_fill_never_falls_but_by_emptying(town: CityFolder) -> None:
    """Waste does not vanish: a falling level in the data must mean that a truck was there."""
    bins = Bins(town, 1, START)
    at_s = MIDNIGHT_S + np.arange(0, 5 * 86_400, 600.0)
    for container in range(len(town.containers)):
        assert (np.diff(levels(bins, container, at_s)) >= 0).all()


def test_emptying_counts_from_its_instant(town: CityFolder) -> None:
    """Before the crew is done the container is as full as it was; from then on it starts from nothing."""
    bins = Bins(town, 1, START)
    done_s = MIDNIGHT_S + 30 * HOUR_S
    before = bins.level_of_l("C005", done_s - 1)
    bins.empty("C005", done_s)
    assert bins.level_of_l("C005", done_s - 1) == pytest.approx(before)
    assert bins.level_of_l("C005", done_s) == 0
    assert bins.level_of_l("C005", done_s + 24 * HOUR_S) > 0


def test_one_and_many_are_asked_alike(town: CityFolder) -> None:
    """The quick question of a driver and the wide question of the sensors have the same answer."""
    bins = Bins(town, 1, START)
    bins.empty("C003", MIDNIGHT_S + 10 * HOUR_S)
    bins.empty("C003", MIDNIGHT_S + 50 * HOUR_S)
    at_s = MIDNIGHT_S + np.array([0.0, 10, 10.01, 49.99, 50, 71]) * HOUR_S
    assert [bins.level_of_l("C003", t) for t in at_s.tolist()] == pytest.approx(levels(bins, 3, at_s).tolist())


def test_same_seed_same_story_whoever_else_is_there(town: CityFolder) -> None:
    """A container's story is its own: leaving others out, or asking in another order, changes nothing of it."""
    fewer = type(town)(**{**town.__dict__, "containers": town.containers[10:20]})
    whole, part, other = Bins(town, 1, START), Bins(fewer, 1, START), Bins(town, 2, START)
    at_s = MIDNIGHT_S + 60 * HOUR_S
    part.level_of_l("C012", at_s + 48 * HOUR_S)
    assert part.level_of_l("C012", at_s) == whole.level_of_l("C012", at_s)
    assert other.level_of_l("C012", at_s) != whole.level_of_l("C012", at_s)


def test_mean_follows_the_kind(town: CityFolder) -> None:
    """Over many containers and days the volume thrown is what the kind's rate says, within a tenth.

    37 bins of 660 L at 0.4 a day = 9,768 L a day; own factors have mean 1 but differ by a third, and 37 of them leave
    a spread of 0.39 / sqrt(37) = 6 %, so the check is against the bins' own means.
    """
    bins = Bins(town, 1, START)
    days = 28
    end_s = MIDNIGHT_S + days * 86_400
    k = np.arange(3, len(town.containers))
    thrown = bins.level_l(k, np.full(len(k), end_s)) - bins.level_l(k, np.full(len(k), MIDNIGHT_S))
    assert thrown.sum() / days == pytest.approx(bins.mean_l_per_day[3:].sum(), rel=0.1)
    assert bins.mean_l_per_day[3:].sum() == pytest.approx(37 * 660 * 0.4, rel=0.25)


def test_market_day_and_weekend_show(town: CityFolder) -> None:
    """Weekday patterns are there to be learned: market days by far, Sundays a little."""
    bins = Bins(town, 1, START)
    market_day = int(bins.patterns.market_weekday[0])
    assert market_day in range(7)
    assert (bins.patterns.market_weekday[:3] == market_day).all()
    assert (bins.patterns.market_weekday[3:] == -1).all()
    thrown = {weekday: np.zeros(40) for weekday in range(7)}
    for n in range(56):
        day = START + timedelta(days=n)
        thrown[day.weekday()] += [truth.thrown_l for truth in bins.overflow(day)]
    market = {weekday: litres[:3].sum() for weekday, litres in thrown.items()}
    usual = np.mean([litres for weekday, litres in market.items() if weekday != market_day])
    assert market[market_day] / usual == pytest.approx(MARKET_DAY / OTHER_DAY, rel=0.2)
    household = {weekday: litres[3:].sum() for weekday, litres in thrown.items()}
    assert household[6] > 1.1 * household[2]


def test_nights_are_quiet(town: CityFolder) -> None:
    """Hours differ: between one and four at night hardly anything is thrown."""
    bins = Bins(town, 1, START)
    k = np.arange(len(town.containers))

    def thrown(local_hour: int, hours: int) -> float:
        begin_s = MIDNIGHT_S + (24 + local_hour - 1) * HOUR_S  # Porto-Novo is an hour ahead of UTC
        ends = [bins.level_l(k, np.full(len(k), t)) for t in (begin_s, begin_s + hours * HOUR_S)]
        return float((ends[1] - ends[0]).sum())

    assert thrown(18, 3) > 4 * thrown(1, 3)


def test_overflow_is_counted(make_world: Callable[..., World]) -> None:
    """Scoring sees minutes and litres over the rim, and none of either where the container was emptied in time."""
    world = make_world()
    late = START + timedelta(days=9)  # nobody has come for nine days
    full = next(t for t in world.truth(late) if t.container == "C005")
    assert full.overflow_min == 24 * 60
    assert full.overflow_l == pytest.approx(full.thrown_l)
    world.bins.empty("C005", world.bounds(late)[0].timestamp() - 1)
    assert next(t for t in world.truth(late) if t.container == "C005").overflow_min == 0


def test_time_before_the_world_is_refused(town: CityFolder) -> None:
    """A question about a time that was never simulated is an error, not a silent zero."""
    with pytest.raises(ValueError, match="earlier day"):
        Bins(town, 1, START).level_of_l("C001", MIDNIGHT_S - 5 * 86_400)


def test_fixed_circuits_empty_what_they_list(make_world: Callable[..., World]) -> None:
    """A history before the product: on Monday all forty, on Tuesday the market's three."""
    world = make_world()
    assert world.follow_baseline(START) == 40
    assert world.follow_baseline(START + timedelta(days=1)) == 3
    times = [world.bins.emptyings(f"C{k:03d}")[0] for k in range(40)]
    assert times == sorted(times)
    assert times[0] == datetime(2026, 11, 2, 5, 2, tzinfo=UTC).timestamp()  # 06:00 in Porto-Novo, two minutes to lift
