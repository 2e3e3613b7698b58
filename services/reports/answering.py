"""What a resident is told at once, and how a report stands. Pure: what is known comes as an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.contracts.confirmations import SkipReason
from services.contracts.reports import OF_A_ROUND, Answer, ReportKind

JUST = timedelta(hours=2)
"""Who reports a container so soon after a crew emptied it speaks of the time before, or disputes the crew. A busy
market's container is full again later than that. Assumed, no city's figures yet."""

State = Literal["open", "answered", "done"]


@dataclass(frozen=True)
class Known:
    """What is known of a container when somebody reports it."""

    emptied_at: datetime | None = None
    """By a crew's word or its scale's, the latest."""
    planned_at: datetime | None = None
    """When a circuit that was sent is to empty it today; None where none will, or it has been there."""
    skipped_at: datetime | None = None
    """When a crew came today and could not."""
    skip_reason: SkipReason | None = None


@dataclass(frozen=True)
class Answered:
    answer: Answer
    known_at: datetime | None = None


def answer_to(kind: ReportKind, known: Known, now: datetime, *, insists: bool = False) -> Answered:
    """What settles it at once, if anything does.

    Args:
        kind: fires, damage and dumps are never settled by a round.
        known: of its container.
        now: when it is reported.
        insists: the resident was told that it was emptied just before, and says that it is full all the same.
    """
    if kind not in OF_A_ROUND or insists:
        return Answered("noted")
    if known.emptied_at is not None and now - known.emptied_at <= JUST:
        return Answered("just_emptied", known.emptied_at)
    if known.planned_at is not None:
        return Answered("comes_today", known.planned_at)
    return Answered("noted")


def state_of(
    kind: ReportKind,
    answer: Answer,
    *,
    emptied_at: datetime | None,
    seen_at: datetime | None,
    planned_at: datetime | None,
) -> State:
    """How it stands.

    Args:
        kind: of the report.
        answer: what was said at once.
        emptied_at: since it was made.
        seen_at: when somebody of the office has seen to it.
        planned_at: when a circuit that was sent is to empty the container, today and from now on. What was promised
            yesterday and did not come leaves the report open again.
    """
    if seen_at is not None or (kind in OF_A_ROUND and emptied_at is not None):
        return "done"
    if answer == "just_emptied" or (kind in OF_A_ROUND and planned_at is not None):
        return "answered"
    return "open"
