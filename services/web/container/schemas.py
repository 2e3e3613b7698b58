"""What a program hears of one container."""

from datetime import datetime

from pydantic import BaseModel, Field


class Level(BaseModel):
    """What its sensor said within a step of time."""

    at: datetime
    fill_ratio: float = Field(description="of the last reading")
    least: float
    most: float
    readings: int


class Expected(BaseModel):
    """How full it is expected to be, if nobody empties it."""

    at: datetime
    low: float = Field(description="in four cases of five it is between low and high")
    median: float
    high: float
    overflow: float = Field(description="chance that it is full or more")


class Emptied(BaseModel):
    at: datetime
    level: float | None = Field(description="share of the volume before it")
    truck: str | None = Field(description="null where nobody said so: its level fell")


class Evidence(BaseModel):
    at: datetime
    kind: str = Field(description="seen, weight, report, or a visit that was skipped")
    level: float | None
    weight_kg: float | None
    reason: str | None
    remark: str | None
    by: str


class Changed(BaseModel):
    at: datetime
    by: str
    kind: str = Field(description="added, edited or removed (its row of the registry), plan (by hand), seen (an alert)")
    fields: dict[str, tuple[str | None, str | None]] = Field(description="of an edited row: before and after")
    plan_change: str | None = Field(description="of a plan: what kind of change")


class Sensor(BaseModel):
    fault: str | None = Field(description="silent, jumping, stuck or drifting; null where it is believed")
    since: datetime | None
    battery_ratio: float | None
    readings: int = Field(description="all that were ever stored")
    believed: bool = Field(description="whether the forecast goes by it")


class ContainerTold(BaseModel):
    """All that is known of a container, and what is believed of it."""

    container: str
    name: str
    zone: str
    kind: str
    stream: str
    fleet: str
    capacity_l: float
    lon: float
    lat: float
    in_service: bool
    sensor: Sensor | None = Field(description="null where it has none and never had")
    fill_per_day: float
    levels: list[Level]
    forecast: list[Expected] = Field(description="every three hours from now on; the first is of now")
    emptyings: list[Emptied] = Field(description="of 120 days, the latest first")
    evidence: list[Evidence] = Field(description="all but readings and emptyings, the latest first")
    changes: list[Changed] = Field(description="who changed what, the latest first")
