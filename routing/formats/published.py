"""The `.sol` file beside a `.vrp`: the best known cost, and routes that show how its distances are meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from routing.errors import FileError
from routing.formats.lines import Lines


@dataclass(frozen=True, slots=True)
class Published:
    """`routes` name customers by their place among the customers, from 1 on; they may be missing."""

    cost: float
    routes: tuple[tuple[int, ...], ...] = ()


def read_published(path: Path) -> Published:
    """Read a `.sol` file. Raises `FileError` without `Cost N`, `ProblemError` for a wrong number."""
    lines = Lines(path)
    routes: list[tuple[int, ...]] = []
    for number, row in lines:
        key, _, value = row.partition(" ")
        if key.lower() == "route":
            words = value.partition(":")[2].split()
            routes.append(tuple(lines.whole(number, word, "customers, by number", 1) for word in words))
        elif key.lower().rstrip(":") == "cost":
            cost = lines.number(number, value.strip(), "a cost, as in 'Cost 27591'")
            lines.done()
            return Published(cost, tuple(routes))
    raise FileError(f"{path}: no line 'Cost N' after the routes, expected the solution file of a CVRPLIB instance")


def read_best_known(path: Path) -> float:
    """Return the cost a `.sol` file claims; raises as `read_published` does."""
    return read_published(path).cost
