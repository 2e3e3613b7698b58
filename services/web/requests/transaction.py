"""A request is one transaction: begun at its first question, ended with its answer or before anything slow."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from typing import Protocol

from services.errors import StoreAway
from services.store.connection import Connection, store_errors

AT_ONCE = 8
"""Requests that speak with the store at a time, and connections kept for them."""
PATIENCE_S = 10.0


class Store(Protocol):
    """A pool of connections."""

    def connection(self) -> AbstractContextManager[Connection]: ...


class Turns:
    """Lets no more requests to the store at a time than it has connections; the others wait in the event loop.

    A request begins its transaction in one thread and goes on in another. If requests waited for a connection in
    threads, those that hold one could find no thread to go on in, and all would stand still.
    """

    def __init__(self, at_once: int = AT_ONCE, patience_s: float = PATIENCE_S) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._patience_s = patience_s

    @asynccontextmanager
    async def taken(self) -> AsyncIterator["Turn"]:
        """Raises: StoreAway, when none came free in time."""
        try:
            await asyncio.wait_for(self._free.acquire(), self._patience_s)
        except TimeoutError as error:
            raise StoreAway(f"no connection came free in {self._patience_s:g} s") from error
        turn = Turn(self._free, asyncio.get_running_loop())
        try:
            yield turn
        finally:
            turn.pass_on()


class Turn:
    """One request's leave to speak with the store."""

    def __init__(self, free: asyncio.Semaphore, loop: asyncio.AbstractEventLoop) -> None:
        self._free = free
        self._loop = loop
        self._is_over = False

    def pass_on(self) -> None:
        """To the next, from whatever thread; the second time does nothing."""
        if not self._is_over:
            self._is_over = True
            self._loop.call_soon_threadsafe(self._free.release)


class Transaction:
    """The one of a request."""

    def __init__(self, store: Store, turn: Turn) -> None:
        self._store = store
        self._turn = turn
        self._under_way = ExitStack()
        self._connection: Connection | None = None
        self._is_ended = False

    @property
    def connection(self) -> Connection:
        """The same for every question of the request."""
        if self._is_ended:
            raise RuntimeError("this request's transaction has ended: ask the store before what is slow")
        if self._connection is None:
            self._connection = self._under_way.enter_context(_begun(self._store))
        return self._connection

    def end(self) -> None:
        """Commit, and give the connection back: call it before waiting for Kafka or anything else that takes long."""
        self._is_ended = True
        try:
            self._under_way.close()
        finally:
            self._turn.pass_on()

    @contextmanager
    def whole(self) -> Iterator["Transaction"]:
        """Committed at the end of the block, taken back when it fails."""
        with self._under_way:
            yield self
        self._is_ended = True


@contextmanager
def _begun(store: Store) -> Iterator[Connection]:
    with store_errors(), store.connection() as connection:
        yield connection
