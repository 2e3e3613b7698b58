"""What the savings ledger says of one day."""

from typing import Literal
from uuid import UUID

from services.contracts.fields import ONLY_FLEET, Amount, CityId, Day, FleetId, Id, Instant, Message, MessagePart

LineReason = Literal["first", "day_over", "events", "plan", "registry", "arithmetic", "roads"]
"""Why a line was written: the day's first; its day was over; confirmations or positions came; another plan was sent;
another version of the registry; figures are reckoned otherwise since; else streets were built or learned anew."""


class DayFigures(MessagePart):
    """One side of the comparison: what was driven, or what the fixed circuits would have driven."""

    circuits: int
    stops: int
    """Containers emptied: by the crews' word, or all on the lists of the fixed circuits."""
    trips: int
    distance_m: Amount
    service_s: Amount
    fuel_l: Amount
    collected_kg: Amount | None = None
    """What was in these containers by the forecasts: nothing is weighed. None: on a line from before it was counted."""

    @property
    def fuel_l_per_stop(self) -> float | None:
        """Litres for each container emptied; None where none was."""
        return self.fuel_l / self.stops if self.stops else None

    @property
    def fuel_l_per_t(self) -> float | None:
        """Litres for each tonne collected; None where nothing was, or nobody counted."""
        return 1000 * self.fuel_l / self.collected_kg if self.collected_kg else None


class ZoneServed(MessagePart):
    zone: str
    population: int
    containers: int
    containers_served: int
    served_people: Amount


class TruckMeasured(MessagePart):
    """What GPS measured of a truck's day; kept in the line, since its positions are not kept for ever."""

    truck: Id
    distance_m: Amount


class PlanCounted(MessagePart):
    """A plan whose circuits a line counts."""

    plan_id: UUID
    registry_version: int | None


class SavingsComputed(Message):
    """A line of the ledger, on Kafka `ledger`, key `<city>/<fleet>/<day>`. It stays for ever; the latest one counts.

    `road_factor`: GPS kilometres over estimated kilometres on the driven legs, applied to the baseline's estimate, so
    that both sides are measured with the same road.
    """

    computation_id: UUID
    """Made of all that the line says and of the line it follows: computed twice from the same, it is the same."""
    city: CityId
    fleet: FleetId = ONLY_FLEET
    day: Day
    number: int = 1
    """Place among the lines of its fleet and day."""
    follows: UUID | None = None
    """The line before it."""
    reasons: tuple[LineReason, ...] = ("first",)
    computed_at: Instant
    finished: bool = False
    """Whether the day was over. Pages for the public count no other."""
    arithmetic: int = 1
    """How figures were reckoned; raised with every change that makes other figures of the same events."""
    confirmations: int
    """How many of the day's confirmations it counts; so with the next three, what it is made of."""
    emptyings: int = 0
    """In the period in which people count as served."""
    fixes: int = 0
    """Positions of the day, right and wrong ones."""
    latest_fix_at: Instant | None
    measured: tuple[TruckMeasured, ...] = ()
    registry_version: int | None = None
    """The city as it was counted: the version of the plan with which the day began. None on a line from before."""
    plan_id: UUID | None
    """The plan in force."""
    plans: tuple[PlanCounted, ...] = ()
    """All that were sent or followed that day, the earliest first."""
    driven: DayFigures
    driven_from: Literal["gps", "plan"]
    road_factor: Amount
    baseline: DayFigures | None
    fuel_saved_l: float | None
    fuel_saved_ratio: float | None
    money_saved: float | None
    currency: str
    co2e_saved_kg: float | None
    population: int
    served_people: Amount
    zones: tuple[ZoneServed, ...]
    simulated: bool

    @property
    def trace_id(self) -> str:
        return str(self.computation_id)
