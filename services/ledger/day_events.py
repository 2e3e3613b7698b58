"""All that the store holds of one day of a fleet, before anything is computed of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from services.contracts.ledger import EventKind
from services.contracts.planning import PlanMade
from services.ledger.driven import Confirmed, SentPlan
from services.ledger.fuel import FuelBook
from services.ledger.measured import Track
from services.ledger.served import Accepted
from services.ledger.tonnes import WeighedLoad
from services.roads.tracks import TrackFix


class KeptMeasures(NamedTuple):
    """What the day's last line says of positions that have been dropped since, all or some."""

    tracks: Mapping[str, Track]
    """By truck; none of a truck that was not measured."""
    fixes: int
    latest_fix_at: datetime | None


class DayEvents(NamedTuple):
    """All that the store holds of one day."""

    sent: Sequence[SentPlan]
    """Plans that crews followed without their being sent for the day, then those that were, in the order of sending.
    The last is in force."""
    confirmed: Sequence[Confirmed]
    tracks: Mapping[str, Sequence[TrackFix]]
    emptyings: Mapping[str, int]
    """Times each container was emptied in the period that ends with this day."""
    kept: KeptMeasures | None = None
    """In place of `tracks`, where these are not whole any more."""
    accepted: Accepted | None = None
    """The baseline of that day. None: nobody has accepted one, and that of the city folder stands in for it."""
    book: FuelBook = FuelBook()
    logged: Mapping[date, Sequence[EventKind]] = {}
    """Non-routine events by day, of this one and of the weeks before it."""
    weighed: Sequence[WeighedLoad] = ()
    """What trucks that emptied something on this day weighed, whichever fleet's containers it was of."""

    @property
    def plans(self) -> list[PlanMade]:
        """Each once, the earliest first."""
        return list({row.plan.plan_id: row.plan for row in self.sent}.values())

    @property
    def positions(self) -> KeptMeasures:
        """How many there were, and the latest."""
        if self.kept is not None:
            return self.kept
        latest_s = max((track[-1].at_s for track in self.tracks.values() if track), default=None)
        latest_at = None if latest_s is None else datetime.fromtimestamp(latest_s, UTC)
        return KeptMeasures({}, sum(map(len, self.tracks.values())), latest_at)

    @property
    def plan_in_force(self) -> PlanMade | None:
        sent = [row.plan for row in self.sent if row.sent_at is not None]
        return sent[-1] if sent else None

    @property
    def opening_plan(self) -> PlanMade | None:
        """The plan with which the day's work began: the last that was sent before the first word, else the first sent.

        Its forecasts are what stood in the streets that morning; those of a plan made later know of emptied containers.
        """
        sent = [(row.sent_at, row.plan) for row in self.sent if row.sent_at is not None]
        if not sent or not self.confirmed:
            return self.plan_in_force
        began_at = min(word.happened_at for word in self.confirmed)
        return next((plan for sent_at, plan in reversed(sent) if sent_at <= began_at), sent[0][1])
