"""Orders to plan a day, and the plans that answer them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.contracts.changes import NOTHING_BY_HAND, BrokenRule, ByHand, PlanChange
from services.contracts.fields import (
    FUTURE_TOLERANCE,
    ONLY_FLEET,
    Amount,
    CityId,
    Day,
    FleetId,
    Id,
    Instant,
    Lat,
    Lon,
    Message,
    MessagePart,
    Ratio,
)
from services.contracts.streets import ClosedStreet

DueReason = Literal[
    "full",
    "full_by_next_round",
    "too_long_since_emptied",
    "promised_times",
    "may_overflow",
    "unserved",
    "with_neighbours",
]
"""Why a container is due: full when the truck comes or before the next round, a promise (days between emptyings, or
emptyings in a period) ends, waste beside it would cost more than waiting saves, people near it went without service
lately, or it spares a way on another day."""

UnservedReason = Literal[
    "not_due",
    "prize_below_cost",
    "no_capacity",
    "no_vehicle_allowed",
    "no_road",
    "given_up",
    "window_unreachable",
    "circuit_too_long",
    "disposal_closed",
    "time_limit",
    "not_found",
    "left_by_hand",
]
PlanStatus = Literal["planned", "nothing_due", "no_truck", "disposal_closed"]

LimitName = Literal["time", "load_kg", "load_l", "trips", "stops", "day_kg", "day_l", "distance", "duty"]
"""What a circuit can run out of: shift, room in its trips, trips, stops, a day's load, kilometres and hours of duty."""

Closing = Literal["shift", "break", "disposal", "stop"]
"""What closes first for a late circuit: the shift, the hours of its break, a disposal site, a container's window."""

Explained = Literal["nothing", "circuits", "served", "all"]
"""How far a plan gives its reasons: `served` is circuits and their stops, `all` also containers left out."""

Difference = Annotated[float, Field(allow_inf_nan=False)]


def _is_none(value: object) -> bool:
    """What is not said is not sent: a large city's plan has tens of thousands of such fields."""
    return value is None


def _is_empty(value: object) -> bool:
    return value == ()


def _is_untouched(value: object) -> bool:
    return value == NOTHING_BY_HAND


def _is_nought(value: object) -> bool:
    return value == 0


class PlanDay(Message):
    """An order, on Kafka `orders`: plan a fleet's `day` with what is known at `as_of`; without it, when taken up.

    An instant of the past is planned as it was known then, and from then on. One in the future is refused.
    """

    request_id: UUID
    city: CityId
    fleet: FleetId = ONLY_FLEET
    day: Day
    as_of: Instant | None = None
    time_limit_s: Annotated[float, Field(gt=0, le=3600)]
    seed: int = 1
    broken_down: tuple[Id, ...] = ()
    """Trucks that go on no further, or do not leave: others take what they had still to do."""
    closed_sites: tuple[Id, ...] = ()
    """Disposal sites that take no waste from now on."""
    compact: Ratio = Field(default=0, exclude_if=_is_nought)
    """How much circuits should keep together, and crews to the quarter they know; 0: as it comes cheapest."""
    balanced: Ratio = Field(default=0, exclude_if=_is_nought)
    """How much workloads should be alike; 0: as it comes cheapest."""
    around: UUID | None = None
    """A plan to solve anew around what is locked and pinned in it, rather than from nothing."""
    ordered_by: str
    ordered_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.request_id)

    @property
    def is_of_the_past(self) -> bool:
        """Whether it asks for a plan as it would have been made earlier: `as_of` was over when it was ordered."""
        return self.as_of is not None and self.as_of < self.ordered_at - FUTURE_TOLERANCE

    def begins_at(self, now: datetime) -> datetime:
        """From when on circuits are planned: now, or the instant of the past that the order names."""
        return self.as_of if self.as_of is not None and self.is_of_the_past else now


class EndSearch(Message):
    """An order, on Kafka `search-ends`: search no further for this plan, and make it of the best found so far.

    Of an order that still waits: it is not carried out. Of one that is done, or nobody's: nothing.
    """

    request_id: UUID
    city: CityId
    fleet: FleetId = ONLY_FLEET
    asked_by: str
    asked_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.request_id)


