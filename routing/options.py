"""Parts of the search that can be switched off, so that a benchmark can tell what each is worth."""

from __future__ import annotations

from dataclasses import dataclass

from routing.errors import RoutingError

PARTS = ("ortools", "own-moves", "decomposition")


@dataclass(frozen=True, slots=True)
class SolverOptions:
    """`without`: OR-Tools' polishing, the moves of trips and fleet, the cutting into districts."""

    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if unknown := self.without - set(PARTS):
            raise RoutingError(f"no part of the search is called {sorted(unknown)}: expected any of {', '.join(PARTS)}")
