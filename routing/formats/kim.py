"""Waste instances of Kim, Kim and Sahoo, Computers & Operations Research 33(12), 2006, doi 10.1016/j.cor.2005.02.045.

Five numbers (yards a vehicle holds, yards and stops it may take a day, seconds of lunch, miles an hour), a heading,
then one place a line. Distances are Manhattan, in feet. What the file leaves open is decided here:

- a window is the time service may *start*; the depot's window is the shift: out not before, back not after;
- lunch is taken whole, between two services or legs, by every crew on duty at 12:00, and starts from 11:00 to 12:00;
- HHMM is read as the heading says, so 550 is 05:50; minutes above 59, as in 875, can only be hundredths of an hour
  (08:45), and where all of a file's are quarters of an hour in hundredths (0, 25, 50, 75), all of them are: a warning
  says so;
- one yard is written as 765 litres (a cubic yard has 764.55): whole numbers keep sums of yards exact;
- a leg's seconds are rounded up, so that a plan holds at the true speed; its metres to the nearest.

A plan costs 1,000 for each vehicle and 1 for each mile. In eleven hours at 40 mph a truck drives 440 miles at most, so
fewer vehicles come first and miles second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.formats.drawing import drawn, refuse_too_many, rounded_int32
from routing.formats.lines import Lines, warn
from routing.problem import Break, Depot, DisposalSite, FuelModel, Matrix, Prices, Problem, Stop, Vehicle, Window
from routing.validation import validate

METRES_PER_MILE = 1609.344
METRES_PER_FOOT = 0.3048
LITRES_PER_YARD = 765.0
MILES_PER_VEHICLE = 1000.0
LUNCH_STARTS: Window = (39_600, 43_200)  # 11:00 to 12:00, as the files' fourth line says
DAY_S = 86_400
HEADING = "Stop_ID X Y Early(HHMM) Late(HHMM) Service(s) Load(yards) Type(0 depot, 1 stop, 2 landfill)"
DEPOT, STOP, LANDFILL = 0, 1, 2
COLUMNS, TIMES = 8, slice(3, 5)
QUARTERS = {0, 25, 50, 75}  # of an hour, in hundredths
KG_OF_NOTHING = 1.0  # loads are counted in litres; a vehicle must be able to carry something in kilograms too
NAME, STREAM = "truck", "any"


@dataclass(frozen=True, slots=True)
class _Rules:
    capacity_yd: float
    day_yd: float
    day_stops: int
    lunch_s: int
    mph: float


@dataclass(frozen=True, slots=True)
class _Place:
    line: int
    id: str
    x_ft: float
    y_ft: float
    window: Window
    service_s: int
    load_yd: float
    kind: int


def read_kim(path: Path, vehicles: int | None = None) -> Problem:
    """Read an instance. Raises `FileError` when unreadable, `ProblemError` with every wrong line.

    `vehicles` limits the fleet; without it there are about twice as many as an estimate asks for.
    """
    lines = Lines(path)
    rows = list(lines)
    rules = _rules(lines, rows[:5])
    in_hundredths = _in_hundredths(path.name, rows[6:])
    places = [place for number, row in rows[6:] if (place := _place(lines, number, row, in_hundredths)) is not None]
    depots = [place for place in places if place.kind == DEPOT]
    stops = [place for place in places if place.kind == STOP]
    for name, count, wanted in (("depots", len(depots), 1), ("stops", len(stops), None)):
        if (wanted is None and not count) or (wanted is not None and count != wanted):
            lines.note(max(1, len(lines.rows)), f"{count} {name}", f"{wanted or 'at least one'} in the file")
    _note_repeated(lines, places)
    lines.done()
    refuse_too_many(str(path), len(places))
    matrix = _matrix(str(path), places, rules.mph)
    return validate(_problem(path.stem, rules, places, matrix, vehicles))


def _problem(name: str, rules: _Rules, places: list[_Place], matrix: Matrix, vehicles: int | None) -> Problem:
    depot = next(index for index, place in enumerate(places) if place.kind == DEPOT)
    feet = np.array([(place.x_ft, place.y_ft) for place in places], dtype=np.float64)
    count = vehicles or _enough(rules, places, matrix)
    rest = Break(rules.lunch_s, LUNCH_STARTS) if rules.lunch_s else None
    return Problem(
        name=name,
        prices=Prices(fuel_per_l=1.0, crew_per_h=0.0, currency="miles"),
        locations=drawn(feet * METRES_PER_FOOT),
        matrices={NAME: matrix},
        depots=(Depot("depot", depot),),
        disposal_sites=tuple(
            DisposalSite(place.id, index, place.service_s, (place.window,))
            for index, place in enumerate(places)
            if place.kind == LANDFILL
        ),
        vehicles=tuple(_vehicle(number, rules, places[depot].window, rest) for number in range(count)),
        stops=tuple(
            Stop(place.id, index, 0.0, _litres(place.load_yd), place.service_s, STREAM, _windows_of_stop(place.window))
            for index, place in enumerate(places)
            if place.kind == STOP
        ),
    )


def _vehicle(number: int, rules: _Rules, shift: Window, rest: Break | None) -> Vehicle:
    return Vehicle(
        id=f"V{number + 1:03d}",
        profile=NAME,
        start_depot="depot",
        end_depot="depot",
        shift=shift,
        capacity_kg=KG_OF_NOTHING,
        capacity_l=_litres(rules.capacity_yd),
        streams=frozenset({STREAM}),
        fuel=FuelModel(drive_l_per_km=1000 / METRES_PER_MILE),  # one "litre" a mile
        rest=rest,
        fixed_cost=MILES_PER_VEHICLE,
        max_stops=rules.day_stops,
        day_limit_l=_litres(rules.day_yd),
    )


def _enough(rules: _Rules, places: list[_Place], matrix: Matrix) -> int:
    """Twice the vehicles that yards, stops and a rough guess of the hours ask for, and three; never more than stops."""
    stops = [index for index, place in enumerate(places) if place.kind == STOP]
    sites = [index for index, place in enumerate(places) if place.kind == LANDFILL]
    depot = next(index for index, place in enumerate(places) if place.kind == DEPOT)
    yards = sum(places[index].load_yd for index in stops)
    shift_s = max(1, places[depot].window[1] - places[depot].window[0] - rules.lunch_s)
    away_s = matrix.duration_s[np.ix_(stops, sites or [depot])].min(axis=1)
    trips = math.ceil(yards / rules.capacity_yd)
    hop_s = matrix.duration_s[np.ix_(stops, stops)].astype(np.float64)
    np.fill_diagonal(hop_s, np.inf)
    next_s = float(hop_s.min(axis=1).sum()) if len(stops) > 1 else 0.0
    unload_s = max((places[index].service_s for index in sites), default=0)
    haul_s = trips * (2 * float(away_s.mean()) + unload_s)
    work_s = sum(places[index].service_s for index in stops) + next_s + haul_s
    bound = max(yards / rules.day_yd, len(stops) / rules.day_stops, work_s / shift_s)
    return min(len(stops), 2 * math.ceil(bound) + 3)


def _rules(lines: Lines, rows: list[tuple[int, str]]) -> _Rules:
    wanted = ("yards a vehicle holds", "yards a vehicle may take a day", "stops a vehicle may serve a day",
              "seconds of lunch", "miles an hour")  # fmt: skip
    if len(rows) < len(wanted):
        lines.note(max(1, len(lines.rows)), f"{len(rows)} lines", "five numbers, a heading, then the places")
        lines.done()
    numbers = []
    for (number, row), what in zip(rows, wanted, strict=True):
        value = lines.number(number, row.split()[0], f"{what}, a number")
        if value < 0 or (value == 0 and what != wanted[3]):
            lines.note(number, row.split()[0], f"{what}, more than 0")
        numbers.append(value)
    lines.done()
    return _Rules(numbers[0], numbers[1], int(numbers[2]), int(numbers[3]), numbers[4])


def _in_hundredths(name: str, rows: list[tuple[int, str]]) -> bool:
    """Tell whether all times of the file are hundredths of an hour; warns where some can be nothing else."""
    words = [word for _, row in rows if len(row.split()) == COLUMNS for word in row.split()[TIMES]]
    minutes = {int(word) % 100 for word in words if word.isdecimal()}
    odd = sorted({int(word) for word in words if word.isdecimal() and int(word) % 100 > 59})
    if not odd:
        return False
    whole = minutes <= QUARTERS
    shown = ", ".join(f"{clock} as {_clock_text(clock)}" for clock in odd[:3])
    which = "all times are read as hundredths of an hour" if whole else "those are read as hundredths of an hour"
    warn(f"{name}: times with more than 59 minutes, {which}: {shown}")
    return whole


def _clock_text(clock: int) -> str:
    """Hundredths of an hour as HH:MM."""
    return f"{clock // 100:02d}:{clock % 100 * 60 // 100:02d}"


def _place(lines: Lines, number: int, row: str, in_hundredths: bool) -> _Place | None:
    words = row.split()
    if len(words) != COLUMNS:
        lines.note(number, row, f"{COLUMNS} columns: {HEADING}")
        return None
    from_s, to_s = (_clock_s(lines, number, word, in_hundredths) for word in words[TIMES])
    window = (from_s, to_s)
    if window[1] < window[0]:
        lines.note(number, f"{words[3]} {words[4]}", "a latest time not before the earliest (midnight is 2400)")
    kind = lines.whole(number, words[7], "type 0 (depot), 1 (stop) or 2 (landfill)")
    if kind > LANDFILL:
        lines.note(number, words[7], "type 0 (depot), 1 (stop) or 2 (landfill)")
    load = lines.number(number, words[6], "a load in yards")
    if load < 0:
        lines.note(number, words[6], "a load of 0 yards or more")
    return _Place(
        line=number,
        id=words[0],
        x_ft=lines.number(number, words[1], "x in feet"),
        y_ft=lines.number(number, words[2], "y in feet"),
        window=window,
        service_s=lines.whole(number, words[5], "service time in whole seconds"),
        load_yd=load,
        kind=kind,
    )


def _clock_s(lines: Lines, number: int, text: str, in_hundredths: bool) -> int:
    """Seconds after midnight of HHMM, or of hundredths of an hour; 2400 and more meaning the next day."""
    clock = lines.whole(number, text, "a time as HHMM")
    hours, minutes = divmod(clock, 100)
    if hours > 47:
        lines.note(number, text, "a time as HHMM, up to 4759")
    return hours * 3600 + minutes * (36 if in_hundredths or minutes > 59 else 60)


def _windows_of_stop(window: Window) -> tuple[Window, ...]:
    return () if window[0] == 0 and window[1] >= DAY_S else (window,)


def _litres(yards: float) -> float:
    return round(yards * LITRES_PER_YARD, 6)


def _note_repeated(lines: Lines, places: list[_Place]) -> None:
    seen: set[tuple[bool, str]] = set()
    for place in places:
        key = (place.kind == LANDFILL, place.id)
        if key in seen:
            lines.note(place.line, place.id, "an id used once")
        seen.add(key)


def _matrix(name: str, places: list[_Place], mph: float) -> Matrix:
    xy = np.array([(place.x_ft, place.y_ft) for place in places], dtype=np.float64)
    feet: NDArray[np.float64] = np.abs(xy[:, None, 0] - xy[None, :, 0]) + np.abs(xy[:, None, 1] - xy[None, :, 1])
    metres = rounded_int32(name, np.rint(feet * METRES_PER_FOOT))
    feet_per_s = mph * 5280 / 3600
    seconds = rounded_int32(name, np.ceil(np.round(feet / feet_per_s, 6)))
    return Matrix(metres, seconds)
