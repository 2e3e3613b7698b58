"""What can go wrong in `routing`: one short tree, each message telling the reader what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_FAULTS = 20


class RoutingError(Exception):
    """Root of every error this package raises on purpose."""


class FileError(RoutingError):
    """A problem or plan file cannot be read: missing, too large, or not JSON of the expected schema."""


class FileWarning(UserWarning):
    """Something in a file was read otherwise than it stands there, or may not be meant so."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a problem: where it stands, what was found there, what belongs there."""

    where: str
    value: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: found {self.value}, expected {self.expected}"


class ProblemError(RoutingError):
    """A problem that contradicts itself. Carries all its faults, so that one round of corrections is enough."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        shown = [str(fault) for fault in self.faults[:SHOWN_FAULTS]]
        hidden = len(self.faults) - len(shown)
        if hidden:
            shown.append(f"... and {hidden} more")
        super().__init__("\n".join([f"{len(self.faults)} faults in the problem; correct them and try again:", *shown]))


class PlanError(RoutingError):
    """A plan speaks of vehicles, stops or sites its problem does not have."""
