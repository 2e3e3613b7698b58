"""Who is within a walk of a point that is really emptied: a city's coverage, assigned and delivered."""

from typing import Literal
from uuid import UUID

from services.contracts.fields import Amount, CityId, Day, Instant, Message, MessagePart

Step = Literal["none", "limited", "basic", "improved", "full"]
"""Of UN-Habitat's ladder of collection service, the lowest first."""
STEPS: tuple[Step, ...] = ("none", "limited", "basic", "improved", "full")
ASSUMED_STREAMS: dict[Step, int] = {"basic": 1, "improved": 2, "full": 3}
"""Separate streams that a step asks for within the walk."""

NoCost = Literal["no_truck", "no_way", "too_much"]
"""Why nothing is told of what serving a zone would cost: no truck is in service; none has a road to it; all trucks of
the city together would not do it in a day."""


class ServingCost(MessagePart):
    """What serving a zone's people would cost in a week, by circuits of their own, found by the routing engine."""

    points: int
    """Where containers would be emptied: those that stand there and are not, and new ones."""
    new_points: int
    containers: int
    rounds: int
    """In a week."""
    distance_m: Amount
    fuel_l: Amount
    crew_s: Amount
    money: Amount
    """Fuel and crew; no truck, no container."""


class ZoneCoverage(MessagePart):
    """People of a zone by step; together they are its population."""

    zone: str
    population: Amount
    assigned_people: Amount
    """Within the walk of a container in service, however often it is emptied."""
    none: Amount
    limited: Amount
    basic: Amount
    improved: Amount
    full: Amount
    nearest_served_m: Amount | None = None
    """Walk of half of those without basic service to the nearest point that is served; None: all have it, or no point
    is served."""
    cost: ServingCost | None = None
    no_cost: NoCost | None = None

    @property
    def served_people(self) -> float:
        """With basic service at least."""
        return self.basic + self.improved + self.full

    @property
    def unserved_people(self) -> float:
        return self.none + self.limited


class CoverageComputed(Message):
    """A city's coverage at the end of a day, on Kafka `coverage`, key `<city>`. Only added to; the latest counts."""

    computation_id: UUID
    """Made of all that it says but the instant: computed twice from the same, it is the same."""
    city: CityId
    day: Day
    computed_at: Instant
    arithmetic: int
    walk_m: Amount
    detour_factor: Amount
    """Of a walk over its straight line, where there is no walking network."""
    times_a_week: int
    """Emptyings that a point needs in each week."""
    weeks_known: int
    """Of the 52 up to this day, those in which somebody emptied anything, from the first such on."""
    regular_share: Amount
    """Of the known weeks in which a point has to have been emptied that often."""
    words_heard: int | None = None
    """Emptyings that it is of whose word was received in the 24 hours before `computed_at`. Where the store has other
    ones, a word was on its way there when the line was computed. None: an old line, which does not tell."""
    people_from: Literal["zones", "grid"]
    grid_version: int | None = None
    registry_version: int | None = None
    currency: str
    simulated: bool
    zones: tuple[ZoneCoverage, ...]

    @property
    def population(self) -> float:
        return sum(zone.population for zone in self.zones)

    @property
    def assigned_people(self) -> float:
        return sum(zone.assigned_people for zone in self.zones)

    @property
    def served_people(self) -> float:
        """Delivered: with basic service at least."""
        return sum(zone.served_people for zone in self.zones)

    def people(self, step: Step) -> float:
        """On exactly this step."""
        return sum(float(getattr(zone, step)) for zone in self.zones)

    @property
    def trace_id(self) -> str:
        return str(self.computation_id)
