"""CVRPLIB: `.vrp` instances (Uchoa et al. 2017, doi 10.1016/j.ejor.2016.08.012) and the `.sol` files beside them.

A customer becomes a stop, the depot a depot with a landfill at its gate, a route one trip. One unit of distance is
one metre and one second, and a plan's cost is its distance: 1,000 units of money a litre, 1 litre a kilometre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.errors import FileError
from routing.formats.drawing import drawn, refuse_too_many, rounded_int32
from routing.formats.lines import Lines
from routing.problem import Depot, DisposalSite, FuelModel, Matrix, Prices, Problem, Stop, Vehicle
from routing.validation import validate

EDGE_TYPES = ("EUC_2D", "CEIL_2D")
SECTIONS = ("NODE_COORD_SECTION", "DEMAND_SECTION", "DEPOT_SECTION")
LIMITS = ("CAPACITY", "VEHICLES", "DISTANCE", "SERVICE_TIME")
FIELDS = ("NAME", "COMMENT", "TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", *LIMITS)
ENDLESS_S = 1_000_000_000  # a shift no route of an int32 matrix outlasts in practice
KG_OF_NOTHING = 1.0  # loads are counted in litres; a vehicle must be able to carry something in kilograms too
NAME, STREAM = "truck", "any"


@dataclass(slots=True)
class _File:
    fields: dict[str, tuple[int, str]] = field(default_factory=dict)
    sections: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def read_vrp(path: Path, vehicles: int | None = None) -> Problem:
    """Read a CVRPLIB instance. Raises `FileError` when unreadable, `ProblemError` with every wrong line.

    The k in a name (`X-n101-k25`) is the least number of vehicles, not a limit: `vehicles`, or a VEHICLES field, is.
    """
    lines = Lines(path)
    file = _parse(lines)
    size = _whole_field(lines, file, "DIMENSION", least=2)
    capacity = _whole_field(lines, file, "CAPACITY", least=1)
    limit = _whole_field(lines, file, "VEHICLES", least=1) if "VEHICLES" in file.fields else None
    longest = _whole_field(lines, file, "DISTANCE", least=1) if "DISTANCE" in file.fields else None
    service_s = _whole_field(lines, file, "SERVICE_TIME", least=0) if "SERVICE_TIME" in file.fields else 0
    _check_kind(lines, file)
    lines.done()
    nodes, xy = _coordinates(lines, file, size)
    demands = _demands(lines, file, nodes)
    depot = _depot(lines, file, nodes)
    lines.done()
    name = file.fields.get("NAME", (0, path.stem))[1]
    refuse_too_many(str(path), size)
    matrix = rounded_int32(str(path), _distances(xy, file.fields["EDGE_WEIGHT_TYPE"][1]))
    stops = tuple(
        Stop(str(node), place, 0.0, float(demand), service_s, STREAM)
        for place, (node, demand) in enumerate(zip(nodes, demands, strict=True))
        if place != depot
    )
    return validate(
        Problem(
            name=name,
            prices=Prices(fuel_per_l=1000.0, crew_per_h=0.0, currency="units"),
            locations=drawn(xy),
            matrices={NAME: Matrix(matrix, matrix)},
            depots=(Depot("depot", depot),),
            disposal_sites=(DisposalSite("depot", depot, 0, ((0, ENDLESS_S),)),),
            vehicles=_fleet(vehicles or limit or _enough(demands, capacity), capacity, longest, service_s),
            stops=stops,
        )
    )


def read_best_known(path: Path) -> float:
    """Return the cost a `.sol` file claims. Raises `FileError` without `Cost N`, `ProblemError` for a wrong N."""
    lines = Lines(path)
    for number, row in lines:
        key, _, value = row.partition(" ")
        if key.lower().rstrip(":") == "cost":
            cost = lines.number(number, value.strip(), "a cost, as in 'Cost 27591'")
            lines.done()
            return cost
    raise FileError(f"{path}: no line 'Cost N' after the routes, expected the solution file of a CVRPLIB instance")


def _enough(demands: list[int], capacity: int) -> int:
    """As many vehicles as a best plan could use: of two routes at most half full, one could take both loads."""
    return max(1, min(len(demands) - 1, 2 * math.ceil(sum(demands) / capacity) + 1))


def _fleet(count: int, capacity: int, longest: int | None, service_s: int) -> tuple[Vehicle, ...]:
    """Alike vehicles, whose routes are at most `longest`: metres, or where service counts too, seconds of a shift."""
    return tuple(
        Vehicle(
            id=f"V{number + 1:04d}",
            profile=NAME,
            start_depot="depot",
            end_depot="depot",
            shift=(0, longest if longest is not None and service_s else ENDLESS_S),
            capacity_kg=KG_OF_NOTHING,
            capacity_l=float(capacity),
            streams=frozenset({STREAM}),
            fuel=FuelModel(drive_l_per_km=1.0),
            max_trips=1,
            max_distance_m=None if service_s else longest,
        )
        for number in range(count)
    )


def _parse(lines: Lines) -> _File:
    file, section = _File(), ""
    for number, row in lines:
        key, colon, value = row.partition(":")
        word = row.split()[0].rstrip(":")
        if word == "EOF":
            break
        if word.endswith("_SECTION"):
            section = word
            if word not in SECTIONS:
                lines.note(number, word, f"one of {', '.join(SECTIONS)}; other rules are not modelled")
            file.sections[word] = []
        elif section:
            file.sections[section].append((number, row))
        elif not colon or key.strip() not in FIELDS:
            lines.note(number, row, f"a field 'NAME : value' of {', '.join(FIELDS)}, or a section")
        else:
            file.fields[key.strip()] = (number, value.strip())
    for name in SECTIONS:
        if name not in file.sections:
            lines.note(max(1, len(lines.rows)), "end of file", f"a {name} before it")
    return file


def _whole_field(lines: Lines, file: _File, name: str, least: int) -> int:
    number, value = file.fields.get(name, (1, "nothing"))
    return lines.whole(number, value, f"'{name} : N' with a whole number of {least} or more", least)


def _check_kind(lines: Lines, file: _File) -> None:
    number, edge = file.fields.get("EDGE_WEIGHT_TYPE", (1, "nothing"))
    if edge not in EDGE_TYPES:
        lines.note(number, edge, f"EDGE_WEIGHT_TYPE : {' or '.join(EDGE_TYPES)}")
    number, kind = file.fields.get("TYPE", (1, "CVRP"))
    if kind not in {"CVRP", "DCVRP"}:
        lines.note(number, kind, "TYPE : CVRP")


def _coordinates(lines: Lines, file: _File, size: int) -> tuple[list[int], NDArray[np.float64]]:
    places: dict[int, tuple[float, float]] = {}
    for number, row in file.sections["NODE_COORD_SECTION"]:
        words = row.split()
        if len(words) != 3:
            lines.note(number, row, "node x y")
            continue
        node = lines.whole(number, words[0], "the number of a node", 1)
        if node in places:
            lines.note(number, row, f"node {node} once")
        x, y = (lines.number(number, word, "node x y, with numbers") for word in words[1:])
        places[node] = (x, y)
    if len(places) != size:
        lines.note(file.fields["DIMENSION"][0], f"{len(places)} coordinates", f"{size}, as DIMENSION says")
    lines.done()
    nodes = sorted(places)
    return nodes, np.array([places[node] for node in nodes], dtype=np.float64)


def _demands(lines: Lines, file: _File, nodes: list[int]) -> list[int]:
    demands: dict[int, int] = {}
    for number, row in file.sections["DEMAND_SECTION"]:
        words = row.split()
        if len(words) != 2:
            lines.note(number, row, "node demand")
            continue
        node = lines.whole(number, words[0], "the number of a node", 1)
        if node in demands or node not in nodes:
            lines.note(number, row, "a node with coordinates, once")
        demands[node] = lines.whole(number, words[1], "a demand, whole and not negative")
    missing = [node for node in nodes if node not in demands]
    if missing:
        lines.note(max(1, len(lines.rows)), f"no demand of node {missing[0]}", "a demand for every node")
    return [demands.get(node, 0) for node in nodes]


def _depot(lines: Lines, file: _File, nodes: list[int]) -> int:
    """Return the depot's place in the order of `nodes`."""
    found = [(number, row) for number, row in file.sections["DEPOT_SECTION"] if row.split()[0] != "-1"]
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


def _distances(xy: NDArray[np.float64], edge_type: str) -> NDArray[np.float64]:
    """Euclidean distances, to the nearest whole number (halves up, TSPLIB's nint) or, for CEIL_2D, up."""
    away = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    whole: NDArray[np.float64] = np.floor(away + 0.5) if edge_type == "EUC_2D" else np.ceil(away)
    return whole
