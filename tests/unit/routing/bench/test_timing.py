"""Times for a peer's bare order of visits: waiting, the latest start, the break."""

from __future__ import annotations

from dataclasses import replace

from routing import Break, Problem, Route, Solution, VisitKind, check
from routing.bench.timing import Order, Timetable
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

ORDER: Order = [
    (VisitKind.DEPOT, "D"),
    (VisitKind.STOP, "B2"),
    (VisitKind.STOP, "B3"),
    (VisitKind.DISPOSAL, "L"),
    (VisitKind.DEPOT, "D"),
]


def violations(problem: Problem, order: Order) -> tuple[Route, list[str]]:
    route = Route("T1", Timetable(problem).timed(problem.vehicles[0], order))
    return route, check(problem, Solution(problem.name, (route,))).violations


def test_leaves_as_late_as_the_window_allows() -> None:
    """Protects a peer's cost: B2, 1 km out, opens at 5,000; leaving at 4,900 waits for nothing.

    60 s at B2, 100 s to B3 (2 km), 60 s, 300 s to the landfill (5 km), 600 s, 500 s home: back at 6,620.
    """
    problem = make_town([0, 5, 1, 2], [bin_at(2, windows=((5000, 6000),)), bin_at(3)])
    route, wrong = violations(problem, ORDER)
    assert wrong == []
    assert route.visits[0].leave_s == 4900
    assert route.visits[-1].arrive_s == 6620


def test_takes_the_later_of_two_openings() -> None:
    """Protects stops with several windows: 100 s out the first has closed, so service starts at the second."""
    problem = make_town([0, 5, 1, 2], [bin_at(2, windows=((0, 50), (300, 400))), bin_at(3)])
    route, wrong = violations(problem, ORDER)
    assert wrong == []
    assert route.visits[1].start_s == 300


def test_break_is_put_where_the_truck_is_free() -> None:
    """Protects peers that know no breaks: 1,720 s of work, a break of 600 s starting from 1,000 to 1,200.

    Leaving at 680: B2 from 780 to 840, B3 from 940 to 1,000, break to 1,600, the landfill from 1,900 to 2,500, home at
    3,000. The duty is work and break, 2,320 s, without any waiting; leaving at 0 it would be 3,000.
    """
    rested = replace(TRUCK, rest=Break(600, (1000, 1200)), shift=(0, 3000))
    problem = make_town([0, 5, 1, 2], [bin_at(2, windows=((100, 800),)), bin_at(3)], [rested])
    route, wrong = violations(problem, ORDER)
    assert wrong == []
    assert sum(visit.kind is VisitKind.BREAK for visit in route.visits) == 1
    assert (route.visits[0].leave_s, route.duty_s) == (680, 2320)


def test_impossible_order_is_timed_and_judged() -> None:
    """Protects honesty: a plan that comes too late is handed to the judge, not mended or dropped."""
    problem = make_town([0, 5, 1, 2], [bin_at(2), bin_at(3, windows=((0, 10),))])
    _, wrong = violations(problem, ORDER)
    assert any("B3 served" in violation for violation in wrong)
