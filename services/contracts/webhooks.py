"""What webhooks are told: the events, and the data of each. Part of what the city promises to others."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from services.contracts.confirmations import SkipReason
from services.contracts.fields import Amount, CityId, Day, FillRatio, FleetId, Id, Instant, MessagePart
from services.contracts.planning import PlanStatus

Event = Literal["plan.made", "circuit.sent", "stop.confirmed", "container.overflowing"]

TRIED = "webhook.tried"
"""What `tournee webhook try` sends; nothing happened."""


class PlanMadeData(MessagePart):
    """`plan.made`: the planner, or an operator by hand, has made a plan. It is not yet sent to anybody."""

    city: CityId
    plan_id: UUID
    fleet: FleetId
    day: Day
    status: PlanStatus
    circuits: int
    stops: int
    left_out: int
    """Containers that are due and that no circuit empties."""
    distance_m: Amount
    fuel_l: Amount
    replaces: UUID | None
    by_hand: bool
    made_at: Instant


class CircuitSentData(MessagePart):
    """`circuit.sent`: one truck's duty of a plan that was sent to the drivers."""

    city: CityId
    dispatch_id: UUID
    plan_id: UUID
    fleet: FleetId
    day: Day
    number: int
    truck: Id
    stops: int
    distance_m: Amount
    fuel_l: Amount
    duty_s: Amount
    sent_at: Instant


class StopConfirmedData(MessagePart):
    """`stop.confirmed`: a crew's word on a container of its circuit. Who drove is nobody's business outside."""

    city: CityId
    confirmation_id: UUID
    plan_id: UUID
    fleet: FleetId
    truck: Id
    container: Id
    outcome: Literal["done", "skipped"]
    reason: SkipReason | None
    fill_ratio_seen: FillRatio | None
    happened_at: Instant


class OverflowingData(MessagePart):
    """`container.overflowing`: a sensor says that waste stands at the rim or above it."""

    city: CityId
    container: Id
    name: str
    lon: float
    lat: float
    fill_ratio: FillRatio
    happened_at: Instant


class Told(NamedTuple):
    """Something that happened, as it goes to every webhook of its city that wants to hear of it."""

    city: str
    event: Event
    fact: str
    """What tells it from every other of its event."""
    happened_at: datetime
    known_at: datetime
    """When we came to know it: a webhook hears of nothing from before it was made."""
    data: MessagePart

    @property
    def message_id(self) -> str:
        """The same whenever the same is told again. Without dots: those part what is signed."""
        return f"msg_{uuid5(NAMESPACE_URL, f'tournee:{self.event}:{self.fact}').hex}"
