"""Rows into a table by COPY."""

from collections.abc import Iterable, Sequence
from typing import LiteralString

from services.store.connection import Connection


def copy_rows(
    connection: Connection, copy: LiteralString, types: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    """Binary: a tenth of the text format's cost on our side, half of it on the server's."""
    with connection.cursor() as cursor, cursor.copy(copy) as copying:
        copying.set_types(types)
        for row in rows:
            copying.write_row(row)
