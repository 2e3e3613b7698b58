"""The registry of a city, as the city folder describes it and as the store keeps it.

One model a file of the folder, one field a column; the field's description is what a wrong cell is told to hold.
Limits are not repeated in descriptions: `messages.expected` reads them from the field.
"""

from datetime import date, time
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.city import messages
from services.city.entry import Entry
from services.city.fields import (
    WEEKDAYS,
    ClockTime,
    ControlLevel,
    East,
    FleetName,
    Ids,
    LevelText,
    Millimetres,
    Name,
    North,
    NotNegative,
    Positive,
    Seconds,
    StreamDays,
    Streams,
    Text,
    TimeZoneName,
    Weekdays,
    unless,
)
from services.city.penalties import ContractRules, Penalty
from services.city.special_days import SpecialDays
from services.contracts.fields import CityId, Id

USUAL_DAYS_DECIDED = 3
USUAL_WALK_M = 200.0
"""UN-Habitat, Waste Wise Cities Tool: a designated point within 200 m (read on a secondary page)."""


class Prices(Entry):
    fuel_per_l: Annotated[Positive, Field(description="price of a litre of fuel, in the currency of the city")]
    crew_per_h: Annotated[NotNegative, Field(description="cost of a truck's whole crew per hour of duty")]


class Planning(Entry):
    """The rules of a day. Defaults suit a tropical city; each can be changed in `city.toml`."""

    plan_at: Annotated[ClockTime, Field(description="time the day's plan is made")] = time(4, 30)
    time_limit_s: Annotated[float, Field(gt=0, le=3600, description="seconds the planner may search")] = 30
    full_at_fill_ratio: Annotated[float, Field(gt=0, le=1.2, description="share of the volume that counts as full")] = (
        0.8
    )
    """A container whose forecast is at or above this when the truck comes must be emptied today."""
    max_days_between_emptyings: Annotated[float, Field(gt=0, le=31, description="days, the service promise")] = 3.0
    """The service promise, by date. SDG 11.6.1 metadata: often daily in tropical climates, at least weekly."""
    max_days_by_stream: Annotated[
        tuple[StreamDays, ...], Field(description="pairs stream:days like organic:1", exclude_if=unless(()))
    ] = ()
    """The promise of streams that are promised something else."""
    days_decided: Annotated[
        int,
        Field(
            ge=1,
            le=5,
            description="days that are decided together, 1 = each by itself",
            exclude_if=unless(USUAL_DAYS_DECIDED),
        ),
    ] = USUAL_DAYS_DECIDED
    """Today and the days after it: which of them each container goes to."""
    next_round_h: Annotated[float, Field(gt=0, le=168, description="hours until a truck can come again")] = 24.0
    """A container that would be full before a truck can come again is worth emptying now."""
    overflow_price_per_l: Annotated[
        NotNegative, Field(description="cost of a litre of waste beside a full container, in the currency of the city")
    ] = 2.0
    """What a litre of waste beside a full container costs the city, in its currency: the prize of optional stops."""
    unserved_price_per_person: Annotated[
        NotNegative | None,
        Field(
            description="cost of a further day without service for one person, in the currency of the city",
            exclude_if=unless(None),
        ),
    ] = None
    """None: what a person throws away in a day, as litres beside a full container. 0 switches it off."""


class RoadEstimate(Entry):
    """How distance and time are estimated until the city has a street network."""

    detour_factor: Annotated[float, Field(ge=1, le=3, description="road length over straight line")] = 1.4
    town_speed_kmh: Annotated[float, Field(ge=3, le=120, description="km/h between containers")] = 18
    haul_speed_kmh: Annotated[float, Field(ge=3, le=120, description="km/h on long legs")] = 35
    haul_beyond_m: Annotated[NotNegative, Field(description="metres from which a leg counts as long")] = 3000


class Emissions(Entry):
    co2e_kg_per_l: Annotated[Positive, Field(description="kg CO2e per litre of fuel")] = 2.66155
    """Mineral diesel at the tailpipe: DEFRA 2025 conversion factors (read on a secondary page)."""


class Service(Entry):
    """When people count as served."""

    min_emptyings: Annotated[int, Field(ge=1, le=50, description="emptyings in a period")] = 2
    period_days: Annotated[int, Field(ge=1, le=31, description="days of the period")] = 7
    walk_m: Annotated[
        float,
        Field(ge=20, le=2000, description="metres on foot to a container, at most", exclude_if=unless(USUAL_WALK_M)),
    ] = USUAL_WALK_M


