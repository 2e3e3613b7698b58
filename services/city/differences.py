"""What a load adds, changes and removes: the report for the person, and the detail for the audit."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

type Document = dict[str, Any]
type Documents = dict[str, Document]
"""Documents by id, in the order of the file."""

UNLISTED = "basemap.geojson"
"""Drawing only, and it may be large: the audit keeps its fingerprint, not its content."""


@dataclass(frozen=True)
class Counts:
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Difference:
    """One file before and after."""

    before: Documents
    after: Documents
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    is_reordered: bool
    """The rows that stayed stand in another order."""

    @property
    def counts(self) -> Counts:
        added, changed = len(self.added), len(self.changed)
        return Counts(added, changed, len(self.removed), len(self.after) - added - changed)

    def detail(self) -> dict[str, object]:
        """Ids added, old and new values of what changed, and rows removed, whole; empty if nothing is different."""
        changed = {row_id: _changed_values(self.before[row_id], self.after[row_id]) for row_id in self.changed}
        removed = {row_id: self.before[row_id] for row_id in self.removed}
        parts = {"added": list(self.added), "changed": changed, "removed": removed, "reordered": self.is_reordered}
        return {name: part for name, part in parts.items() if part}


@dataclass(frozen=True)
class LoadReport:
    """What a load did, by file."""

    city: str
    differences: Mapping[str, Difference]
    version: int | None = None
    """The version that the store holds now; None before anything is written."""

    @property
    def counts(self) -> dict[str, Counts]:
        """Rows added, changed, removed (for containers and trucks: made inactive) and unchanged, by file."""
        return {file: difference.counts for file, difference in self.differences.items()}

    @property
    def is_changed(self) -> bool:
        return any(difference.detail() for difference in self.differences.values())

    def written(self, file: str) -> tuple[str, ...]:
        """Ids of the rows that the store lacks or holds otherwise."""
        return self.differences[file].added + self.differences[file].changed

    def removed(self, file: str) -> tuple[str, ...]:
        return self.differences[file].removed

    def detail(self) -> dict[str, object]:
        """For the audit, as JSON; files without a difference are left out."""
        details = {file: difference.detail() for file, difference in self.differences.items()}
        return {file: detail for file, detail in details.items() if detail}


def compare(city: str, before: Mapping[str, Documents] | None, after: Mapping[str, Documents]) -> LoadReport:
    """The difference of each file of `after`; `before` is None for a city that was never loaded."""
    return LoadReport(
        city, {file: _difference(file, (before or {}).get(file, {}), rows) for file, rows in after.items()}
    )


def _difference(file: str, before: Documents, after: Documents) -> Difference:
    if file == UNLISTED:
        before, after = _fingerprints(before), _fingerprints(after)
    added = tuple(row_id for row_id in after if row_id not in before)
    removed = tuple(row_id for row_id in before if row_id not in after)
    changed = tuple(row_id for row_id, row in after.items() if row_id in before and before[row_id] != row)
    return Difference(before, after, added, changed, removed, _stayed(before, after) != _stayed(after, before))


def _stayed(rows: Documents, others: Documents) -> Sequence[str]:
    return [row_id for row_id in rows if row_id in others]


def _changed_values(before: Document, after: Document) -> dict[str, list[object]]:
    names = sorted(before.keys() | after.keys())
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def _fingerprints(rows: Documents) -> Documents:
    texts = {row_id: json.dumps(row, sort_keys=True) for row_id, row in rows.items()}
    return {row_id: {"sha256": hashlib.sha256(text.encode()).hexdigest()} for row_id, text in texts.items()}
