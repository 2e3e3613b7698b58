"""A connection that a service holds on to, and work that waits out whatever is away."""

import logging
from collections.abc import Callable
from typing import Protocol

from services.errors import StoreAway, StoreFault, StreamAway
from services.store.connection import RETRY_S, Connection, connect_when_there

log = logging.getLogger(__name__)


class Stop(Protocol):
    """`services.operations.service.Stopping`, or anything that says when to end and can be waited on."""

    def __call__(self) -> bool: ...
    def wait(self, timeout_s: float) -> bool: ...


class StoreLink:
    """Connects when first needed, and again after a loss."""

    def __init__(self, database_url: str, *, name: str, stopping: Stop) -> None:
        self._database_url = database_url
        self._name = name
        self._stopping = stopping
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], None], *, what: str) -> bool:
        """Do `work`, from its beginning again whenever the store or Kafka goes away meanwhile.

        False only when told to stop before it was done; the caller then acknowledges nothing.
        """
        while not self._stopping():
            if self._connection is None:
                self._connection = connect_when_there(self._database_url, name=self._name, stopping=self._stopping)
                if self._connection is None:
                    return False
            try:
                work(self._connection)
            except StoreFault:
                log.exception("%s waits: a fault of our own, or of the schema", what)
                self.close()
                self._stopping.wait(RETRY_S)
            except (StoreAway, StreamAway) as away:
                log.warning("%s waits: %s", what, away)
                self.close()
                self._stopping.wait(RETRY_S)
            else:
                return True
        return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
