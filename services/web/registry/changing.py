"""Changes of the registry as events: what is asked for travels to the writer, whole or in parts, and is waited for."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from services.city.changing import rows_between
from services.city.documents import documents_of
from services.city.edits import Edit, EditReading, read_edit
from services.city.registry import City, Registry
from services.city.store import find_registry
from services.city.versions import find_version
from services.contracts import topics
from services.contracts.registry import ChangeRegistry, ChangeSource, RowChange
from services.store.connection import Connection
from services.web.entry.security_log import audit
from services.web.entry.tokens import Session
from services.web.registry import store
from services.web.rendering.problems import NotFound
from services.web.requests.deps import Deps
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction
from services.web.requests.waiting import wait_until

MOST_PART_BYTES = 700_000
"""Of rows in a message, before compression: it then passes a Kafka with its own default limit of 1 MB."""
MOST_ROW_BYTES = 6_000_000
"""Of one row, such as a drawn map: larger ones pass no message."""


class Asked(NamedTuple):
    """An edit held against the registry as it is."""

    version: int
    reading: EditReading
    rows: Sequence[RowChange] = ()
    is_overtaken: bool = False
    """Somebody has changed this very row since the version that the page showed."""


def ask_edit(connection: Connection, city: City, edit: Edit, seen_version: int) -> Asked:
    """What would come of it.

    Raises:
        NotFound: the city has no version, or the row is not there.
    """
    version, registry = find_version(connection, city.id), find_registry(connection, city.id)
    if version is None or registry is None:
        raise NotFound
    if seen_version != version and edit.row_id is not None:
        now = store.find_row(connection, city.id, edit.kind, edit.row_id)
        if now != store.find_row_at(connection, city.id, edit.kind, edit.row_id, seen_version):
            return Asked(version, EditReading(None), is_overtaken=True)
    reading = read_edit(registry, edit)
    rows = rows_between(documents_of(registry), documents_of(reading.registry)) if reading.registry else ()
    return Asked(version, reading, rows)


def note_asked(
    transaction: Transaction,
    city: City,
    session: Session,
    now: datetime,
    change_id: UUID,
    version: int,
    reason: str,
    rows: Sequence[RowChange],
) -> None:
    """For the audit, before it is said to Kafka: that somebody asked stands there, whatever comes of it."""
    audit(
        transaction.connection, city.id, session.login, "registry change asked", now, change=change_id,
        version=version, rows=len(rows), reason=reason,
    )  # fmt: skip


def publish_rows(
    deps: Deps,
    city: City,
    session: Session,
    change_id: UUID,
    version: int,
    rows: Sequence[RowChange],
    *,
    reason: str,
    source: ChangeSource = "page",
    said: Callable[[int, int], bool] = lambda _part, _parts: True,
) -> bool:
    """Say a change to Kafka, outside of any transaction; return once Kafka has it all.

    Args:
        deps: where the stream is.
        city: whose registry.
        session: who asks.
        change_id: twice the same is one change.
        version: on which it was made.
        rows: that become others.
        reason: why; empty where nobody said.
        source: what it was made with.
        said: told after each part how many of how many Kafka has; False stops, and nothing comes of the parts.

    Returns:
        Whether all was said.

    Raises:
        StreamAway: some parts may have arrived; send all again with the same id.
    """
    now = deps.clock.now()
    parts = list(parts_of(rows))
    for number, part in enumerate(parts, start=1):
        message = ChangeRegistry(
            change_id=change_id, city=city.id, base_version=version, part=number, parts=len(parts), rows=part,
            source=source, reason=reason, changed_by=session.login, changed_at=now,
        )  # fmt: skip
        publish_all(deps.stream, topics.REGISTRY, city.id.encode(), [message])
        if not said(number, len(parts)) and number < len(parts):
            return False
    return True


def parts_of(rows: Sequence[RowChange], most_bytes: int = MOST_PART_BYTES) -> Iterator[tuple[RowChange, ...]]:
    """The rows in their order, so many together as a message may hold; one that is larger travels alone."""
    part: list[RowChange] = []
    size = 0
    for row in rows:
        row_bytes = len(row.to_bytes())
        if part and size + row_bytes > most_bytes:
            yield tuple(part)
            part, size = [], 0
        part.append(row)
        size += row_bytes
    yield tuple(part)


def wait_for(deps: Deps, city: City, change_id: UUID) -> store.Change | None:
    """What became of it; None where the writer has not settled it within moments."""
    found: list[store.Change] = []

    def is_settled() -> bool:
        with deps.looking() as connection:
            change = store.find_change(connection, city.id, change_id)
        if change is not None and change["outcome"] is not None:
            found.append(change)
        return bool(found)

    wait_until(is_settled)
    return found[0] if found else None


def again_id(change_id: UUID, version: int) -> UUID:
    """Of the same wish on a later version: the first was overtaken, and stays so."""
    return uuid5(change_id, str(version))


def registry_and_version(connection: Connection, city: str) -> tuple[Registry, int]:
    """Raises: NotFound, where the city was never loaded."""
    registry, version = find_registry(connection, city), find_version(connection, city)
    if registry is None or version is None:
        raise NotFound
    return registry, version
