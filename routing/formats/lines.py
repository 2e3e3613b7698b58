"""Text files read line by line: every wrong line is noted as a fault with its number, none is guessed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from pathlib import Path

from routing.errors import Fault, FileError, FileWarning, ProblemError

LARGEST_FILE_BYTES = 64 << 20  # CVRPLIB's largest instance, 30,000 customers, has under 1 MB


class Lines:
    """The lines of a file, numbered from 1, and the faults found in them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.rows = _read(path).splitlines()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Every line that is not blank, stripped, with its number."""
        return ((number, row.strip()) for number, row in enumerate(self.rows, start=1) if row.strip())

    def note(self, number: int, value: str, expected: str) -> None:
        found = repr(value if len(value) <= 60 else f"{value[:57]}...")
        self.faults.append(Fault(f"{self.path.name}:{number}", found, expected))

    def number(self, line: int, text: str, expected: str, least: float = -math.inf) -> float:
        """Return a finite number of `least` or more, or note the fault and return `least`, or 0 where none is given."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least:
            self.note(line, text, expected)
            return max(least, 0.0)
        return value

    def whole(self, line: int, text: str, expected: str, least: int = 0) -> int:
        value = self.number(line, text, expected, least)
        if value != int(value):
            self.note(line, text, expected)
            return least
        return int(value)

    def done(self) -> None:
        """Raise `ProblemError` with everything noted so far, if anything was."""
        if self.faults:
            raise ProblemError(self.faults)


def warn(text: str) -> None:
    """Tell that something was read as the file hardly says it."""
    warnings.warn(FileWarning(text), stacklevel=3)


def _read(path: Path) -> str:
    """The text of a file, in UTF-8 or, where it is none, in Latin-1: older files have names and comments in that."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise FileError(f"{path}: {size} bytes, expected at most {LARGEST_FILE_BYTES}")
        raw = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    if b"\0" in raw:
        raise FileError(f"{path}: not a text (a NUL at byte {raw.index(0)}), expected one in UTF-8 or Latin-1")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
