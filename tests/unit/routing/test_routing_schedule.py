"""When to leave, serve and rest for a fixed sequence of visits."""

from __future__ import annotations

from routing.problem import Break
from routing.schedule import Legs, best_timing, last_start, next_start


def legs(travel_s: list[int], service_s: list[int], windows: list[tuple[tuple[int, int], ...]]) -> Legs:
    return Legs(travel_s, service_s, windows)


def test_service_starts_at_the_next_opening_of_a_site_that_closes_at_noon() -> None:
    """Protects several openings: arriving in the gap waits for the second one, after the last there is none."""
    openings = ((0, 100), (200, 300))
    assert next_start(openings, 150) == 200
    assert next_start(openings, 301) is None
    assert last_start(openings, 150) == 100
    assert last_start(((200, 300),), 150) is None


def test_truck_leaves_late_when_leaving_early_would_only_wait() -> None:
    """Protects duty time as money: the depot is left just in time for the market's opening."""
    # 100 s there, opens at 1000, 60 s of service, 100 s back: leave at 900, home at 1160, duty 260 s.
    timing = best_timing(legs([100, 100], [0, 60, 0], [(), ((1000, 2000),), ()]), (0, 5000), None)
    assert timing is not None
    assert timing.start_s == (900, 1000, 1160)
    assert timing.duty_s == 260


def test_second_window_is_taken_when_it_makes_the_duty_shorter() -> None:
    """Protects the search over openings: being first at A forces a long wait for B, coming later does not."""
    # A opens 0-100 and 900-1000, B opens 1000-1100; A to B takes 50 s. Via A's first window one leaves A at 100
    # at the latest and waits for B until 1000: duty 10 + 900 + 10. Via its second: A at 950, B at 1000: duty 70.
    timing = best_timing(
        legs([10, 50, 10], [0, 0, 0, 0], [(), ((0, 100), (900, 1000)), ((1000, 1100),), ()]), (0, 5000), None
    )
    assert timing is not None
    assert timing.start_s == (940, 950, 1000, 1010)


def test_crew_rests_between_stops_when_on_duty_as_the_window_closes() -> None:
    """Protects the break rule: taken whole, inside the window, after a service and before driving on."""
    # Leave 0, A 100-400, B 500-800, home 900. Window 350-450, 100 s: after A at 400, then B 600-900, home 1000.
    rest = Break(100, (350, 450))
    timing = best_timing(legs([100, 100, 100], [0, 300, 300, 0], [(), (), (), ()]), (0, 1000), rest)
    assert timing is not None
    assert (timing.rest_after, timing.rest_start_s) == (1, 400)
    assert timing.start_s == (0, 100, 600, 1000)


def test_no_break_is_due_when_the_crew_is_home_before_the_window_closes() -> None:
    """Protects short duties from a rest nobody owes them."""
    timing = best_timing(legs([100, 100], [0, 100, 0], [(), (), ()]), (0, 1000), Break(300, (200, 500)))
    assert timing is not None
    assert timing.rest_after is None
    assert timing.duty_s == 300


def test_duty_without_room_for_its_break_is_refused() -> None:
    """Protects the shift: 300 s of work and a 300 s rest do not fit 500 s when the window closes in their middle."""
    windows = [(), ((250, 260),), ()]  # the window of the stop keeps the crew on duty around 240
    assert best_timing(legs([100, 100], [0, 100, 0], windows), (0, 500), Break(300, (100, 240))) is None
