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


class DriverCircuit(BaseModel):
    plan_id: UUID
    day: date
    city: str
    truck: str
    number: int
    distance_m: float
    roads: Literal["estimated", "osm"]
    dispatched_at: datetime
    visits: list[DriverVisit]


class Accepted(BaseModel):
    accepted: int
