"""What the store holds of what was acknowledged."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

EXAMPLES = 20


@dataclass
class Verdict:
    """Counts, and the first examples of what is wrong."""

    acknowledged: int = 0
    stored: int = 0
    """Of those acknowledged."""
    duplicated: int = 0
    """Stored twice, or counted twice in a state."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """By what is wrong: anything here is a failure."""
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        return self.acknowledged - self.stored

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.counts)

    def note_found(self, acknowledged: int, missing: Iterable[object], what: str) -> None:
        """So many were acknowledged, and these of them are not in the store."""
        left_out = list(missing)
        self.acknowledged += acknowledged
        self.stored += acknowledged - len(left_out)
        self.note_wrong(f"lost {what}", left_out)

    def note_doubled(self, doubled: Iterable[tuple[object, int]], what: str) -> None:
        """These are there more often than once: how much too often."""
        found = [(key, times) for key, times in doubled if times]
        self.duplicated += sum(times for _, times in found)
        self.note_wrong(f"doubled {what}", [f"{key} ({times} too many)" for key, times in found])

    def note_wrong(self, what: str, cases: list[object] | list[str]) -> None:
        """Anything else that must not be."""
        if cases:
            self.counts[what] = self.counts.get(what, 0) + len(cases)
            self.examples.setdefault(what, []).extend(str(case) for case in cases[:EXAMPLES])

    def told(self) -> str:
        """What is wrong, for a person."""
        lines = []
        for what, cases in self.examples.items():
            lines.append(f"{what}: {self.counts[what]}")
            lines += [f"    {case}" for case in cases[:EXAMPLES]]
        return "\n".join(lines)

    def line(self, **more: object) -> str:
        """The last line of a run."""
        told = {
            "acknowledged": self.acknowledged,
            "stored": self.stored,
            "lost": self.lost,
            "duplicated": self.duplicated,
            **more,
        }
        return json.dumps(told)
