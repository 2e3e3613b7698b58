"""What the phone hears and says."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class DriverVisit(BaseModel):
    sequence: int = Field(description="place in the circuit's visits, from 0")
    kind: Literal["stop", "disposal", "break", "depot"]
    place: str | None
    name: str
    zone: str | None
    lon: float | None
    lat: float | None
    arrive_at: datetime
    start_at: datetime
    leave_at: datetime
    demand_kg: float | None = Field(description="expected in the container")
    demand_l: float | None
    fill_ratio: float | None = Field(description="expected when the truck comes")
    confirmed: Literal["done", "skipped"] | None


class DriverManoeuvre(BaseModel):
    text: str
    direction: Literal["left", "right", "straight", "uturn", "arrive"]
    distance_m: int = Field(description="to the next manoeuvre")


class DriverLeg(BaseModel):
    to: int = Field(description="sequence of the visit that it leads to")
    distance_m: int
    duration_s: int
    line: list[tuple[float, float]] = Field(description="lon, lat")
    manoeuvres: list[DriverManoeuvre]


class DriverStreets(BaseModel):
    """Streets around the circuit. Lines: kind, then x, y, dx, dy, ... in units from the origin."""

    unit: int = Field(description="steps a degree")
    origin: tuple[float, float]
    lines: list[list[int]] = Field(description="kinds: 0 water, 1 park (both areas), 2 street, 3 avenue")


class DriverState(BaseModel):
    """What a phone asks each minute: whether the circuit that it keeps is still the one to drive."""

    plan_id: UUID | None = Field(description="null: nothing is sent to this truck")
    version: str | None = Field(description="of the circuit; another than the one kept: fetch it")
    confirmed: dict[int, Literal["done", "skipped"]] = Field(description="by the visit's sequence, whoever said it")


class DriverCircuit(BaseModel):
    plan_id: UUID
    version: str = Field(description="changes with everything here but `confirmed`")
    day: date
    city: str
    truck: str
    number: int
    distance_m: float
    roads: Literal["estimated", "osm"]
    dispatched_at: datetime
    made_at: datetime = Field(
        description="of the plan: it has a container again that the truck was too full for before"
    )
    called_off: bool = Field(
        default=False,
        description="its containers went to others: `visits` is what was done, unloading and the way home",
    )
    visits: list[DriverVisit]
    line: Literal["estimated", "osm"] = Field(description="whether the legs follow streets, or are straight")
    legs: list[DriverLeg]


class Accepted(BaseModel):
    accepted: int