class City(Entry):
    """`city.toml`."""

    schema_: Annotated[Literal["tournee/city/1"], Field(alias="schema")]
    id: Annotated[CityId, Field(description="small letters, digits and '-', at most 32")]
    name: Name
    timezone: Annotated[TimeZoneName, Field(description="a time zone of the IANA database, like Africa/Porto-Novo")]
    currency: Annotated[
        str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="three capital letters (ISO 4217), like XOF")
    ]
    simulated: bool = False
    """True: every figure of this city is labelled as simulated."""
    assumptions: Annotated[tuple[Text, ...], Field(description="list of texts, one a file to complete")] = ()
    """Files whose content is assumed and still to be completed by the town hall; every page says so."""
    prices: Annotated[Prices, Field(description="a table [prices]")]
    planning: Annotated[Planning, Field(description="a table [planning]")] = Planning()
    roads: Annotated[RoadEstimate, Field(description="a table [roads]")] = RoadEstimate()
    emissions: Annotated[Emissions, Field(description="a table [emissions]")] = Emissions()
    service: Annotated[Service, Field(description="a table [service]")] = Service()
    contract: Annotated[ContractRules, Field(description="a table [contract]", exclude_if=unless(ContractRules()))] = (
        ContractRules()
    )
    special_days: Annotated[
        SpecialDays, Field(description="a table [special_days]", exclude_if=unless(SpecialDays()))
    ] = SpecialDays()

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Zone(Entry):
    """A feature of `zones.geojson`: Polygon or MultiPolygon with these properties."""

    id: Id
    name: Name
    population: Annotated[int, Field(ge=0, le=50_000_000, description="people who live there")]


class ContainerKind(Entry):
    """`container_kinds.csv`: what containers of one kind have in common, and the prior of the forecast."""

    id: Id
    name: Name
    service_s: Annotated[Seconds, Field(description="seconds to empty one, lifting included")]
    kg_per_l: Annotated[float, Field(gt=0, le=2, description="density of the waste in the container, kg per litre")]
    fill_per_day: Annotated[float, Field(gt=0, le=10, description="share of its volume it fills in a day, until known")]
    mount_mm: Annotated[Millimetres, Field(description="mm from the container's floor up to the sensor")] = None
    """What a sensor's distance is measured against; None: no sensor of this kind tells a distance."""
    blind_mm: Annotated[Millimetres, Field(description="mm below the sensor in which it hears nothing")] = None
    depth_mm: Annotated[Millimetres, Field(description="mm of waste in a full container")] = None
    """None: from the floor up to where the sensor begins to hear."""
    levels: Annotated[
        tuple[LevelText, ...],
        Field(description="pairs height:litres from the floor up, like 0:0 400:180 1100:660", exclude_if=unless(())),
    ] = ()
    """How many litres lie below each height, for containers that are no box; empty: it is one."""

    @model_validator(mode="after")
    def _geometry_is_whole(self) -> Self:
        _check_geometry(self.mount_mm, self.blind_mm, self.depth_mm, self.levels)
        return self


class Container(Entry):
    """`containers.csv`."""

    id: Id
    name: Name
    lon: East
    lat: North
    kind: Id
    capacity_l: Annotated[float, Field(ge=20, le=100_000, description="litres")]
    zone: Id
    stream: Id = "residual"
    sensor: bool = True
    window_from: ClockTime | None = None
    window_to: ClockTime | None = None
    truck_classes: Ids = ()
    """Classes that can reach it; empty = any."""
    fleet: FleetName = None
    """The fleet that serves it, whatever `fleets.csv` says of its zone and kind; None: the one that serves those."""
    max_days: Annotated[
        float | None, Field(gt=0, le=31, exclude_if=unless(None), description="days between emptyings, its own promise")
    ] = None
    """Of a hospital or a market; None: that of its stream, or the city's."""

    @model_validator(mode="after")
    def _window_is_whole(self) -> Self:
        _check_window("window_from", self.window_from, "window_to", self.window_to)
        return self


class TruckClass(Entry):
    """`truck_classes.csv`."""

    id: Id
    name: Name
    capacity_kg: Annotated[Positive, Field(description="kg the body may carry")]
    capacity_l: Annotated[Positive, Field(description="litres of the body")]
    compaction: Annotated[
        float, Field(ge=1, le=8, description="times the body presses the waste together, 1 = no press")
    ] = 1
    max_trips: Annotated[int, Field(ge=1, le=20, description="disposal visits a day")]
    fixed_cost: Annotated[
        NotNegative, Field(description="cost of using the truck on a day, in the currency of the city")
    ]
    drive_l_per_km: Annotated[Positive, Field(description="litres of fuel per km driven")]
    per_stop_l: Annotated[NotNegative, Field(description="litres of fuel per container emptied")]
    idle_l_per_h: Annotated[NotNegative, Field(description="litres of fuel per hour standing")]
    road_profile: Annotated[Literal["truck", "tricycle"], Field(description="streets it takes: truck or tricycle")] = (
        "truck"
    )
    height_m: Annotated[float | None, Field(gt=0, le=6, description="metres, for low bridges")] = None
    width_m: Annotated[float | None, Field(gt=0, le=4, description="metres, for narrow streets")] = None
    length_m: Annotated[float | None, Field(gt=0, le=30, description="metres")] = None
    weight_kg: Annotated[float | None, Field(gt=0, le=80_000, description="kg when full, for weak bridges")] = None
    kerb_side: Annotated[bool, Field(description="along wide streets it stops on the container's side only")] = True


