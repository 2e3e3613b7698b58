"""A very large day shared with workers: what the planner makes of good answers, bad ones, late ones and none."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zlib import crc32

import pytest
from pydantic import ValidationError

import routing
from routing.warm_up import warm_up
from services.city.registry import Registry
from services.contracts.districts import (
    MOST_BYTES,
    DistrictCircuit,
    DistrictOrdered,
    DistrictPlanned,
    DistrictVisit,
    LeftOut,
)
from services.contracts.planning import PlanMade
from services.contracts.topics import DISTRICTS, PARTITIONS, district_key
from services.errors import StreamAway
from services.fill.due import forecasts_of_day
from services.operations.meters import WorkerMeter
from services.planning.districts import OtherRoads, problem_on_roads, solution_of
from services.planning.ended import EndedBy
from services.planning.plan_day import plan_day
from services.planning.problem import problem_of_day
from services.planning.sharing import SharedDay, Sharing, SharingRules
from services.roads.roads import EstimatedRoads
from tests.benchmarks.districts import DAY, HereAtOnce, carried_out, drawn_city, order_of

RULES = SharingRules(above_stops=300, district_stops=400, rounds=1, least_turn_s=0.7, grace_s=0.1)
LIMIT_S = 4.8  # of it 2.4 for the round: at most three districts of 0.7 each, by one worker


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def registry() -> Registry:
    warm_up()
    return drawn_city()


def made(registry: Registry, sharing: Sharing | None, limit_s: float = LIMIT_S) -> PlanMade:
    order = order_of(registry, limit_s)
    return plan_day(order, registry, {}, now=lambda: order.as_of, sharing=sharing)


def is_whole(plan: PlanMade, registry: Registry) -> bool:
    served = [visit.place for circuit in plan.circuits for visit in circuit.stops]
    return sorted([*served, *(row.container for row in plan.unserved)]) == sorted(c.id for c in registry.containers)


@pytest.fixture(scope="module")
def shared(registry: Registry) -> tuple[PlanMade, HereAtOnce, Sharing]:
    """A day that a worker shares."""
    queue = HereAtOnce()
    sharing = Sharing(queue, RULES)
    return made(registry, sharing), queue, sharing


def test_day_is_shared_and_comes_out_whole(shared: tuple[PlanMade, HereAtOnce, Sharing], registry: Registry) -> None:
    """Protects the way through the messages: real bytes to a real worker and back, and nobody is forgotten."""
    plan, queue, sharing = shared
    assert is_whole(plan, registry)
    assert plan.status == "planned"
    assert len(queue.handed_out) >= 2
    assert queue.meter.districts["planned"] == len(queue.handed_out)
    assert sharing.outcomes["better"] + sharing.outcomes["refused"] == len(queue.handed_out)
    assert sharing.state == "round 1 of 1, 1 workers"


def test_what_a_district_is_told_is_complete_and_small(
    shared: tuple[PlanMade, HereAtOnce, Sharing], registry: Registry
) -> None:
    """Protects the contract: a worker without the store has all it needs, and Kafka's default limit is kept."""
    queue = shared[1]
    stops = [stop["id"] for order in queue.handed_out for stop in order.problem["stops"]]
    assert len(stops) == len(set(stops)) > 300
    for order in queue.handed_out:
        assert len(order.to_bytes()) < MOST_BYTES / 4
        assert DistrictOrdered.model_validate_json(order.to_bytes()) == order
        problem = problem_on_roads(order, EstimatedRoads(registry.city.roads))
        start = routing.solve(
            problem, routing.MaxRuntime(0), start=solution_of(problem.name, order.start, order.left_out)
        )
        assert start.is_feasible()
        assert {route.vehicle for route in start.routes} == {circuit.truck for circuit in order.start}


def test_workers_matrices_are_the_planners(shared: tuple[PlanMade, HereAtOnce, Sharing], registry: Registry) -> None:
    """Protects the prices: what a worker makes of positions and profiles is what the planner searched on."""
    due = [f for f in forecasts_of_day(registry, {}, DAY) if f.due]
    roads = EstimatedRoads(registry.city.roads)
    whole = problem_of_day(registry, due, DAY, name="whole", roads=roads)
    at = {(place.lon, place.lat): number for number, place in enumerate(whole.locations)}
    order = shared[1].handed_out[0]
    problem = problem_on_roads(order, roads)
    rows = [at[place.lon, place.lat] for place in problem.locations]
    for profile, matrix in problem.matrices.items():
        wanted = whole.matrices[profile]
        assert abs(matrix.distance_m - wanted.distance_m[rows][:, rows]).max() <= 1
        assert abs(matrix.duration_s - wanted.duration_s[rows][:, rows]).max() <= 1


