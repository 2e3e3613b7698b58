"""Changes of registries that the office asked for on a page, carried out: each a version, whole or not at all."""

import logging
from collections.abc import Sequence
from itertools import chain
from typing import Literal, NamedTuple

from services.city.changing import with_rows
from services.city.store import find_registry, lock_registry, store_registry
from services.city.versions import find_version
from services.contracts.presence import PresenceSaid
from services.contracts.registry import ChangeRegistry, RowChange
from services.contracts.streets import StreetSaid
from services.errors import StoreAway, TourneeError
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import JsonDocument

log = logging.getLogger(__name__)

SQL = load_queries(__name__)

type Outcome = Literal["stored", "unchanged", "overtaken", "refused"]


class Settled(NamedTuple):
    """What became of a change."""

    outcome: Outcome
    version: int | None = None
    detail: str | None = None


def store_registry_changes(connection: Connection, changes: Sequence[ChangeRegistry]) -> int:
    """Keep each part, and carry a change out when its last has come. A change that was settled stays as it was.

    Returns:
        How many were set aside: made on a version that is not the city's any more, or no registry comes of them.
    """
    aside = 0
    for change in changes:
        values = change.model_dump(exclude={"rows"})
        connection.execute(SQL["give_up_old"], values)
        connection.execute(SQL["insert_change"], values)
        if connection.execute(SQL["find_open"], values).fetchone() is None:
            continue
        rows = JsonDocument([row.model_dump(mode="json") for row in change.rows])
        connection.execute(SQL["insert_part"], {**values, "rows": rows})
        parts = [row["rows"] for row in connection.execute(SQL["list_parts"], values)]
        if len(parts) < change.parts:
            continue
        settled = _carry_out(connection, change, [RowChange.model_validate(row) for row in chain.from_iterable(parts)])
        connection.execute(SQL["settle"], {**values, **settled._asdict()})
        connection.execute(SQL["drop_parts"], values)
        aside += settled.outcome in {"overtaken", "refused"}
    return aside


def _carry_out(connection: Connection, change: ChangeRegistry, rows: Sequence[RowChange]) -> Settled:
    lock_registry(connection, change.city)
    if find_version(connection, change.city) != change.base_version:
        return Settled("overtaken")
    registry = find_registry(connection, change.city)
    if registry is None:
        return Settled("overtaken")
    try:
        with connection.transaction():
            what = "registry changed" if change.source == "page" else "city folder imported"
            report = store_registry(
                connection, with_rows(registry, rows), who=change.changed_by, now=change.changed_at,
                reason=change.reason, what=what,
            )  # fmt: skip
    except StoreAway:
        raise
    except (ValueError, TourneeError) as refused:
        # The page that asked has checked it: what is refused here was made by nobody's page.
        log.warning("a change of %s's registry is refused", change.city, extra={"trace": change.trace_id})
        return Settled("refused", None, str(refused).replace("\0", "")[:1000])
    return Settled("stored" if report.is_changed else "unchanged", report.version)


def store_presence(connection: Connection, said: Sequence[PresenceSaid]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_presence"], [each.model_dump() for each in said])


def store_streets(connection: Connection, said: Sequence[StreetSaid]) -> None:
    rows = [each.model_dump() | {"line": JsonDocument([list(point) for point in each.line])} for each in said]
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_street"], rows)
