"""What the savings ledger says of one day."""

from typing import Literal
from uuid import UUID

from services.contracts.fields import ONLY_FLEET, Amount, CityId, Day, FleetId, Id, Instant, Message, MessagePart

LineReason = Literal[
    "first", "day_over", "events", "plan", "registry", "baseline", "calibration", "log", "arithmetic", "roads",
    "weights",
]  # fmt: skip
"""Why a line was written: the day's first; its day was over; confirmations or positions came; another plan was sent;
another version of the registry, of the frozen baseline or of the fuel calibration; an event was logged for the day;
figures are reckoned otherwise since; trucks were weighed; else streets were built or learned anew."""

Fell = Literal["people_served", "overflow"]
"""Why a zone's saving is not counted: fewer people were served than by the baseline, or more containers overflow."""

Provisional = Literal["baseline_not_accepted", "fuel_not_calibrated", "not_measured", "nobody_heard", "too_uncertain"]
"""Why a figure is *provisoire*: the baseline is accepted by nobody yet; some truck's litres are by its class's default
coefficients; GPS covers less than four fifths of the kilometres; no crew was heard of; the 68 % half-width is over half
of the saving."""

EventKind = Literal["strike", "site_closed", "flood", "other"]
"""Of the log of non-routine events. On a day of a strike the fixed circuits would not have driven either."""


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
    haul_m: Amount | None = None
    """Of `distance_m`, what is not driven from one container to the next. None: on a line from before it was told."""
    duty_s: Amount | None = None
    """Crews on duty, from leaving the depot to being back. None likewise."""

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
    fuel_saved_l: float | None = None
    """The zone's part of the saving: both sides' litres are allotted to zones by the containers emptied. None: nothing
    was compared, or the line is from before zones had their part."""
    fuel_withheld_l: float = 0.0
    """What is not counted of it where service fell: the zone's cost to the baseline (its allotted part, or what the
    circuits would save without it, whichever is more) less what was allotted to it as driven; or what a truck of its
    own would have burnt for what was due there and not emptied, whichever is more. Never below 0."""
    fell: Fell | None = None


class TruckMeasured(MessagePart):
    """What GPS measured of a truck's day; kept in the line, since its positions are not kept for ever."""

    truck: Id
    distance_m: Amount
    haul_m: Amount | None = None
    duty_s: Amount | None = None


class TruckWork(MessagePart):
    """What a truck did that burns fuel, as the ledger counts it: what its receipts are held against."""

    truck: Id
    haul_m: Amount
    collect_m: Amount
    stops: int
    idle_s: Amount
    is_measured: bool
    """Whether GPS covers its kilometres; else they are the plan's."""
    fuel_l: Amount | None = None
    """As modelled: with the truck's coefficients. None: on a line from before it was told by truck."""


class SavedByCause(MessagePart):
    """The saving, before anything is withheld, by what it came of; each may be below 0, together they are all of it."""

    choice_l: float
    """Of emptying other containers than the fixed circuits would have emptied that day."""
    routing_l: float
    """Of driving to those that were emptied otherwise than in the fixed circuits' order."""


class DayWeighed(MessagePart):
    """What scales said of the day's trucks: the routine adjustment by tonnes."""

    loads: int
    """Trips that were weighed and whose containers the day's plan had forecast."""
    weighed_kg: Amount
    expected_kg: Amount
    """Of the same containers, by the plan."""
    load_factor: Amount
    """By which the fixed circuits' kilograms were multiplied: the two's ratio, drawn to 1 by how few loads it is of."""


class ErrorTerm(MessagePart):
    """One thing that may be wrong, by one standard deviation: how much more would then have been saved.

    Terms of one name are one and the same error, on whatever day and in whatever fleet: they are added up with their
    signs. Terms of different names are independent: their squares are added up.
    """

    name: str
    fuel_l: float = 0.0
    distance_m: float = 0.0
    duty_s: float = 0.0


class PlanCounted(MessagePart):
    """A plan whose circuits a line counts."""

    plan_id: UUID
    registry_version: int | None


class SavingsComputed(Message):
    """A line of the ledger, on Kafka `ledger`, key `<city>/<fleet>/<day>`. It stays for ever; the latest one counts.

    `road_factor`: GPS kilometres over estimated kilometres on the driven legs, drawn towards the fleet's usual one
    where few were driven; applied to the baseline's estimate, so that both sides are measured with the same road.
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
    roads: Literal["osm", "estimated"] | None = None
    """What the estimated kilometres were measured on. None: on a line from before it was told."""
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
    baseline_version: int | None = None
    """The accepted baseline that it is compared with. None: that of the city folder, which nobody has accepted."""
    calibration: int | None = None
    """Version of the trucks' calibrated fuel coefficients. None: the defaults of their classes."""
    works: tuple[TruckWork, ...] = ()
    events: tuple[EventKind, ...] = ()
    """Of the log of non-routine events, those of this day."""
    fuel_withheld_l: Amount = 0.0
    """Not counted in `fuel_saved_l`: baseline less driven is the two together."""
    fuel_saved_low_l: float | None = None
    """With `fuel_saved_high_l` the 90 % interval of this day alone; of a period it is not the sum of its days'."""
    fuel_saved_high_l: float | None = None
    distance_saved_m: float | None = None
    duty_saved_s: float | None = None
    by_cause: SavedByCause | None = None
    weighed: DayWeighed | None = None
    """None: no truck of the day was weighed, or nothing was compared."""
    errors: tuple[ErrorTerm, ...] = ()
    """What the interval of any period is made of."""
    provisional: tuple[Provisional, ...] = ()

    @property
    def lines(self) -> tuple["SavingsComputed", ...]:
        """Itself: as a day of a city with one fleet has it."""
        return (self,)

    @property
    def trace_id(self) -> str:
        return str(self.computation_id)
