"""What is wrong, or doubtful, in a city folder: each finding with its place."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from services.city import messages
from services.errors import TourneeError

MOST_PER_FILE = 1000
"""Errors kept of one file: a wrong delimiter in a file of 50,000 rows must not fill the memory."""

SHOWN_LETTERS = 60


@dataclass(frozen=True)
class Finding:
    """One error or warning.

    `line` counts from 1 as an editor does, the header included. `place` is a CSV column, a TOML key path or a
    GeoJSON feature; `value` is what stands there, None where there is nothing to show.
    """

    file: str
    message: str
    line: int | None = None
    place: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        line = f" line {self.line}" if self.line else ""
        place = f", {self.place}" if self.place else ""
        return f"{self.file}{line}{place}: {self._shown()}{self.message}"

    def _shown(self) -> str:
        if self.value is None:
            return ""
        if not self.value:
            return "empty — "
        visible = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in self.value)
        cut = f"{visible[:SHOWN_LETTERS]}…" if len(visible) > SHOWN_LETTERS else visible
        return f'"{cut}" — '


@dataclass
class Findings:
    """Collects findings; the result is sorted by file, line and place."""

    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def error(
        self, file: str, message: str, *, line: int | None = None, place: str | None = None, value: str | None = None
    ) -> None:
        self._add(self.errors, "error", Finding(file, message, line, place, value))

    def warn(
        self, file: str, message: str, *, line: int | None = None, place: str | None = None, value: str | None = None
    ) -> None:
        self._add(self.warnings, "warning", Finding(file, message, line, place, value))

    def _add(self, kept: list[Finding], kind: str, finding: Finding) -> None:
        self._counts[kind, finding.file] += 1
        count = self._counts[kind, finding.file]
        if count <= MOST_PER_FILE:
            kept.append(finding)
        elif count == MOST_PER_FILE + 1:
            # No line: the note sorts before the findings that it speaks of.
            kept.append(Finding(finding.file, messages.TOO_MANY.format(limit=MOST_PER_FILE, kind=kind)))

    def sort(self, files: tuple[str, ...]) -> None:
        """Order by the given sequence of files, then line, then place."""

        def rank(finding: Finding) -> tuple[int, str, int, str, str]:
            number = files.index(finding.file) if finding.file in files else len(files)
            return number, finding.file, finding.line or 0, finding.place or "", finding.message

        self.errors.sort(key=rank)
        self.warnings.sort(key=rank)


class WrongFile(TourneeError):
    """A file that a city cannot be made of; `errors` says where and why."""

    def __init__(self, path: Path, errors: tuple[Finding, ...]) -> None:
        super().__init__(f"{path.name}: {len(errors)} error(s)\n" + "\n".join(str(error) for error in errors))
        self.errors = errors
