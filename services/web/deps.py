"""What the pages stand on. Tests and `main` make it; endpoints ask for it through FastAPI."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Protocol

from fastapi import Depends, Request

from services.clock import Clock
from services.store.connection import Connection, store_errors
from services.web.basemaps import Basemaps
from services.web.circuit_lines import CircuitLines
from services.web.kept_places import KeptPlaces
from services.web.recent import RecentOrders
from services.web.stream import Stream


class Store(Protocol):
    """A pool of connections; one transaction a request."""

    def connection(self) -> AbstractContextManager[Connection]: ...


def wall_now() -> datetime:
    """Sessions live by the real clock, also when the day is simulated."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Deps:
    store: Store
    stream: Stream
    clock: Clock
    session_secret: str
    over_https: bool = False
    wall_now: Callable[[], datetime] = wall_now
    recent_orders: RecentOrders = field(default_factory=RecentOrders)
    basemaps: Basemaps = field(default_factory=Basemaps)
    lines: CircuitLines = field(default_factory=CircuitLines)
    places: KeptPlaces = field(default_factory=KeptPlaces)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A short transaction of its own: never hold one while waiting for Kafka."""
        with store_errors(), self.store.connection() as connection:
            yield connection


def get_deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


WithDeps = Annotated[Deps, Depends(get_deps)]


def get_connection(deps: WithDeps) -> Iterator[Connection]:
    """One transaction for the request."""
    with deps.reading() as connection:
        yield connection


WithStore = Annotated[Connection, Depends(get_connection, scope="function")]
