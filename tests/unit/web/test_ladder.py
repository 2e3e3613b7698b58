"""Where trucks are in their day: late, silent, off their line, full, too late for the site, and how sure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.contracts.planning import Circuit, Visit
from services.web.operator.ladder import (
    FOUR_IN_FIVE,
    Around,
    Ladder,
    deviations_s,
    late_s,
    make_ladder,
    off_line_m,
    spread_s,
    words_of,
)

SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LON, LAT = 2.4, 6.36


def visit(kind: Any, place: str | None, minutes: float) -> Visit:
    at = SIX + minutes * MINUTE
    return Visit(
        kind=kind, place=place, lon=LON, lat=LAT, arrive_at=at, start_at=at, leave_at=at + 2 * MINUTE, load_kg=0,
        load_l=0,
    )  # fmt: skip


def circuit(number: int = 1) -> Circuit:
    """Leaves at 6:02, stops at 6:10, 6:20, 6:30, the site at 7:00, back at 7:30."""
    visits = (
        visit("depot", "d", 0), visit("stop", "a", 10), visit("stop", "b", 20), visit("stop", "c", 30),
        visit("disposal", "s", 60), visit("depot", "d", 90),
    )  # fmt: skip
    return Circuit(number=number, truck=f"T{number}", distance_m=1, fuel_l=1, duty_s=5400, trips=1, visits=visits)


def word(place: str, minutes: float, kind: str = "stop", outcome: str = "done", reason: str | None = None) -> Any:
    return {
        "truck_id": "T1", "kind": kind, "place": place, "outcome": outcome, "reason": reason,
        "happened_at": SIX + minutes * MINUTE,
    }  # fmt: skip


def position(minutes: float, lon: float = LON, truck: str = "T1") -> Any:
    return {"truck_id": truck, "happened_at": SIX + minutes * MINUTE, "lon": lon, "lat": LAT, "speed_kmh": 20,
            "heading_deg": None}  # fmt: skip


def ladder(minutes: float, words: list[Any], positions: list[Any] | None = None, **around: Any) -> Ladder:
    fields: dict[str, Any] = {"names": {}, "lines": {}, "closes": {}}
    made = make_ladder([circuit()], {"T1": words}, positions or [], SIX + minutes * MINUTE, Around(**fields | around))
    assert made is not None
    return made


def test_crew_is_as_late_as_its_last_word() -> None:
    """Done at 6:27 what should be over at 6:22: five minutes."""
    said = words_of(circuit(), [word("a", 12), word("b", 27)])
    assert late_s(circuit(), said, SIX + 28 * MINUTE) == 5 * 60


def test_crew_that_says_nothing_is_as_late_as_what_should_be_over() -> None:
    """At 6:50 the third stop should be over since 6:32."""
    said = words_of(circuit(), [word("a", 12), word("b", 22)])
    assert late_s(circuit(), said, SIX + 50 * MINUTE) == 18 * 60
    assert late_s(circuit(), {}, SIX + 5 * MINUTE) is None


def test_what_is_ahead_comes_as_much_later_and_less_surely_the_farther_it_is() -> None:
    """Ten minutes late, each visit off by 150 s until crews have driven today: the site second, with a root of two."""
    line = ladder(32, [word("a", 22), word("b", 32)]).lines[0]
    assert line.late_s == 600
    assert line.next is not None
    assert line.next.eta is not None
    assert line.next.eta.at == SIX + 40 * MINUTE
    site = line.next_site
    assert site is not None
    assert site.eta is not None
    assert site.eta.at == SIX + 70 * MINUTE
    # 1.2816 x 150 s x sqrt(2)
    assert (site.eta.late - site.eta.at).total_seconds() == pytest.approx(FOUR_IN_FIVE * 150 * 2**0.5)
    assert line.flags == ("late",)


def test_margin_is_the_crew_s_own_once_it_has_driven() -> None:
    """Lateness 0, 2, 0, 2, 0, 2 minutes: each visit adds or takes 120 s."""
    rows = [word("a", 12), word("b", 24), word("c", 32), word("s", 64, "disposal")]
    assert deviations_s(circuit(), words_of(circuit(), rows)) == [120, -120, 120]
    assert spread_s([120, -120, 120, -120, 120], [1.0] * 9) == 120
    assert spread_s([120], [60.0] * 9) == 60
    assert spread_s([], []) == 150


ALL_DONE = [word("a", 12), word("b", 22), word("c", 32), word("s", 62, "disposal")]


@pytest.mark.parametrize(
    ("words", "positions", "minutes", "flagged"),
    [
        ([word("a", 12)], [position(13)], 27, False),
        ([word("a", 12)], [position(13)], 29, True),
        ([word("a", 12)], [], 29, False),  # no GPS: a drive to the landfill is as silent
        ([word("a", 12)], [], 73, True),
        ([], [], 5, False),
        ([], [], 63, True),
        (ALL_DONE, [position(62)], 300, False),
    ],
)  # fmt: skip
def test_truck_that_is_due_to_move_and_silent_is_a_ghost(
    words: list[Any], positions: list[Any], minutes: float, flagged: bool
) -> None:
    """Silent for a quarter of an hour with GPS, an hour without; not before it leaves, and not once all is done."""
    assert ("ghost" in ladder(minutes, words, positions).lines[0].flags) is flagged


def test_one_silent_truck_is_a_ghost_and_all_of_them_a_silent_line() -> None:
    words = {"T1": [word("a", 12)], "T2": [word("a", 12) | {"truck_id": "T2"}]}
    around = Around({}, {}, {})
    both = make_ladder([circuit(1), circuit(2)], words, [position(13), position(13, truck="T2")], SIX + 40 * MINUTE,
                       around)  # fmt: skip
    assert both is not None
    assert both.is_stale
    one = make_ladder([circuit(1), circuit(2)], words, [position(13), position(39, truck="T2")], SIX + 40 * MINUTE,
                      around)  # fmt: skip
    assert one is not None
    assert not one.is_stale
    assert one.to_look_at == 1


def test_distance_from_a_line_is_to_its_nearest_point() -> None:
    """A hundredth of a degree of longitude at 6.36 N is 1,106 m; beside the middle of a line north it is that far."""
    line = [(LON, LAT - 0.01), (LON, LAT + 0.01)]
    assert off_line_m(LON + 0.01, LAT, line) == pytest.approx(1106.4, abs=0.5)
    # Beyond its end: 0.01 degrees of latitude farther.
    assert off_line_m(LON, LAT + 0.02, line) == pytest.approx(1113.2, abs=0.5)


def test_truck_away_from_its_streets_is_told_only_where_streets_are_known_and_news_is_fresh() -> None:
    line = {1: [(LON, LAT - 0.01), (LON, LAT + 0.01)]}
    away = [position(26, LON + 0.01)]
    assert ladder(27, [word("a", 12)], away, lines=line).lines[0].flags == ("off_circuit",)
    assert ladder(27, [word("a", 12)], away).lines[0].flags == ()
    assert ladder(35, [word("a", 12), word("b", 22)], away, lines=line).lines[0].off_m is None
    assert ladder(27, [word("a", 12)], [position(26, LON + 0.002)], lines=line).lines[0].flags == ()


def test_truck_that_is_full_or_comes_after_the_site_closes_is_told() -> None:
    """The site closes at 7:05; the crew is ten minutes late for 7:00."""
    rows = [word("a", 22), word("b", 32, outcome="skipped", reason="truck_full")]
    made = ladder(32, rows, closes={"s": SIX + 65 * MINUTE}).lines[0]
    assert made.flags == ("overloaded", "after_closing", "late")
    assert [rung.visit.place for rung in made.skipped] == ["b"]


def test_nothing_planned_has_no_ladder() -> None:
    assert make_ladder([], {}, [], SIX, Around({}, {}, {})) is None
