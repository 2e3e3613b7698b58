"""Kim et al.'s waste instances: units, lunch, limits of the day, and errors by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing import FileWarning, MaxIterations, ProblemError, VisitKind, check, solve
from routing.formats import METRES_PER_MILE, read_any_problem, read_kim
from tests.support.beside import SHARED
from tests.unit.routing.formats.spoilt import told_of_spoilt

# A mile is 5,280 feet and takes 90 s at 40 mph. Stops 2 and 3 lie one and two miles east of the depot, the landfill
# (1) one mile north of it.
SMALL = """20.0 // vehicle capacity (yards), real number
30.0 // total yardage allowed for a vehicle per day
500 // stops
3600 // lunch
40 // MPH
Stop_ID	X(feet)	Y(feet)	Early	Late	Service	Load	Type
0 0 0 0400 1500 0 9999.0 0
1 0 5280 0000 2400 600 9999.0 2
2 5280 0 0000 2400 60 12.5 1
3 10560 0 1130 1145 60 12.5 1
"""


def written(tmp_path: Path, text: str = SMALL) -> Path:
    path = tmp_path / "small_stop.txt"
    path.write_text(text)
    return path


def test_units_and_rules(tmp_path: Path) -> None:
    """Protects the rules: 765 l a yard, 90 s a mile at 40 mph, 11:30 = 41,400 s, lunch to start from 11:00 to 12:00."""
    problem = read_any_problem(written(tmp_path))
    vehicle, late = problem.vehicles[0], problem.stops[1]
    assert (vehicle.capacity_l, vehicle.day_limit_l, vehicle.max_stops) == (20 * 765, 30 * 765, 500)
    assert vehicle.shift == (4 * 3600, 15 * 3600)
    assert vehicle.rest is not None
    assert (vehicle.rest.duration_s, vehicle.rest.window) == (3600, (39_600, 43_200))
    assert late.windows == ((41_400, 42_300),)
    assert problem.stops[0].windows == ()
    assert problem.disposal_sites[0].open == ((0, 86_400),)
    # Manhattan: from the landfill one mile south, then two east.
    assert problem.matrices["truck"].distance_m[1, 3] == round(3 * METRES_PER_MILE)
    assert problem.matrices["truck"].duration_s[1, 3] == 270


def test_plan_keeps_lunch_and_counts_vehicles_before_miles(tmp_path: Path) -> None:
    """Protects the objective: one truck, 1,000 and its miles.

    25 yards in a truck of 20 need two trips: out to 3 and by the landfill (2 + 3 miles), back east to 2, the landfill
    again and home (2 + 2 + 1): 10 miles; the other way round, 2 first: 1 + 2, then 3 + 3, then 1, also 10.
    """
    problem = read_kim(written(tmp_path))
    plan = solve(problem, MaxIterations(300), seed=1)
    verdict = check(problem, plan)
    assert verdict.violations == []
    assert len(plan.routes) == 1
    assert verdict.cost == pytest.approx(1010, abs=0.01)
    route = plan.routes[0]
    noon_s = 43_200
    on_duty_at_noon = route.visits[0].leave_s < noon_s < route.visits[-1].arrive_s
    assert on_duty_at_noon == any(visit.kind is VisitKind.BREAK for visit in route.visits)


def test_day_limit_asks_for_a_second_vehicle(tmp_path: Path) -> None:
    """Protects the limit of the day: 25 yards with 20 allowed a vehicle and day need two vehicles."""
    problem = read_kim(written(tmp_path, SMALL.replace("30.0", "20.0")))
    plan = solve(problem, MaxIterations(300), seed=1)
    assert plan.violations == ()
    assert len(plan.routes) == 2


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("20.0 //", "twenty //", "small_stop.txt:1: found 'twenty', expected yards a vehicle holds"),
        ("40 //", "0 //", "small_stop.txt:5: found '0', expected miles an hour, more than 0"),
        ("1130 1145", "1130 4800", "small_stop.txt:10: found '4800', expected a time as HHMM, up to 4759"),
        ("1130 1145", "1145 1130", "small_stop.txt:10: found '1145 1130', expected a latest time not before"),
        ("1145 60 12.5 1", "1145 60 12.5", "small_stop.txt:10: found '3 10560 0 1130 1145 60 12.5', expected 8"),
        ("12.5 1\n3", "-12.5 1\n3", "small_stop.txt:9: found '-12.5', expected a load of 0 yards or more"),
        ("9999.0 2", "9999.0 3", "small_stop.txt:8: found '3', expected type 0 (depot), 1 (stop) or 2 (landfill)"),
        ("\n3 10560", "\n2 10560", "small_stop.txt:10: found '2', expected an id used once"),
        ("9999.0 0", "9999.0 2", "found '0 depots', expected 1"),
    ],
)
def test_wrong_line_is_named(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    """Protects whoever made the file: number of the line, what stands there, what is expected."""
    assert told in told_of_spoilt(read_kim, written(tmp_path), was, becomes)


def test_minutes_above_59_are_hundredths_of_an_hour(tmp_path: Path) -> None:
    """Protects files that count hours in hundredths: 1175 is 11:45 (42,300 s); 1130 beside it stays half past."""
    with pytest.warns(FileWarning, match=r"small_stop.txt: times .*, those are read as .*: 1175 as 11:45"):
        problem = read_kim(written(tmp_path, SMALL.replace("1130 1145", "1130 1175")))
    assert problem.stops[1].windows == ((41_400, 42_300),)


def test_file_in_quarters_of_an_hour_is_read_so_throughout(tmp_path: Path) -> None:
    """Protects the other times of such a file: where 1675 is 16:45 (60,300 s), 850 is half past eight (30,600 s)."""
    with pytest.warns(FileWarning, match="all times are read as hundredths of an hour: 1675 as 16:45"):
        problem = read_kim(written(tmp_path, SMALL.replace("1130 1145", "0850 1675")))
    assert problem.stops[1].windows == ((30_600, 60_300),)
    assert problem.vehicles[0].shift == (4 * 3600, 15 * 3600)


def test_short_file_is_refused(tmp_path: Path) -> None:
    """Protects against a file cut off in its head."""
    with pytest.raises(ProblemError, match="found '2 lines', expected five numbers"):
        read_kim(written(tmp_path, "20\n30\n"))


def test_published_instances_are_read() -> None:
    """Protects the real files: counts as the paper has them, and every stop can at least be held by a truck."""
    folder = SHARED / "data" / "wcvrptw"
    if not folder.exists():
        pytest.skip(f"{folder} is not here: the instances are not part of this project")
    for stops, landfills in ((99, 2), (275, 1), (784, 19)):
        path = folder / f"{stops + landfills + 1}_stop.txt"
        problem = read_kim(path)
        assert (len(problem.stops), len(problem.disposal_sites)) == (stops, landfills)
        assert max(stop.demand_l for stop in problem.stops) <= problem.vehicles[0].capacity_l
