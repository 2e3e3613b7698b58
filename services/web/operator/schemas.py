"""What the operator's programs say and hear."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.contracts.fields import Day, Id


class OrderPlan(BaseModel):
    """All optional: the city's only fleet, the next service day, what is known now, the city's own time limit."""

    fleet: str | None = Field(default=None, description="required where the city has several")
    day: Day | None = None
    as_of: AwareDatetime | None = None
    time_limit_s: Annotated[float, Field(gt=0, le=3600)] | None = None
    seed: int | None = None
    broken_down: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    """Of a day under way: trucks that go on no further."""
    closed_sites: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    """Of a day under way: sites that take no waste from now on."""
    compact: Annotated[float, Field(ge=0, le=1, description="how much circuits should keep together")] = 0
    balanced: Annotated[float, Field(ge=0, le=1, description="how much workloads should be alike")] = 0
    around: UUID | None = Field(
        default=None,
        description="a plan to solve anew around what is locked and pinned in it: its fleet and day, in at most 8 s",
    )


class Ordered(BaseModel):
    request_id: UUID


class Progress(BaseModel):
    state: Literal["ordered", "started", "improved", "finished", "failed"]
    elapsed_s: float
    time_limit_s: float
    containers_due: int | None
    circuits: int | None
    distance_m: float | None
    plan_id: UUID | None
    detail: str | None
    ended_by: str | None = Field(default=None, description="who had the search end before its time")


class SendPlan(BaseModel):
    plan_id: UUID


class Sent(BaseModel):
    dispatch_id: UUID


class PlanState(BaseModel):
    plan_id: UUID
    status: str
    made_at: datetime
    circuits: int
    stops: int
    distance_m: float
    fuel_l: float


class TruckState(BaseModel):
    truck: str
    lon: float
    lat: float
    heading_deg: float | None
    happened_at: datetime
    stale: bool = Field(description="no position for 15 minutes")


class CircuitState(BaseModel):
    number: int
    truck: str
    stops: int
    done: int
    skipped: int
    last_at: datetime | None


class DayState(BaseModel):
    """A fleet's day as it stands; the same bytes while nothing has changed, so that polling costs little."""

    fleet: str
    day: date
    as_of: datetime = Field(description="the product's clock, to the minute")
    plan: PlanState | None = Field(description="the plan in force, else the best of the latest")
    offers: list[UUID] = Field(description="other plans of the day that could be sent")
    dispatched_plan_id: UUID | None
    dispatched_at: datetime | None
    request_id: UUID | None = Field(description="the latest order to plan the day")
    request_state: str | None
    progress: Progress | None = Field(description="how far that order is, while it is being planned")
    alerts: list[UUID] = Field(
        description="skipped visits, sensors' alarms and confirmations set aside that nobody has seen to yet"
    )
    silent: int
    rejected: int
    resting: list[str] = Field(description="logins that may not be tried now, after too many wrong passwords")
    trucks: list[TruckState]
    circuits: list[CircuitState] = Field(description="of the plan in force, else of the latest")
