"""Which problems a benchmark runs: made ones by size and seed, and the files of two folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from routing.bench.made import Rules, made_problem
from routing.errors import FileError
from routing.formats import read_best_known, read_kim, read_vrp
from routing.problem import Problem

MADE, CVRPLIB, KIM = "made", "cvrplib", "kim"


def _unknown() -> None:
    """No cost is published."""


@dataclass(frozen=True, slots=True)
class Case:
    """One problem, made or read only when its turn comes. `group` is what the table's lines gather.

    `problem` raises `RoutingError` for a file that cannot be read, `best_known` for the cost published beside it.
    """

    name: str
    family: str
    group: str
    seed: int
    problem: Callable[[], Problem]
    best_known: Callable[[], float | None] = _unknown
    plain_twin: str | None = None


def made_cases(sizes: list[int], seeds: list[int], rules: list[Rules]) -> Iterator[Case]:
    for size in sizes:
        for seed in seeds:
            for which in rules:
                twin = f"made-{size}-{seed}"
                name = twin if which is Rules.PLAIN else f"{twin}-{which}"
                group = f"made {size}" if which is Rules.PLAIN else f"made {size}, {which} rules"
                make = partial(made_problem, size, seed, which)
                yield Case(name, MADE, group, seed, make, plain_twin=None if which is Rules.PLAIN else twin)


def cvrplib_cases(folder: Path, seeds: list[int], rounded: bool | None = None) -> Iterator[Case]:
    """Every `.vrp` of a folder, each with the best known cost of the `.sol` of its name, where there is one.

    `rounded` as in `read_vrp`.
    """
    for path in _files(folder, "*.vrp"):
        solution = path.with_suffix(".sol")
        best = partial(read_best_known, solution) if solution.exists() else _unknown
        for seed in seeds:
            read = partial(read_vrp, path, rounded=rounded)
            yield Case(f"{path.stem}-s{seed}", CVRPLIB, "CVRPLIB", seed, read, best)


def kim_cases(folder: Path, seeds: list[int]) -> Iterator[Case]:
    for path in _files(folder, "*.txt"):
        for seed in seeds:
            yield Case(f"{path.stem}-s{seed}", KIM, f"Kim {path.stem}", seed, partial(read_kim, path))


def _files(folder: Path, pattern: str) -> list[Path]:
    files = sorted(folder.glob(pattern))
    if not files:
        raise FileError(f"{folder}: no file {pattern} in it")
    return files
