"""Text files read line by line: every wrong line is noted as a fault with its number, none is guessed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from routing.errors import Fault, FileError, ProblemError

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

    def number(self, line: int, text: str, expected: str) -> float:
        """Return a finite number, or note the fault and return 0."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.note(line, text, expected)
            return 0.0
        return value

    def whole(self, line: int, text: str, expected: str, least: int = 0) -> int:
        value = self.number(line, text, expected)
        if value != int(value) or value < least:
            self.note(line, text, expected)
            return least
        return int(value)

    def done(self) -> None:
        """Raise `ProblemError` with everything noted so far, if anything was."""
        if self.faults:
            raise ProblemError(self.faults)


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise FileError(f"{path}: {size} bytes, expected at most {LARGEST_FILE_BYTES}")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not a text in UTF-8 (byte {error.start})") from error
