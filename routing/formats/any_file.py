"""One way in for every kind of problem file: what a file is, its content says, not its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from routing.errors import FileError
from routing.files import read_problem
from routing.formats.cvrplib import read_vrp
from routing.formats.kim import read_kim
from routing.formats.vroom import is_vroom, read_vroom
from routing.problem import Problem

LOOKED_AT_BYTES = 4096


def read_any_problem(path: Path, vehicles: int | None = None, rounded: bool | None = None) -> Problem:
    """Read a `tournee/problem/1`, VROOM, CVRPLIB or Kim et al. file; at most `vehicles` of its vehicles are kept.

    `rounded` says how a CVRPLIB file means EUC_2D; None finds out. Warns (`FileWarning`) of what it reads otherwise.
    Raises `FileError` when the file is none of these, `ProblemError` with every wrong line.
    """
    if vehicles is not None and vehicles < 1:
        raise FileError(f"{vehicles} vehicles asked for, expected at least 1")
    head = _head(path)
    if head.lstrip("\ufeff \t\r\n").startswith("{"):
        if is_vroom(head):
            return read_vroom(path, vehicles)
        problem = read_problem(path)
        return problem if vehicles is None else replace(problem, vehicles=problem.vehicles[:vehicles])
    if "EDGE_WEIGHT_TYPE" in head or "NODE_COORD_SECTION" in head:
        return read_vrp(path, vehicles, rounded)
    if "Stop_ID" in head or "yardage" in head:
        return read_kim(path, vehicles)
    raise FileError(
        f"{path}: not a problem this reads; expected a tournee/problem/1 or VROOM JSON object, a CVRPLIB .vrp file "
        "(EDGE_WEIGHT_TYPE, NODE_COORD_SECTION) or an instance of Kim et al. (five numbers, then Stop_ID X(feet) ...)"
    )


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LOOKED_AT_BYTES).decode("utf-8", errors="replace")
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