class PlanningProgressed(Message):
    """How far an order is, on Kafka `planning`."""

    request_id: UUID
    city: CityId
    fleet: FleetId = ONLY_FLEET
    day: Day
    state: Literal["ordered", "started", "improved", "finished", "failed"]
    elapsed_s: Amount = 0
    time_limit_s: Amount
    containers_due: int | None = None
    circuits: int | None = None
    distance_m: Amount | None = None
    plan_id: UUID | None = None
    detail: str | None = None
    refusal: str | None = Field(default=None, exclude_if=_is_none)
    """Why it was not done, a word of `ChangeRefused` or `ended_while_waiting`: pages say it in their language.

    `detail` is English.
    """
    ended_by: str | None = Field(default=None, exclude_if=_is_none)
    """Who had the search end before its time; None: nobody."""
    happened_at: Instant

    @property
    def trace_id(self) -> str:
        """The order's: one id from the button to the plan."""
        return str(self.request_id)


class ContainerForecast(MessagePart):
    """What the planner expects of one container when the truck comes, and whether it is due."""

    container: Id
    fill_ratio: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    fill_low: Annotated[float | None, Field(ge=0, allow_inf_nan=False, exclude_if=_is_none)] = None
    fill_high: Annotated[float | None, Field(ge=0, allow_inf_nan=False, exclude_if=_is_none)] = None
    """Between which it is in four cases of five; None: made before plans said so."""
    fill_per_day: Amount
    evidence: Literal["readings", "prior"]
    demand_kg: Amount
    demand_l: Amount
    due: DueReason | None
    required: bool = False
    prize: Amount = 0
    """What leaving it is expected to cost, in the city's currency, with the later visit that it then takes."""
    later_day: Day | None = Field(default=None, exclude_if=_is_none)
    """The day it is kept for, where that is decided together with today."""
    later_due: DueReason | None = Field(default=None, exclude_if=_is_none)
    """Why on that day."""


class Extra(MessagePart):
    """What a circuit costs more with one container than without it, in the plan's currency, litres and seconds.

    The rest stays as it is. Below zero where the circuit is cheaper with it.
    """

    cost: Difference
    fuel_l: Difference
    duty_s: Difference


class Binding(MessagePart):
    """What a circuit has least of, and how late it may run before something closes."""

    limit: LimitName
    used_ratio: Annotated[float, Field(ge=0, le=1, description="share of the limit that is used")]
    left: Annotated[
        Amount,
        Field(
            description="in seconds for `time` and `duty`, metres for `distance`, kg and litres of loads, else a count"
        ),
    ]
    slack_s: Amount
    closes: Closing
    closes_place: Id | None = None
    """The disposal site or container that closes; None for `shift` and `break`."""


class Visit(MessagePart):
    """One entry of a circuit, in driving order. `load_kg` and `load_l` are what is aboard when leaving."""

    kind: Literal["depot", "stop", "disposal", "break"]
    place: Id | None
    lon: Lon | None
    lat: Lat | None
    arrive_at: Instant
    start_at: Instant
    leave_at: Instant
    load_kg: Amount
    load_l: Amount
    marginal_cost: Extra | None = Field(default=None, exclude_if=_is_none)
    """What emptying this container costs. None for other visits, and where the circuit cannot do without the stop."""


class Circuit(MessagePart):
    """One truck's duty of the day."""

    number: Annotated[int, Field(ge=1)]
    truck: Id
    distance_m: Amount
    fuel_l: Amount
    duty_s: Amount
    trips: int
    visits: tuple[Visit, ...]
    binding: Binding | None = Field(default=None, exclude_if=_is_none)

    @property
    def stops(self) -> tuple[Visit, ...]:
        """The visits that empty a container."""
        return tuple(visit for visit in self.visits if visit.kind == "stop")


class Unserved(MessagePart):
    container: Id
    reason: UnservedReason
    due: DueReason | None
    cheapest_place_cost: Extra | None = Field(default=None, exclude_if=_is_none)
    """At the cheapest place of the plan as it is; None where it fits nowhere, or the plan does not say."""
    cheapest_place_truck: Id | None = Field(default=None, exclude_if=_is_none)


class Totals(MessagePart):
    """Sums over circuits: a plan's, or the fixed circuits' of the same day."""

    circuits: int = 0
    stops: int = 0
    trips: int = 0
    distance_m: Amount = 0
    fuel_l: Amount = 0
    duty_s: Amount = 0