class Truck(Entry):
    """`trucks.csv`."""

    id: Id
    truck_class: Id
    depot: Id
    shift_from: ClockTime
    shift_to: ClockTime
    streams: Streams = ("residual",)
    break_s: Annotated[Seconds, Field(description="seconds of the crew's break, 0 = none")] = 0
    break_from: Annotated[ClockTime | None, Field(description="earliest start of the break")] = None
    break_to: Annotated[ClockTime | None, Field(description="latest start of the break")] = None
    in_service: bool = True
    fleet: FleetName = None
    """None: the only one."""

    @model_validator(mode="after")
    def _times_are_in_order(self) -> Self:
        _check_window("shift_from", self.shift_from, "shift_to", self.shift_to)
        _check_window("break_from", self.break_from, "break_to", self.break_to)
        if bool(self.break_s) != (self.break_from is not None):
            raise messages.rule("break_whole", "break_s")
        return self


class Depot(Entry):
    """`depots.csv`."""

    id: Id
    name: Name
    lon: East
    lat: North


class DisposalSite(Entry):
    """`disposal_sites.csv`. No opening hours = closed."""

    id: Id
    name: Name
    lon: East
    lat: North
    service_s: Annotated[Seconds, Field(description="seconds to weigh, unload and leave")]
    open_from: ClockTime | None = None
    open_to: ClockTime | None = None
    weekdays: Weekdays = WEEKDAYS
    streams: Streams = ("residual",)
    control: Annotated[
        ControlLevel | None,
        Field(description="none, limited, basic, improved or full", exclude_if=unless(None)),
    ] = None
    """How well it is controlled, by UN-Habitat's ladder; None: nobody has said. Controlled is basic and better."""

    @model_validator(mode="after")
    def _hours_are_whole(self) -> Self:
        _check_window("open_from", self.open_from, "open_to", self.open_to)
        return self

    def is_open_on(self, day: date) -> bool:
        return self.open_from is not None and self.open_to is not None and WEEKDAYS[day.weekday()] in self.weekdays


class Fleet(Entry):
    """`fleets.csv`: trucks that are planned together, and the containers that they serve.

    `services.city.fleets` says which they are.
    """

    id: Id
    name: Name
    contractor: Name | None = None
    zones: Ids = ()
    """Those whose containers it serves; empty = any, where `kinds` are named."""
    kinds: Ids = ()
    """Those of the containers that it serves; empty = any, where `zones` are named."""


class BaselineStop(Entry):
    """`baseline.csv`: what the city did before, one row a stop, in driving order."""

    circuit: Id
    truck: Id
    weekdays: Weekdays
    position: Annotated[int, Field(ge=1, le=10_000, description="place of the stop in the circuit, from 1")]
    container: Id


class Registry(BaseModel):
    """A whole city: consistent in itself, or not made at all. Lists keep the order of the files."""

    model_config = ConfigDict(frozen=True)

    city: City
    zones: tuple[Zone, ...]
    zone_shapes: dict[str, dict[str, object]]
    """GeoJSON geometry by zone id."""
    container_kinds: tuple[ContainerKind, ...]
    containers: tuple[Container, ...]
    truck_classes: tuple[TruckClass, ...]
    trucks: tuple[Truck, ...]
    depots: tuple[Depot, ...]
    disposal_sites: tuple[DisposalSite, ...]
    fleets: tuple[Fleet, ...] = ()
    """Empty where the folder has no `fleets.csv`: all trucks are then planned together."""
    penalties: tuple[Penalty, ...] = ()
    """Empty where no contract is kept here."""
    baseline: tuple[BaselineStop, ...]
    basemap: dict[str, object] | None = None
    """GeoJSON FeatureCollection of streets, water and markets to draw under the map, where the folder has one."""


def _check_geometry(mount: int | None, blind: int | None, depth: int | None, levels: tuple[str, ...]) -> None:
    """Refuse a container's inside that no sensor could look into, at the cell to mend."""
    others = (("blind_mm", blind), ("depth_mm", depth), ("levels", levels or None))
    named = next((name for name, value in others if value is not None), None)
    if mount is None:
        if named is not None:
            raise messages.rule("no_mount", "mount_mm", other=named)
        return
    if (blind or 0) >= mount:
        raise messages.rule("blind_too_far", "blind_mm")
    if (depth or 0) > mount:
        raise messages.rule("too_deep", "depth_mm")
    pairs = [tuple(map(int, level.split(":"))) for level in levels]
    rises = all(low[0] < high[0] and low[1] < high[1] for low, high in pairwise(pairs))
    if levels and (len(pairs) < 2 or not rises or pairs[0][1] != 0 or pairs[-1][0] > mount):
        raise messages.rule("levels_fall", "levels")
    if levels and depth is not None:
        raise messages.rule("two_depths", "depth_mm")


def _check_window(start_name: str, start: time | None, end_name: str, end: time | None) -> None:
    """Refuse half a window and a window that ends before it starts, at the cell to mend."""
    if start is None and end is not None:
        raise messages.rule("half_window", start_name, other=end_name)
    if start is not None and end is None:
        raise messages.rule("half_window", end_name, other=start_name)
    if start is not None and end is not None and start >= end:
        raise messages.rule("window_order", start_name, other=end_name)
