"""What the pages stand on. Tests and `main` make it; endpoints ask for it through FastAPI."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from services.clock import Clock
from services.planning.grounds import Grounds
from services.store.connection import Connection, store_errors
from services.web.entry.login_limits import LoginLimits
from services.web.entry.provider import Provider
from services.web.entry.rights import Role
from services.web.figures.kept_months import KeptMonths
from services.web.figures.outlooks import Outlooks
from services.web.ground.basemaps import Basemaps
from services.web.ground.circuit_lines import CircuitLines
from services.web.ground.kept_places import KeptPlaces
from services.web.requests.recent import RecentOrders
from services.web.requests.report_limits import ReportLimits
from services.web.requests.stream import Stream
from services.web.requests.transaction import Store, Transaction, Turn, Turns


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
    one_time_for: frozenset[Role] = frozenset()
    """Whose accounts open with a one-time code alone."""
    provider: Provider | None = None
    """Who vouches for people beside their passwords, where one is set."""
    wall_now: Callable[[], datetime] = wall_now
    recent_orders: RecentOrders = field(default_factory=RecentOrders)
    basemaps: Basemaps = field(default_factory=Basemaps)
    lines: CircuitLines = field(default_factory=CircuitLines)
    places: KeptPlaces = field(default_factory=KeptPlaces)
    months: KeptMonths = field(default_factory=KeptMonths)
    limits: LoginLimits = field(default_factory=LoginLimits)
    report_limits: ReportLimits = field(default_factory=ReportLimits)
    turns: Turns = field(default_factory=Turns)
    grounds: Grounds = field(default_factory=Grounds)
    outlooks: Outlooks = field(default_factory=Outlooks)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A short transaction beside the request's: for a look again and again, and around what must not be in one."""
        with store_errors(), self.store.connection() as connection:
            yield connection


def get_deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


WithDeps = Annotated[Deps, Depends(get_deps)]


async def get_turn(deps: WithDeps) -> AsyncIterator[Turn]:
    async with deps.turns.taken() as turn:
        yield turn


def get_transaction(
    deps: WithDeps, turn: Annotated[Turn, Depends(get_turn, scope="function")]
) -> Iterator[Transaction]:
    with Transaction(deps.store, turn).whole() as transaction:
        yield transaction


WithTransaction = Annotated[Transaction, Depends(get_transaction, scope="function")]
"""The request's, for whoever ends it before something slow."""


def get_connection(transaction: WithTransaction) -> Connection:
    return transaction.connection


WithStore = Annotated[Connection, Depends(get_connection)]
"""The request's connection, the same for its guards and its endpoint."""
