"""What is no sensor's reading into the account of evidence: each piece once, and its container's state told of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from services.contracts.confirmations import VisitConfirmed
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)


class Observation(NamedTuple):
    """A row of `observation`, in the order of its columns: of a container, or of a truck or a site alone."""

    id: UUID
    """Its source's own: what comes twice is one."""
    city: str
    kind: Literal["emptied", "seen", "weight", "report"]
    container: str | None
    truck: str | None
    site: str | None
    happened_at: datetime
    received_at: datetime
    fill_ratio: float | None
    weight_kg: float | None
    reason: str | None
    remark: str | None
    said_by: str


def store_observations(connection: Connection, observations: Sequence[Observation]) -> None:
    """Insert what is new, in the caller's transaction. It is news of its containers, which their states are told."""
    if observations:
        columns = map(list, zip(*observations, strict=True))
        connection.execute(SQL["insert_observations"], dict(zip(Observation._fields, columns, strict=True)))


def observation_of(visit: VisitConfirmed) -> Observation | None:
    """What a confirmation says of its container; None where it says nothing of how full that was.

    A container that was passed by is seen when the crew tells its level, or that it is not full. One that is blocked or
    not found was not looked into.
    """
    if visit.kind != "stop":
        return None
    is_seen = visit.fill_ratio_seen is not None or visit.reason == "not_full"
    if visit.outcome == "skipped" and not is_seen:
        return None
    return Observation(
        id=visit.id,
        city=visit.city,
        kind="emptied" if visit.outcome == "done" else "seen",
        container=visit.place,
        truck=visit.truck,
        site=None,
        happened_at=visit.happened_at,
        received_at=visit.received_at,
        fill_ratio=visit.fill_ratio_seen,
        weight_kg=None,
        reason=visit.reason,
        remark=None,
        said_by=visit.driver,
    )