class Sliders(MessagePart):
    """What a plan was asked to be beside cheap, and what that came to beside the same day without it.

    Prices are money in the search alone, no part of `cost`: of a stop apart, of an hour beyond `even_duty_s`, and of a
    stop that another crew empties than those that know it.
    """

    compact: Ratio = 0
    balanced: Ratio = 0
    compact_price: Amount = 0
    balanced_price: Amount = 0
    even_duty_s: int = 0
    without: Totals
    """The cheapest plan that was found before, in half of the search; the other half went on from it."""
    apart_ratio: Ratio
    """Of the neighbours of those emptied, the share that another circuit empties, or nobody."""
    apart_ratio_without: Ratio
    longest_s: Amount
    longest_s_without: Amount
    strange_price: Amount = 0
    own_stops: int = 0
    """Stops of a crew that knows them, of the `known_stops` that some crew in service knows."""
    known_stops: int = 0
    """0 also in plans made before crews' quarters counted."""
    own_stops_without: int = 0
    known_stops_without: int = 0


class WhatIf(MessagePart):
    """What a change would save that day: an estimate, by searching for `search_s` with and without it.

    `saved` is in the plan's currency, below zero where the changed day costs more. `spread` is by how much two searches
    of the day as it is differ: savings no larger say nothing. `newly_served` counts containers that have to be emptied
    and then are; the sums of such days compare different work.
    """

    change: Literal["longer_shifts", "one_more_truck"]
    extra_s: Amount | None = None
    like_truck: Id | None = None
    saved: Difference
    spread: Amount
    newly_served: int
    search_s: Amount

    @property
    def is_told_apart(self) -> bool:
        """Whether the saving is more than the noise of the search."""
        return self.saved > self.spread


class PlanMade(Message):
    """A fleet's plan of a day, whole and immutable, on Kafka `plans`. A replan is a new plan with a new id."""

    plan_id: UUID
    request_id: UUID
    city: CityId
    fleet: FleetId = ONLY_FLEET
    day: Day
    registry_version: int | None = None
    """The registry that it was made from. None: made before versions were kept."""
    as_of: Instant
    made_at: Instant
    seed: int
    time_limit_s: Amount
    solve_s: Amount
    status: PlanStatus
    roads: Literal["estimated", "osm"]
    cost: Amount
    currency: str
    totals: Totals
    baseline: Totals | None
    """The fixed circuits of the fleet's trucks, same day and same roads: what this plan is measured against."""
    circuits: tuple[Circuit, ...]
    unserved: tuple[Unserved, ...]
    forecasts: tuple[ContainerForecast, ...]
    explained: Explained = "nothing"
    what_if: tuple[WhatIf, ...] = ()
    """Empty where the time limit was short or the day very large."""
    replaces: UUID | None = None
    """The plan that was in force when this one was made, of a day under way: this one holds what was done of it too."""
    begins_at: Instant | None = None
    """From when on it is new: circuits before it are as they were driven."""
    called_off: tuple[Id, ...] = ()
    """Trucks that had containers before them in the plan it replaces, and have none any more."""
    sliders: Sliders | None = Field(default=None, exclude_if=_is_none)
    """None: it was to be cheap and nothing else."""
    ended_by: str | None = Field(default=None, exclude_if=_is_none)
    """Who had its search end before its time, after `solve_s`: it is the best found until then. None: nobody."""
    change: PlanChange | None = Field(default=None, exclude_if=_is_none)
    """What an operator changed of another plan to make this one; None: the planner made it by itself."""
    by_hand: ByHand = Field(default=NOTHING_BY_HAND, exclude_if=_is_untouched)
    """What operators have settled so far, this change included."""
    coverage: UUID | None = Field(default=None, exclude_if=_is_none)
    """Of the line of delivered coverage by which leaving people without service again was priced; None: by none."""
    closed_streets: tuple[ClosedStreet, ...] = Field(default=(), exclude_if=_is_empty)
    """Streets that were known to be closed on the day, at `as_of`."""
    broken: tuple[BrokenRule, ...] = Field(default=(), exclude_if=_is_empty)
    """What its circuits break, of a plan changed by hand. The planner's own break nothing, or leave out and say so."""

    @property
    def trace_id(self) -> str:
        """The order's that it answers, which the plan carries."""
        return str(self.request_id)


class PlanDispatched(Message):
    """An operator has sent a plan to the drivers, on Kafka `dispatches`. The latest of a fleet and day is in force."""

    dispatch_id: UUID
    plan_id: UUID
    city: CityId
    fleet: FleetId = ONLY_FLEET
    day: Day
    dispatched_by: str
    dispatched_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.dispatch_id)