class Parrot(HereAtOnce):
    """Its workers answer at once with what they were given, as `spoil` leaves it; None is silence."""

    def __init__(self, spoil: Callable[[DistrictPlanned], DistrictPlanned | None]) -> None:
        super().__init__()
        self._spoil = spoil

    def answers(self, until_s: float, ended_by: EndedBy) -> Iterator[DistrictPlanned]:  # noqa: ARG002
        for order in self.handed_out:
            answer = DistrictPlanned(
                district_id=order.district_id, request_id=order.request_id, city=order.city,
                round=order.round, district=order.district,
                worker="parrot", seconds=0, circuits=order.start, left_out=order.left_out,
            )  # fmt: skip
            spoilt = self._spoil(answer)
            if spoilt is not None:
                yield spoilt


STRANGER = DistrictCircuit(truck="nobody", visits=(DistrictVisit(kind="stop", place="nobody"),))
SPOILT: list[tuple[Callable[[DistrictPlanned], DistrictPlanned | None], str]] = [
    (lambda _: None, "silent"),
    (lambda answer: answer.model_copy(update={"district_id": uuid4()}), "silent"),
    (lambda answer: answer, "refused"),
    (lambda answer: answer.model_copy(update={"circuits": (STRANGER,)}), "refused"),
    (lambda answer: answer.model_copy(update={"circuits": answer.circuits[1:]}), "refused"),
    (lambda answer: answer.model_copy(update={"circuits": (*answer.circuits, answer.circuits[0])}), "refused"),
    (lambda answer: answer.model_copy(update={"circuits": (), "declined": "other roads"}), "declined"),
    (lambda answer: answer.model_copy(update={"left_out": (LeftOut(stop="C0001", reason="laziness"),)}), "declined"),
]


@pytest.fixture(scope="module")
def day(registry: Registry) -> tuple[SharedDay, routing.Problem, routing.Solution]:
    """The day's problem with a first plan of the planner's own."""
    shared_day = SharedDay(order_of(registry, LIMIT_S), registry, EstimatedRoads(registry.city.roads))
    due = [f for f in forecasts_of_day(registry, {}, DAY) if f.due]
    problem = problem_of_day(registry, due, DAY, name="day", roads=shared_day.roads)
    return shared_day, problem, routing.solve(problem, routing.MaxRuntime(1.0))


@pytest.mark.parametrize(("spoil", "outcome"), SPOILT)
def test_bad_answers_do_no_harm(
    day: tuple[SharedDay, routing.Problem, routing.Solution],
    spoil: Callable[[DistrictPlanned], DistrictPlanned | None],
    outcome: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Protects the plan in hand from every worker that is silent, wrong, late, or of another mind."""
    shared_day, problem, plan = day
    queue = Parrot(spoil)
    sharing = Sharing(queue, replace(RULES, rounds=2, least_turn_s=0.1))
    told: list[routing.Solution] = []
    with caplog.at_level(logging.INFO):
        after = sharing.improve(shared_day, problem, plan, 1, LIMIT_S, told.append)
    assert after.routes == plan.routes
    assert after.cost == plan.cost == told[-1].cost
    assert sharing.outcomes[outcome] == len(queue.handed_out) >= 2
    assert sharing.outcomes["better"] == 0
    # Silence ends it after the first round; other answers may be better along other lines.
    assert {order.round for order in queue.handed_out} == ({1} if outcome == "silent" else {1, 2})
    assert ("no answer for districts" in caplog.text) == (outcome == "silent")
    assert sharing.state.endswith("no worker answers") == (outcome == "silent")


class Unused(HereAtOnce):
    """Nothing may be handed out here."""

    def hand_out(self, orders: Sequence[DistrictOrdered]) -> None:
        pytest.fail(f"{len(orders)} districts handed out")


class Away(Unused):
    def count_workers(self) -> int:
        raise StreamAway("Kafka is away")


class GoesAway(HereAtOnce):
    def answers(self, until_s: float, ended_by: EndedBy) -> Iterator[DistrictPlanned]:  # noqa: ARG002
        raise StreamAway("Kafka went away")


@pytest.mark.parametrize(
    ("queue", "rules", "state"),
    [
        (Unused(workers=0), RULES, "alone: no worker runs"),
        (Away(), RULES, "alone: Kafka is away"),
        (Unused(), replace(RULES, least_turn_s=60), "too short to share it with 1 workers"),
        (Unused(), replace(RULES, above_stops=3000), ""),
    ],
)
def test_planner_plans_alone_where_nobody_can_help(
    day: tuple[SharedDay, routing.Problem, routing.Solution],
    queue: HereAtOnce,
    rules: SharingRules,
    state: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Protects the morning: no worker, no Kafka or a small city never delay a plan, and the log says why."""
    sharing = Sharing(queue, rules)
    assert sharing.workers_for(day[1], LIMIT_S) == 0
    assert state in sharing.state
    assert sharing.state in caplog.text


def test_stream_that_goes_away_amid_a_round_leaves_the_plan_in_hand(
    day: tuple[SharedDay, routing.Problem, routing.Solution], caplog: pytest.LogCaptureFixture
) -> None:
    """Protects the order from being begun anew: what Kafka cannot tell is only not as good as it might be."""
    sharing = Sharing(GoesAway(), RULES)
    assert sharing.improve(*day, 1, LIMIT_S, lambda _: None) == day[2]
    assert "alone: Kafka went away" in caplog.text


def test_without_workers_the_day_is_planned_as_ever(registry: Registry) -> None:
    """Protects the usual installation, in which nobody ever started a worker."""
    sharing = Sharing(Unused(workers=0), RULES)
    plan = made(registry, sharing, limit_s=0.5)
    assert is_whole(plan, registry)
    assert "no worker runs" in sharing.state


def test_late_and_unreadable_districts_are_left_aside(
    shared: tuple[PlanMade, HereAtOnce, Sharing], caplog: pytest.LogCaptureFixture
) -> None:
    """Protects a worker's time, and the rest of the queue behind a message that nobody can read."""
    order, meter = shared[1].handed_out[0], WorkerMeter()
    assert carried_out(order.to_bytes(), meter, lambda: order.deadline - timedelta(seconds=0.2)) == []
    for value in (b"", b"\x00\xff", b"{}", order.to_bytes()[:-9], b" " * (MOST_BYTES + 1)):
        assert carried_out(value, meter) == []
    assert (meter.districts["late"], meter.districts["unreadable"]) == (1, 5)
    assert "too late" in caplog.text
    assert "districts/0@0" in caplog.text


def _in_time(order: DistrictOrdered, **changed: object) -> bytes:
    fresh = {"deadline": datetime.now(UTC) + timedelta(minutes=1), "time_limit_s": 1.0}
    return order.model_copy(update={**fresh, **changed}).to_bytes()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"roads": "osm"}, "no roads of"),
        ({"profiles": ()}, "nothing of the order"),
        ({"problem": {"schema": "tournee/problem/1"}}, "faults in the problem"),
    ],
)
def test_worker_says_why_it_cannot(
    shared: tuple[PlanMade, HereAtOnce, Sharing], change: dict[str, object], why: str
) -> None:
    """Protects the technician: a worker without the city's roads says so, instead of planning on others."""
    (answer,) = carried_out(_in_time(shared[1].handed_out[0], **change))
    assert why in str(answer.declined)
    assert answer.circuits == ()


