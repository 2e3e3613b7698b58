"""Evidence about containers: what a sensor, a crew, a scale or a resident said of one, and when."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

Kind = Literal["reading", "emptied", "seen", "weight", "report"]
"""A sensor's reading; emptied, with the level seen before; seen without being emptied; weighed; reported.

What is weighed at a disposal site is told of each container of the trip at the instant of its emptying (`weighed.py`).
"""

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
"""Before all evidence."""
_FIRST = UUID(int=0)


class Evidence(NamedTuple):
    """One piece, of one container. A tuple, in the order of the query: a large city's week has millions of them."""

    kind: Kind
    happened_at: datetime
    """Where it was said: on the device. Aware."""
    received_at: datetime
    """When it reached us: later, by days where there was no network."""
    fill_ratio: float | None = None
    """The level, as a share of the volume; None where nobody could tell."""
    weight_kg: float | None = None
    reason: str | None = None
    """Why it was not emptied, or what a report is about: a word of its contract."""
    id: UUID | None = None
    """Of an observation; a reading has none, as a container has one at most at an instant."""
    expected_ratio: float | None = None
    """The level that was believed, where `fill_ratio` is a share of a truck's load; None: it was seen."""
    part: float | None = None
    """Of that load; likewise."""


def place_in_time(evidence: Evidence) -> tuple[datetime, bool, UUID]:
    """What the account is ordered by, whole: of one instant, an emptying comes last, as it ends what was before it."""
    return evidence.happened_at, evidence.kind == "emptied", evidence.id or _FIRST
