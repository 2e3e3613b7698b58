"""Work that one process at a time does, whoever runs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

SQL = load_queries(__name__)


@contextmanager
def alone(connection: Connection, key: int) -> Iterator[bool]:
    """Whether nobody else holds this advisory lock; it is the session's until the end of the block.

    Args:
        connection: with no transaction open.
        key: of the lock; one a kind of work.
    """
    with store_errors(), connection.transaction():
        row = connection.execute(SQL["try_lock"], {"key": key}).fetchone()
    is_alone = bool(row and row["got"])
    try:
        yield is_alone
    finally:
        if is_alone and not connection.broken:  # a broken session has let go by itself
            with store_errors(), connection.transaction():
                connection.execute(SQL["unlock"], {"key": key})
