"""CVRPLIB: `.vrp` instances (Uchoa et al. 2017, doi 10.1016/j.ejor.2016.08.012) and the `.sol` files beside them.

A customer becomes a stop, the depot a depot with a landfill at its gate, a route one trip. A plan's cost is its
distance. One unit of distance is one metre and one second, or, where fractions count, as many of them as a power of ten
can say (`_units_m`): matrices hold whole numbers.

EUC_2D means rounded distances in sets X, A, B, E, and unrounded ones in CMT, Golden and Li: the file does not say
which. `read_vrp` is told, or takes what the `.sol` beside it, then the cost in its COMMENT, were counted with; else it
rounds, as TSPLIB does.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from routing.errors import RoutingError
from routing.formats.drawing import drawn, refuse_too_many, rounded_int32
from routing.formats.lines import Lines, warn
from routing.formats.published import Published, read_published
from routing.formats.tsplib import (
    COORDINATES,
    DEMANDS,
    DEPOTS,
    DISPLAY,
    EXPLICIT,
    WEIGHTS,
    Floats,
    TspFile,
    coordinates,
    explicit_matrix,
    parse,
    require,
)
from routing.problem import Depot, DisposalSite, FuelModel, Matrix, Prices, Problem, Stop, Vehicle
from routing.validation import validate

EUCLIDEAN, CEILED = "EUC_2D", "CEIL_2D"
EDGE_TYPES = (EUCLIDEAN, CEILED, EXPLICIT)
TYPES = ("CVRP", "DCVRP", "ACVRP")
LIMITS = ("CAPACITY", "VEHICLES", "DISTANCE", "SERVICE_TIME")
FIELDS = ("NAME", "COMMENT", "TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", *LIMITS)
ENDLESS_S = 2_000_000_000  # a shift no route of an int32 matrix outlasts in practice
FINEST_DIGITS = 4  # of a distance: published costs have two
KG_OF_NOTHING = 1.0  # loads are counted in litres; a vehicle must be able to carry something in kilograms too
NAME, STREAM = "truck", "any"
COST_COMMENT = re.compile(r"\d+\.\d+")


def read_vrp(path: Path, vehicles: int | None = None, rounded: bool | None = None) -> Problem:
    """Read a CVRPLIB instance. Raises `FileError` when unreadable, `ProblemError` with every wrong line.

    The k in a name (`X-n101-k25`) is the least number of vehicles, not a limit: `vehicles`, or a VEHICLES field, is.
    `rounded` says how EUC_2D is meant; None finds out (see above).
    """
    lines = Lines(path)
    file = parse(lines, FIELDS)
    explicit = file.value("EDGE_WEIGHT_TYPE")[1] == EXPLICIT
    require(lines, file, WEIGHTS if explicit else COORDINATES, DEMANDS, DEPOTS)
    size = _whole_field(lines, file, "DIMENSION", least=2)
    capacity = _whole_field(lines, file, "CAPACITY", least=1)
    limit = _whole_field(lines, file, "VEHICLES", least=1) if "VEHICLES" in file.fields else None
    longest = _limit(lines, file, "DISTANCE") if "DISTANCE" in file.fields else None
    service = lines.number(*file.value("SERVICE_TIME", "0"), "'SERVICE_TIME : N' with 0 or more", 0)
    _check_kind(lines, file)
    lines.done()
    refuse_too_many(str(path), size)
    nodes, xy = _places(lines, file, size)
    demands = _demands(lines, file, nodes)
    depot = _depot(lines, file, nodes)
    lines.done()
    distance = explicit_matrix(lines, file, size) if explicit else _straight(xy)
    if not explicit:
        distance = _as_meant(path, file, distance, depot, rounded)
    np.fill_diagonal(distance, 0)  # no route uses it: some files say 9999 there
    units_m = _units_m(distance, longest, service)
    matrix = rounded_int32(str(path), np.rint(distance * units_m))
    if (longest is None or not service) and size * float(matrix.max()) > ENDLESS_S:
        seconds = rounded_int32(str(path), np.rint(distance))  # nobody counts them, and a day of them must fit
    else:
        seconds = matrix
    count = vehicles or limit or _enough(distance, demands, capacity, depot, longest, service, metric=not explicit)
    longest_m = None if longest is None else math.floor(longest * units_m + 1e-6)
    return validate(
        Problem(
            name=file.value("NAME", path.stem)[1],
            prices=Prices(fuel_per_l=1000.0 / units_m, crew_per_h=0.0, currency="units"),
            locations=drawn(xy),
            matrices={NAME: Matrix(matrix, seconds)},
            depots=(Depot("depot", depot),),
            disposal_sites=(DisposalSite("depot", depot, 0, ((0, ENDLESS_S),)),),
            vehicles=_fleet(count, capacity, longest_m, counts_service=service > 0),
            stops=tuple(
                Stop(str(node), place, 0.0, float(demand), round(service * units_m), STREAM)
                for place, (node, demand) in enumerate(zip(nodes, demands, strict=True))
                if place != depot
            ),
        )
    )


def _as_meant(path: Path, file: TspFile, distance: Floats, depot: int, rounded: bool | None) -> Floats:
    """Straight lines as the file means them: rounded to the nearest (halves up, TSPLIB's nint), up, or as they are."""
    if file.value("EDGE_WEIGHT_TYPE")[1] == CEILED:
        return np.ceil(distance)
    if rounded is None:
        rounded = _is_rounded(path, file, distance, depot)
    return np.floor(distance + 0.5) if rounded else distance


def _is_rounded(path: Path, file: TspFile, distance: Floats, depot: int) -> bool:
    solution = path.with_suffix(".sol")
    if solution.exists():
        try:
            return _counted_rounded(read_published(solution), distance, depot)
        except RoutingError as error:
            warn(f"{error}; it does not tell whether the distances of {path.name} are rounded")
    return COST_COMMENT.fullmatch(file.value("COMMENT", "")[1]) is None


def _counted_rounded(published: Published, distance: Floats, depot: int) -> bool:
    """Tell whether the published cost is nearer to the rounded length of its routes than to the unrounded one."""
    customers = [place for place in range(len(distance)) if place != depot]
    known = all(customer <= len(customers) for route in published.routes for customer in route)
    if not published.routes or not known:
        return published.cost == int(published.cost)
    tours = [[depot, *(customers[customer - 1] for customer in route), depot] for route in published.routes]
    legs = [distance[here, there] for tour in tours for here, there in pairwise(tour)]
    whole = sum(math.floor(leg + 0.5) for leg in legs)
    return bool(abs(whole - published.cost) <= abs(sum(legs) - published.cost))


def _units_m(distance: Floats, longest: float | None, service: float) -> int:
    """Metres (and seconds) that stand for one unit: 1 where all is whole, else as many digits as whole numbers hold."""
    if np.array_equal(distance, np.rint(distance)) and service == int(service):
        return 1  # a limit of 40.5 then is one of 40
    largest = max(float(distance.max()), service, longest or 0.0, 1.0)
    return int(10 ** max(0, min(FINEST_DIGITS, math.floor(math.log10(ENDLESS_S / largest)))))


def _enough(
    distance: Floats, demands: list[int], capacity: int, depot: int, longest: float | None, service: float, metric: bool
) -> int:
    """As many vehicles as a best plan could use.

    Of two routes at most half full and half long, one could do both: so all but one are over half full or over half
    long, together at most as long as a drive to each customer alone. Where a detour may be the shorter way, joining two
    routes may cost: then a vehicle for each customer.
    """
    customers = len(demands) - 1
    if not metric:
        return customers
    routes = 2 * math.ceil(sum(demands) / capacity) + 1
    if longest is not None:
        star = float(distance[depot].sum() + distance[:, depot].sum()) + customers * service
        routes += math.ceil(2 * star / longest)
    return max(1, min(customers, routes))


def _fleet(count: int, capacity: int, longest_m: int | None, counts_service: bool) -> tuple[Vehicle, ...]:
    """Alike vehicles, whose routes are at most `longest_m`: metres, or where service counts too, seconds of a shift."""
    return tuple(
        Vehicle(
            id=f"V{number + 1:04d}",
            profile=NAME,
            start_depot="depot",
            end_depot="depot",
            shift=(0, longest_m if longest_m is not None and counts_service else ENDLESS_S),
            capacity_kg=KG_OF_NOTHING,
            capacity_l=float(capacity),
            streams=frozenset({STREAM}),
            fuel=FuelModel(drive_l_per_km=1.0),
            max_trips=1,
            max_distance_m=None if counts_service else longest_m,
        )
        for number in range(count)
    )


def _whole_field(lines: Lines, file: TspFile, name: str, least: int) -> int:
    number, value = file.value(name)
    return lines.whole(number, value, f"'{name} : N' with a whole number of {least} or more", least)


def _limit(lines: Lines, file: TspFile, name: str) -> float:
    line, text = file.value(name)
    value = lines.number(line, text, f"'{name} : N' with a number above 0", 0)
    if value == 0 and not lines.faults:
        lines.note(line, text, f"'{name} : N' with a number above 0")
    return value


def _check_kind(lines: Lines, file: TspFile) -> None:
    number, edge = file.value("EDGE_WEIGHT_TYPE")
    if edge not in EDGE_TYPES:
        lines.note(number, edge, f"EDGE_WEIGHT_TYPE : {', '.join(EDGE_TYPES[:-1])} or {EDGE_TYPES[-1]}")
    number, kind = file.value("TYPE", TYPES[0])
    if kind not in TYPES:
        lines.note(number, kind, f"TYPE : {' or '.join(TYPES)}")


def _places(lines: Lines, file: TspFile, size: int) -> tuple[list[int], Floats]:
    """Nodes and where they are drawn; an explicit matrix may come without either."""
    for section in (COORDINATES, DISPLAY):
        if section in file.sections:
            return coordinates(lines, file, size, section)
    return list(range(1, size + 1)), np.zeros((size, 2))


def _demands(lines: Lines, file: TspFile, nodes: list[int]) -> list[int]:
    demands: dict[int, int] = {}
    known = set(nodes)
    for number, row in file.sections[DEMANDS]:
        words = row.split()
        if len(words) != 2:
            lines.note(number, row, "node demand")
            continue
        node = lines.whole(number, words[0], "the number of a node", 1)
        if node in demands or node not in known:
            lines.note(number, row, "a node with coordinates, once")
        demands[node] = lines.whole(number, words[1], "a demand, whole and not negative")
    missing = [node for node in nodes if node not in demands]
    if missing:
        lines.note(max(1, len(lines.rows)), f"no demand of node {missing[0]}", "a demand for every node")
    return [demands.get(node, 0) for node in nodes]


def _depot(lines: Lines, file: TspFile, nodes: list[int]) -> int:
    """Return the depot's place in the order of `nodes`."""
    found = [(number, row) for number, row in file.sections[DEPOTS] if row.split()[0] != "-1"]
    if len(found) != 1:
        number = found[1][0] if found else max(1, len(lines.rows))
        lines.note(number, f"{len(found)} depots", "one depot, then -1")
        return 0
    number, row = found[0]
    node = lines.whole(number, row.split()[0], "the node of the depot", 1)
    if node not in nodes:
        lines.note(number, row, "a node with coordinates")
        return 0
    return nodes.index(node)


def _straight(xy: Floats) -> Floats:
    """Euclidean distances, (n, n), as they are."""
    away: Floats = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    return away
