"""What happened with a container: emptyings, the rest of its evidence, and who changed what. The latest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from services.city.registry import City
from services.contracts.changes import PlanChange
from services.store.connection import Connection
from services.web.container import store
from services.web.container.outlook import Believed
from services.web.figures.row_history import RowState, edits_of, list_row_states

REMEMBERED = timedelta(days=120)
SAME = timedelta(hours=3)
"""A fall of the level so near to a crew's word is the emptying that the crew told of."""


@dataclass(frozen=True)
class Emptying:
    at: datetime
    level: float | None
    """Before it; None where nobody knows."""
    truck: str | None
    """None: nobody said that they had emptied it; its level fell."""


@dataclass(frozen=True)
class Piece:
    """Evidence that is no emptying and no reading, or a visit that came to nothing."""

    at: datetime
    kind: Literal["seen", "weight", "report", "skipped"]
    level: float | None = None
    weight_kg: float | None = None
    reason: str | None = None
    remark: str | None = None
    by: str = ""


@dataclass(frozen=True)
class Change:
    """Of a row of the registry, of a plan by hand, or an alert that somebody saw to."""

    at: datetime
    by: str
    kind: Literal["added", "edited", "removed", "plan", "seen"]
    fields: tuple[tuple[str, str | None, str | None], ...] = ()
    """Of an edited row: each column with its value before and after."""
    plan: PlanChange | None = None
    day: date | None = None
    """Of that plan."""
    reason: str | None = None
    """Of an alert, a word of `skip`; of an edit, in the words of whoever made it."""


@dataclass(frozen=True)
class History:
    emptyings: list[Emptying]
    pieces: list[Piece]
    changes: list[Change]

    @property
    def reports(self) -> list[Piece]:
        """What residents said."""
        return [piece for piece in self.pieces if piece.kind == "report"]


def read_history(connection: Connection, city: City, container: str, believed: Believed, now: datetime) -> History:
    since = now - REMEMBERED
    observations = store.list_observations(connection, city.id, container, since)
    skipped = store.list_skipped(connection, city.id, container, since)
    changes = [
        *registry_changes(list_row_states(connection, city.id, "container", container)),
        *_plan_changes(store.list_plan_changes(connection, city.id, container, since.date())),
        *_seen_alerts(store.list_seen_alerts(connection, city.id, container, since)),
    ]
    return History(
        emptyings_of(observations, believed.falls(since)),
        pieces_of(observations, skipped),
        sorted(changes, key=lambda change: change.at, reverse=True),
    )


def emptyings_of(
    observations: Sequence[store.ObservationRow], falls: Sequence[tuple[datetime, float | None]]
) -> list[Emptying]:
    """Those that crews confirmed, and those that a sensor saw alone."""
    confirmed = [row for row in observations if row["kind"] == "emptied"]
    found = [
        Emptying(row["happened_at"], _level_before(row, falls), row["truck_id"] or row["said_by"]) for row in confirmed
    ]
    found += [
        Emptying(at, level, None)
        for at, level in falls
        if all(abs(row["happened_at"] - at) > SAME for row in confirmed)
    ]
    return sorted(found, key=lambda emptying: emptying.at, reverse=True)


def _level_before(row: store.ObservationRow, falls: Sequence[tuple[datetime, float | None]]) -> float | None:
    """As the crew saw it, else as the belief has it of that emptying."""
    if row["fill_ratio"] is not None:
        return row["fill_ratio"]
    return next((level for at, level in falls if abs(row["happened_at"] - at) <= SAME), None)


def pieces_of(observations: Sequence[store.ObservationRow], skipped: Sequence[store.SkippedRow]) -> list[Piece]:
    """A visit that came to nothing stands once, though it is evidence too where the crew saw the level."""
    seen = {(row["happened_at"], row["truck_id"]): row["fill_ratio"] for row in observations if row["kind"] == "seen"}
    visits = {(row["happened_at"], row["truck_id"]) for row in skipped}
    found = [
        Piece(row["happened_at"], "skipped", seen.get((row["happened_at"], row["truck_id"])), None, row["reason"], None,
              row["truck_id"])
        for row in skipped
    ]  # fmt: skip
    for row in observations:
        if row["kind"] == "emptied" or (row["happened_at"], row["truck_id"]) in visits:
            continue
        kind: Any = row["kind"]
        found.append(
            Piece(row["happened_at"], kind, row["fill_ratio"], row["weight_kg"], row["reason"], row["remark"],
                  row["truck_id"] or row["said_by"])
        )  # fmt: skip
    return sorted(found, key=lambda piece: piece.at, reverse=True)


def registry_changes(rows: Sequence[RowState]) -> Iterator[Change]:
    """What versions of the registry did to its row; `rows` the oldest first."""
    for edit in edits_of(rows):
        yield Change(edit.at, edit.by, edit.kind, edit.fields, reason=edit.reason or None)


def _plan_changes(rows: Sequence[store.PlanChangeRow]) -> Iterator[Change]:
    for row in rows:
        plan = PlanChange.model_validate(row["document"])
        yield Change(row["changed_at"], row["changed_by"], "plan", plan=plan, day=row["day"])


def _seen_alerts(rows: Sequence[store.SeenAlertRow]) -> Iterator[Change]:
    for row in rows:
        yield Change(row["seen_at"], row["seen_by"], "seen", reason=row["reason"])
