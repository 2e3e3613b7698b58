"""Connections to the store, and its errors translated."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from services.errors import StoreAway, StoreFault, StoreRefused

log = logging.getLogger(__name__)

Connection = psycopg.Connection[dict[str, Any]]

RETRY_S = 1.0
SESSION = "-c jit=off -c timezone=UTC"
"""No JIT: the planner's estimates for a batch's own tables are high, and compiling a query takes longer than ours do.
Instants come in UTC wherever the server stands: Python compares two of one summer-time zone by their wall clocks."""


REFUSALS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""The last: a text too long for its index, a document too large. It counts as operational, and no waiting mends it."""


FAULTS = (psycopg.ProgrammingError, psycopg.NotSupportedError, psycopg.errors.InFailedSqlTransaction)
"""A name that is not there, a right that is missing, a query that is none, one more after one that failed."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn psycopg's errors into ours.

    `StoreRefused` is for data that no waiting makes right, `StoreFault` for a query that this store does not carry
    out: ours is wrong, or the schema is another. Everything else (gone, starting up, disk full) is `StoreAway`: whoever
    waits and tries again loses nothing.
    """
    try:
        yield
    except REFUSALS as error:
        raise StoreRefused(f"the store refused: {error}") from error
    except FAULTS as error:
        raise StoreFault(f"the store does not carry out our query (tournee db migrate?): {error}") from error
    except (psycopg.Error, PoolTimeout) as error:
        raise StoreAway(f"the store does not answer: {error}") from error


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """A transaction that reads all as of one instant, whatever is written meanwhile; `connection` has none open.

    For what belongs together and takes several queries: a registry and its version, a day's events and their marks.
    """
    with store_errors(), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def connect(url: str, *, name: str) -> Connection:
    """One connection; transactions are the caller's.

    Raises:
        StoreAway: the server does not answer.
    """
    with store_errors():
        return psycopg.connect(
            url, row_factory=dict_row, application_name=f"tournee-{name}", connect_timeout=10, options=SESSION
        )


def connect_when_there(url: str, *, name: str, stopping: Callable[[], bool] = lambda: False) -> Connection | None:
    """Connect, waiting as long as the store is away (one log line a wait). None only when told to stop meanwhile."""
    while not stopping():
        try:
            return connect(url, name=name)
        except StoreAway as away:
            log.warning("waiting for the store: %s", away)
            time.sleep(RETRY_S)
    return None


def make_pool(url: str, *, name: str, size: int = 4) -> ConnectionPool[Connection]:
    """A pool for the pages: one transaction a request, connections checked before use so that a restart heals."""
    return ConnectionPool(
        url,
        connection_class=psycopg.Connection[dict[str, Any]],
        kwargs={
            "row_factory": dict_row,
            "application_name": f"tournee-{name}",
            "connect_timeout": 5,
            "options": SESSION,
        },
        min_size=1,
        max_size=size,
        timeout=10,
        check=ConnectionPool.check_connection,
        open=False,
    )
