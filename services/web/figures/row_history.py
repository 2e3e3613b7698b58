"""What became of a row of the registry over its versions: added, edited, removed; by whom, when and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, TypedDict

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.figures.store import rows_of

SQL = load_queries(__name__)


class RowState(TypedDict):
    """A row as it stood from one version to another."""

    document: dict[str, Any]
    from_version: int
    loaded_at: datetime
    who: str
    reason: str
    gone_version: int | None
    gone_at: datetime | None
    gone_by: str | None
    gone_reason: str | None


@dataclass(frozen=True)
class RowEdit:
    """One version's word on it."""

    at: datetime
    by: str
    kind: Literal["added", "edited", "removed"]
    version: int = 0
    reason: str = ""
    fields: tuple[tuple[str, str | None, str | None], ...] = ()
    """Of an edited row: each column with its value before and after."""


def list_row_states(connection: Connection, city: str, kind: str, row_id: str) -> list[RowState]:
    """The oldest first; none for a row that no version ever had."""
    values = {"city": city, "kind": kind, "id": row_id}
    return rows_of(RowState, connection.execute(SQL["list_row_states"], values))


def edits_of(rows: Sequence[RowState]) -> Iterator[RowEdit]:
    """`rows` the oldest first."""
    before: RowState | None = None
    for row, after in pairwise([*rows, None]):
        assert row is not None  # noqa: S101 - only the last of the pairs ends so
        told = (row["loaded_at"], row["who"])
        if before is None or before["gone_version"] != row["from_version"]:
            yield RowEdit(*told, "added", row["from_version"], row["reason"])
        else:
            fields = differing(before["document"], row["document"])
            yield RowEdit(*told, "edited", row["from_version"], row["reason"], fields)
        if row["gone_at"] is not None and (after is None or after["from_version"] != row["gone_version"]):
            yield RowEdit(
                row["gone_at"], row["gone_by"] or "", "removed", row["gone_version"] or 0, row["gone_reason"] or ""
            )
        before = row


def differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[tuple[str, str | None, str | None], ...]:
    """Each column that is not the same, as a cell of the file shows it."""
    names = [*before, *(name for name in after if name not in before)]
    return tuple(
        (name, shown(before.get(name)), shown(after.get(name))) for name in names if before.get(name) != after.get(name)
    )


def shown(value: object) -> str | None:
    """None where the cell is empty. A shape is not spelt out."""
    if isinstance(value, list):
        return "; ".join(map(str, value)) or None
    if isinstance(value, dict):
        return "…"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return None if value is None else str(value)
