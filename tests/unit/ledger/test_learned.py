"""Circuits learned from positions: lists by truck and weekday, in driving order, with all that is doubtful."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from services.city.registry import Registry
from services.ledger.learned import Driven, TooLittle, learn_baseline
from services.roads.tracks import TrackFix
from tests.support.example_town import example_town

FIRST, LAST = date(2026, 2, 2), date(2026, 3, 1)  # four weeks from a Monday on
TRUCK = "RB-1021"


@pytest.fixture(scope="module")
def town() -> Registry:
    return example_town()


def day_of(town: Registry, day: date, containers: list[str], truck: str = TRUCK) -> Driven:
    """From one to the next in five minutes, a fix each ten seconds, and two minutes at each."""
    places = {c.id: (c.lon, c.lat) for c in town.containers}
    depot = (town.depots[0].lon, town.depots[0].lat)
    at_s = datetime(day.year, day.month, day.day, 6, tzinfo=UTC).timestamp()
    fixes, here = [TrackFix(at_s, *depot)], depot
    for container in containers:
        there = places[container]
        steps = 30  # of ten seconds
        for n in range(1, steps + 1):
            at_s += 10
            share = n / steps
            fixes.append(TrackFix(at_s, here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
        for _ in range(12):
            at_s += 10
            fixes.append(TrackFix(at_s, *there))
        here = there
    return day, truck, fixes


def four_weeks(town: Registry, skip: set[date] = frozenset()) -> Iterator[Driven]:  # type: ignore[assignment]
    """Mondays, Wednesdays and Fridays HOU-003, HOU-002, HOU-005; other days HOU-009 and HOU-007."""
    for n in range(28):
        day = FIRST + timedelta(days=n)
        if day not in skip:
            is_centre = day.weekday() in {0, 2, 4}
            yield day_of(town, day, ["HOU-003", "HOU-002", "HOU-005"] if is_centre else ["HOU-009", "HOU-007"])


def test_circuits_come_out_as_they_were_driven(town: Registry) -> None:
    learned = learn_baseline(town, 1, four_weeks(town), FIRST, LAST)
    monday = [row.container for row in learned.circuits if row.weekdays == ("mon",)]
    tuesday = [row.container for row in learned.circuits if row.weekdays == ("tue",)]
    assert (monday, tuesday) == (["HOU-003", "HOU-002", "HOU-005"], ["HOU-009", "HOU-007"])
    assert {row.truck for row in learned.circuits} == {TRUCK}
    assert [truck.id for truck in learned.trucks] == [TRUCK]
    assert (learned.learned_from, learned.first_day, learned.last_day) == ("gps", FIRST, LAST)


def test_what_is_doubtful_is_written_down(town: Registry) -> None:
    """A silent truck, containers on no circuit, two days without positions, a stranger: somebody has to accept it."""
    missing = {FIRST + timedelta(days=3), FIRST + timedelta(days=10)}
    stranger = day_of(town, FIRST, ["HOU-003"], truck="LENT-1")
    learned = learn_baseline(town, 1, [*four_weeks(town, missing), stranger], FIRST, LAST)
    told = "\n".join(learned.known_flaws)
    assert "2 days without any container emptied by GPS: 2026-02-05, 2026-02-12" in told
    assert "7 containers on no circuit: HOU-001, HOU-004" in told
    assert "trucks without positions, whose circuits are missing: RB-2210" in told
    assert "positions of trucks that the registry does not know were left aside: LENT-1" in told


def test_an_exception_is_no_circuit(town: Registry) -> None:
    """HOU-004 was visited on one Monday of four: it is on no list."""
    days = [
        day_of(town, day, ["HOU-004"]) if day == FIRST else (day, truck, fixes)
        for day, truck, fixes in four_weeks(town)
    ]
    learned = learn_baseline(town, 1, days, FIRST, LAST)
    assert "HOU-004" not in {row.container for row in learned.circuits}


def test_less_than_four_weeks_teach_nothing(town: Registry) -> None:
    with pytest.raises(TooLittle, match="27 days; expected at least 28"):
        learn_baseline(town, 1, four_weeks(town), FIRST, LAST - timedelta(days=1))
    with pytest.raises(TooLittle, match="are the trackers on"):
        learn_baseline(town, 1, list(four_weeks(town))[:3], FIRST, LAST)
