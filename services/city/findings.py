"""What is wrong, or doubtful, in a city folder: each finding with its place, and the same fault told once."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.city import messages
from services.errors import TourneeError

MOST_PER_FILE = 1000
"""Different errors kept of one file: what is wrong in ever new ways must not fill the memory."""
FIRST_SPOTS = 2
"""Places named, beside the first, of a fault that stands in more ..."""
MOST_SPOTS = 4
"""... and further ones where other values stand, up to so many in all."""

SHOWN_LETTERS = 60
SHOWN_ELSEWHERE = 24


@dataclass(frozen=True)
class Finding:
    """One error or warning, told at its first place.

    `line` counts from 1 as an editor does, the header included. `place` is a CSV column, a TOML key path or a
    GeoJSON feature; `value` is what stands there, None where there is nothing to show. The same fault may stand in
    `count` places; `others` are the next few.
    """

    file: str
    message: str
    line: int | None = None
    place: str | None = None
    value: str | None = None
    count: int = 1
    others: tuple["Finding", ...] = ()

    def __str__(self) -> str:
        line = f" line {self.line}" if self.line else ""
        place = f", {self.place}" if self.place else ""
        told = f"{self.file}{line}{place}: {self._shown()}{self.message}{self._elsewhere()}"
        return "\n".join(map(_printable, told.split("\n")))

    def _shown(self) -> str:
        if self.value is None:
            return ""
        return f'"{_visible(self.value, SHOWN_LETTERS)}" — ' if self.value else "empty — "

    def _elsewhere(self) -> str:
        if self.count == 1:
            return ""
        more = ", ..." if self.count > 1 + len(self.others) else ""
        return f" — in {self.count} places, also {', '.join(other.spot(beside=self) for other in self.others)}{more}"

    def spot(self, *, beside: "Finding") -> str:
        """Where it stands within its file, and what stands there where that is not the same."""
        where = f"line {self.line}" if self.line else (self.place or "").partition(", ")[0]
        is_other = self.value and self.value != beside.value
        return f'{where} "{_visible(self.value or "", SHOWN_ELSEWHERE)}"' if is_other else where


def _printable(text: str) -> str:
    """The text without what a terminal would obey, or what would turn the words around it."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _visible(text: str, most: int) -> str:
    seen = _printable(text)
    return f"{seen[:most]}…" if len(seen) > most else seen


@dataclass
class _Fault:
    """A finding at its first place, and where else."""

    first: Finding
    count: int = 0
    others: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.count += 1
        if 1 < self.count <= 1 + FIRST_SPOTS or (self.count > 1 and self._is_news(finding)):
            self.others.append(finding)

    def _is_news(self, finding: Finding) -> bool:
        if len(self.others) >= MOST_SPOTS:
            return False
        return finding.value not in {self.first.value, *(other.value for other in self.others)}

    def told(self) -> Finding:
        return replace(self.first, count=self.count, others=tuple(self.others))


type _Kept = dict[tuple[str, str], _Fault]


@dataclass
class Findings:
    """Collects findings. The same fault in the same column of a file is one, however many cells have it."""

    _errors: _Kept = field(default_factory=dict)
    _warnings: _Kept = field(default_factory=dict)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def errors(self) -> list[Finding]:
        """In the order in which they were found."""
        return [fault.told() for fault in self._errors.values()]

    @property
    def warnings(self) -> list[Finding]:
        return [fault.told() for fault in self._warnings.values()]

    def has_errors(self, file: str | None = None) -> bool:
        """Whether anything is wrong, in this file or at all."""
        return any(file in {None, fault.first.file} for fault in self._errors.values())

    def error(
        self,
        file: str,
        message: str,
        *,
        line: int | None = None,
        place: str | None = None,
        value: str | None = None,
        alike: str | None = None,
    ) -> None:
        """Note an error. `alike` is what the same fault has in common with others where not both place and message."""
        self._add(self._errors, "error", Finding(file, message, line, place, value), alike)

    def warn(
        self,
        file: str,
        message: str,
        *,
        line: int | None = None,
        place: str | None = None,
        value: str | None = None,
        alike: str | None = None,
    ) -> None:
        """Note a warning; as `error`."""
        self._add(self._warnings, "warning", Finding(file, message, line, place, value), alike)

    def sorted(self, files: tuple[str, ...] = ()) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """Errors and warnings by the given sequence of files, then line, then place."""

        def rank(finding: Finding) -> tuple[int, str, int, str, str]:
            number = files.index(finding.file) if finding.file in files else len(files)
            return number, finding.file, finding.line or 0, finding.place or "", finding.message

        return tuple(sorted(self.errors, key=rank)), tuple(sorted(self.warnings, key=rank))

    def _add(self, kept: _Kept, kind: str, finding: Finding, alike: str | None) -> None:
        key = finding.file, alike if alike is not None else f"{finding.place}\n{finding.message}"
        if key not in kept:
            self._counts[kind, finding.file] += 1
            if self._counts[kind, finding.file] > MOST_PER_FILE:
                # No line: the note sorts before the findings that it speaks of.
                note = Finding(finding.file, messages.TOO_MANY.format(limit=MOST_PER_FILE, kind=kind))
                kept[finding.file, note.message] = _Fault(note, 1)
                return
        kept.setdefault(key, _Fault(finding)).add(finding)


class WrongFile(TourneeError):
    """A file that a city cannot be made of; `errors` says where and why, `warnings` what else to look at."""

    def __init__(self, path: Path, errors: tuple[Finding, ...], warnings: tuple[Finding, ...] = ()) -> None:
        super().__init__(f"{path.name}: {len(errors)} error(s)\n" + "\n".join(str(error) for error in errors))
        self.errors = errors
        self.warnings = warnings
