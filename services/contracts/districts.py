"""A district of a very large day's plan, given to a planner worker, and what came of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.contracts.fields import ONLY_FLEET, Amount, CityId, Day, FleetId, Id, Instant, Message, MessagePart
from services.contracts.streets import Line

MOST_BYTES = 900_000
"""Of a message, uncompressed: it then passes a Kafka with its own default limit, `message.max.bytes` 1,048,588."""

Number = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class DistrictVisit(MessagePart):
    """A visit without its times: each side makes them on its own roads."""

    kind: Literal["stop", "disposal"]
    place: Name


class DistrictCircuit(MessagePart):
    """A truck's visits in their order, from the depot and back to it."""

    truck: Name
    visits: tuple[DistrictVisit, ...]


class LeftOut(MessagePart):
    stop: Name
    reason: Name
    """One of `routing.Reason`."""


class RoadProfile(MessagePart):
    """A vehicle as the streets see it, under the name that the district's vehicles call it by."""

    name: Name
    profile: Literal["truck", "tricycle"]
    height_m: Amount
    width_m: Amount
    length_m: Amount
    weight_kg: Amount
    kerb_side: bool
    hours: tuple[int, int] | None = None
    """Seconds after midnight between which it drives; None: at no hour in particular."""


class StraightLines(MessagePart):
    """How roads are estimated where a city has no street network."""

    detour_factor: Amount
    town_speed_kmh: Amount
    haul_speed_kmh: Amount
    haul_beyond_m: Amount


class DistrictOrdered(Message):
    """An order to a worker, on Kafka `districts`: search this district until your time is up, at most `time_limit_s`.

    `problem` is the object of `tournee/problem/1` (routing's public interface) with empty `matrices`, which would be
    megabytes: the worker makes them from `roads` and `profiles`. After `deadline` nobody waits for the answer any more.
    """

    district_id: UUID
    """Of this very message. A planner that died and begins the day anew waits for other answers than before."""
    request_id: UUID
    """The order to plan the day."""
    city: CityId
    fleet: FleetId = ONLY_FLEET
    day: Day
    round: Number
    district: Number
    of: Number
    time_limit_s: Annotated[float, Field(gt=0, le=3600)]
    deadline: Instant
    seed: int
    roads: Literal["estimated", "osm"]
    lines: StraightLines
    closed_streets: tuple[Line, ...] = ()
    """The roads are to go round these."""
    profiles: tuple[RoadProfile, ...]
    problem: dict[str, Any]
    start: tuple[DistrictCircuit, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def trace_id(self) -> str:
        """The order's: one id from the button through every worker to the plan."""
        return str(self.request_id)


class DistrictPlanned(Message):
    """A worker's answer, on Kafka `district-plans`. Nothing in it is believed: the planner times and checks it anew."""

    district_id: UUID
    request_id: UUID
    city: CityId
    round: Number
    district: Number
    worker: Id
    seconds: Amount
    """From taking the order to this answer."""
    circuits: tuple[DistrictCircuit, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    declined: Annotated[str | None, Field(max_length=1000)] = None
    """Why the worker could not do it: other roads than the planner's, say. It then has no circuits."""

    @property
    def trace_id(self) -> str:
        return str(self.request_id)