@pytest.mark.parametrize("location", [-1, 10**6])
def test_worker_refuses_places_that_are_none(shared: tuple[PlanMade, HereAtOnce, Sharing], location: int) -> None:
    """Protects the worker from a wrong index, which would silently be another place."""
    document = json.loads(json.dumps(shared[1].handed_out[0].problem))
    document["stops"][0]["location"] = location
    (answer,) = carried_out(_in_time(shared[1].handed_out[0], problem=document))
    assert f"at place {location}" in str(answer.declined)


def test_roads_under_other_names_are_not_taken_for_the_planners(
    shared: tuple[PlanMade, HereAtOnce, Sharing], registry: Registry
) -> None:
    """Protects against speeds that were learned on one machine and not on the other."""
    order = shared[1].handed_out[0]
    renamed = order.profiles[0].model_copy(update={"name": "truck@300-720"})
    document = json.loads(json.dumps(order.problem).replace('"profile": "truck"', '"profile": "truck@300-720"'))
    other = order.model_copy(update={"profiles": (renamed,), "problem": document})
    with pytest.raises(OtherRoads, match="truck@300-720 is truck on the roads here"):
        problem_on_roads(other, EstimatedRoads(registry.city.roads))


@pytest.mark.parametrize("of", [1, 2, 4, 7, 12, 30])
def test_districts_are_dealt_evenly_over_the_partitions(of: int) -> None:
    """Protects the workers' shares: each holds a stretch of partitions, and is to find as many districts as others."""
    partitions = PARTITIONS[DISTRICTS]
    dealt = [crc32(district_key("order", district, of)) % partitions for district in range(of)]
    assert dealt == sorted(dealt)
    for workers in (2, 3, 4):
        held = [sum(p * workers // partitions == w for p in dealt) for w in range(workers)]
        assert max(held) - min(held) <= 1


def test_messages_refuse_what_makes_no_sense(shared: tuple[PlanMade, HereAtOnce, Sharing]) -> None:
    """Protects both sides: a naive deadline or a limit of no time is no order."""
    order = shared[1].handed_out[0]
    for wrong in ({"deadline": "2026-03-03T04:00:00"}, {"time_limit_s": 0}, {"district": 0}, {"roads": "guessed"}):
        with pytest.raises(ValidationError):
            DistrictOrdered.model_validate({**order.model_dump(), **wrong})
