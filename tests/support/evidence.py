"""Evidence as tests make it: short to write, in days after a fixed noon, and any that Hypothesis can think of."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from hypothesis import strategies as st

from services.contracts.confirmations import SkipReason, VisitConfirmed
from services.fill.evidence import Evidence, Kind, place_in_time

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STEP = timedelta(hours=3)


def reading(days: float, fill_ratio: float) -> Evidence:
    """Received as soon as it happened."""
    return Evidence("reading", NOON + days * DAY, NOON + days * DAY, fill_ratio)


def emptied(days: float, number: int = 1) -> Evidence:
    return Evidence("emptied", NOON + days * DAY, NOON + days * DAY, id=UUID(int=number))


def reported(days: float, number: int = 1) -> Evidence:
    """A resident says that it is full."""
    return Evidence("report", NOON + days * DAY, NOON + days * DAY, 1.0, reason="full", id=UUID(int=number))


@st.composite
def accounts(draw: st.DrawFn, most: int = 40) -> list[Evidence]:
    """A container's evidence of some days, in the order in which it arrived.

    Fills are sums of powers of two, exact in 32 bits; many pieces share an instant, and some come late, by days.
    """
    steps = st.integers(0, 30)  # of three hours
    pieces: dict[object, Evidence] = {}
    for number in range(draw(st.integers(1, most))):
        kind: Kind = draw(st.sampled_from(["reading", "reading", "reading", "emptied", "seen", "report"]))
        at = NOON + draw(steps) * STEP
        received_at = at + draw(st.sampled_from([0, 0, 1, 5, 20])) * STEP
        fill_ratio = draw(st.integers(0, 128)) / 128
        if kind == "reading":
            pieces.setdefault(at, Evidence(kind, at, received_at, fill_ratio))  # one at most at an instant
        else:
            reason = {"seen": "not_full", "report": "full"}.get(kind)
            pieces[number] = Evidence(kind, at, received_at, fill_ratio, None, reason, UUID(int=number + 1))
    return sorted(pieces.values(), key=lambda piece: (piece.received_at, place_in_time(piece)))


def visit_confirmed(
    city: str,
    container: str,
    at: datetime,
    received_at: datetime,
    *,
    outcome: Literal["done", "skipped"] = "done",
    reason: SkipReason | None = None,
    seen: float | None = None,
) -> VisitConfirmed:
    """A crew's word on one container."""
    return VisitConfirmed(
        id=uuid4(), plan_id=uuid4(), kind="stop", place=container, outcome=outcome, reason=reason, fill_ratio_seen=seen,
        happened_at=at, city=city, truck="T1", driver="awa", received_at=received_at,
    )  # fmt: skip
