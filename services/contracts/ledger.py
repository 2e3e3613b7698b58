"""What the savings ledger says of one day."""

from typing import Literal
from uuid import UUID

from services.contracts.fields import Amount, CityId, Day, Instant, Message, Part


class DayFigures(Part):
    """One side of the comparison: what was driven, or what the fixed circuits would have driven."""

    circuits: int
    stops: int
    trips: int
    distance_m: Amount
    service_s: Amount
    fuel_l: Amount


class ZoneServed(Part):
    zone: str
    population: int
    containers: int
    containers_served: int
    served_people: Amount


class SavingsComputed(Message):
    """The ledger's line for one day, on Kafka `ledger`, key `<city>/<day>`. A later line of the same day replaces it.

    `road_factor`: GPS kilometres over estimated kilometres on the driven legs, applied to the baseline's estimate, so
    that both sides are measured with the same road.
    """

    computation_id: UUID
    city: CityId
    day: Day
    computed_at: Instant
    confirmations: int
    """How many of the day's confirmations this line counts; with `latest_fix_at`, how one tells that it is stale."""
    latest_fix_at: Instant | None
    plan_id: UUID | None
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
