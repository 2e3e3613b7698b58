"""The reasons of a plan, in the plan's message: worked out on a line of places, and on the example town."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

import routing
from routing.explain import explain
from services.contracts.planning import Binding, Circuit, Extra, PlanMade, Totals, Unserved, Visit
from services.planning import explained
from services.planning.explained import with_reasons
from services.planning.plan_day import plan_day
from tests.support.example_town import example_town
from tests.support.orders import day_order
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

AT = datetime(2026, 3, 3, 5, tzinfo=UTC)
LANDFILL = routing.DisposalSite("L", 1, 600, ((0, 2_000),))


def _visit(kind: str, place: str) -> Visit:
    fields = {"kind": kind, "place": place, "lon": 2.4, "lat": 6.3, "load_kg": 0, "load_l": 0}
    return Visit.model_validate(fields | dict.fromkeys(("arrive_at", "start_at", "leave_at"), AT))


def _message(solution: routing.Solution) -> PlanMade:
    """The plan as the planner tells it before its reasons are known."""
    circuits = tuple(
        Circuit(
            number=number,
            truck=route.vehicle,
            distance_m=0,
            fuel_l=0,
            duty_s=route.duty_s,
            trips=route.trips,
            visits=tuple(_visit(visit.kind.value, visit.id) for visit in route.visits),
        )
        for number, route in enumerate(solution.routes, start=1)
    )
    return PlanMade(
        plan_id=UUID(int=1),
        request_id=UUID(int=2),
        city="line",
        day=date(2026, 3, 3),
        as_of=AT,
        made_at=AT,
        seed=1,
        time_limit_s=1,
        solve_s=1,
        status="planned",
        roads="estimated",
        cost=solution.cost,
        currency="XOF",
        totals=Totals(),
        baseline=None,
        circuits=circuits,
        unserved=tuple(Unserved(container=row.id, reason="prize_below_cost", due="full") for row in solution.unserved),
        forecasts=(),
    )


@pytest.fixture
def town() -> routing.Problem:
    """A bin at 2 km; one at 5 km that is worth 1, and costs more. The landfill at the depot closes after 2,000 s."""
    far = bin_at(3, id="far", required=False, prize=1.0)
    return make_town([0, 0, 2, 5], [bin_at(2), far], [replace(TRUCK, max_trips=2)], [LANDFILL])


@pytest.fixture
def solution(town: routing.Problem) -> routing.Solution:
    solution = routing.solve(town, routing.MaxIterations(50), 1)
    assert [row.id for row in solution.unserved] == ["far"]
    return solution


def test_stop_and_container_left_out_carry_their_sums(town: routing.Problem, solution: routing.Solution) -> None:
    """The bin at 2 km costs the whole circuit; the far one 2 x 3 km more, and both say litres and seconds."""
    told = with_reasons(_message(solution), town, solution)
    # 4 km: 4 l = 4.00; 400 + 60 + 600 s at 0.01 a second = 10.60.
    assert [v.marginal_cost for v in told.circuits[0].stops] == [Extra(cost=14.6, fuel_l=4, duty_s=1_060)]
    assert {v.marginal_cost for v in told.circuits[0].visits if v.kind != "stop"} == {None}
    # 6 km: 6 l = 6.00; 600 s of driving and 60 s of service = 6.60.
    assert told.unserved[0].cheapest_place_cost == Extra(cost=12.6, fuel_l=6, duty_s=660)
    assert (told.unserved[0].cheapest_place_truck, told.explained) == (TRUCK.id, "all")


def test_circuit_tells_what_binds_it_and_what_closes_first(town: routing.Problem, solution: routing.Solution) -> None:
    """One trip of two, 400 of 2,000 kg: a fifth. Its one load is 40 % full: less is left of that than of time."""
    told = with_reasons(_message(solution), town, solution)
    [row] = explain(town, solution).circuits
    binding = told.circuits[0].binding
    # Of one trip's 1,000 kg 600 are left: a share of 0.6, less than of the trips, the shift and the volume.
    assert binding == Binding(
        limit="load_kg", used_ratio=0.4, left=600, slack_s=row.delay_s, closes="disposal", closes_place="L"
    )
    unloading = next(visit for visit in solution.routes[0].visits if visit.kind == "disposal")
    assert row.delay_s == 2_000 - unloading.start_s


def test_container_that_fits_nowhere_has_no_cost(town: routing.Problem) -> None:
    """Heavier than the truck: `all` is explained, and there is nothing to say but that."""
    heavy = replace(town, stops=(town.stops[0], replace(town.stops[1], demand_kg=5_000)))
    solution = routing.solve(heavy, routing.MaxIterations(50), 1)
    told = with_reasons(_message(solution), heavy, solution)
    assert (told.unserved[0].cheapest_place_cost, told.explained) == (None, "all")


def test_huge_day_goes_without_prices_of_those_left_out(
    town: routing.Problem, solution: routing.Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits a minute for them: circuits and stops are explained, and the plan says how far."""
    monkeypatch.setattr(explained, "MOST_TRIES", 0)
    told = with_reasons(_message(solution), town, solution)
    assert (told.explained, told.unserved[0].cheapest_place_cost) == ("served", None)
    assert told.circuits[0].binding is not None
    assert told.circuits[0].stops[0].marginal_cost is not None


def test_plan_too_large_for_prices_says_what_binds_its_circuits(
    town: routing.Problem, solution: routing.Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A city of tens of thousands still hears that: it weighs nothing in the message."""
    monkeypatch.setattr(explained, "MOST_PRICED_STOPS", 1)
    told = with_reasons(_message(solution), town, solution)
    assert (told.explained, told.unserved[0].cheapest_place_cost) == ("circuits", None)
    assert told.circuits[0].binding is not None
    assert told.circuits[0].stops[0].marginal_cost is None


def test_planner_says_why_in_every_plan() -> None:
    """From the order to the message: what binds each circuit, what each stop costs, no what-if on a short day."""
    registry = example_town()
    made = plan_day(day_order(registry.city.id, date(2026, 3, 3), AT), registry, {}, now=lambda: AT)
    assert (made.explained, made.what_if) == ("all", ())
    assert made.circuits
    assert all(circuit.binding is not None for circuit in made.circuits)
    costs = [visit.marginal_cost for circuit in made.circuits for visit in circuit.stops]
    assert sum(extra is not None for extra in costs) > 0.9 * len(costs)
    assert PlanMade.model_validate_json(made.model_dump_json()) == made


def test_plan_of_before_is_read_and_says_nothing(solution: routing.Solution) -> None:
    """Plans in Kafka and in the store are older than their readers."""
    document = json.loads(_message(solution).model_dump_json())
    assert {document.pop("explained"), *document.pop("what_if")} == {"nothing"}
    assert document["circuits"][0].keys().isdisjoint({"binding"})  # what is not said is not sent either
    assert document["circuits"][0]["visits"][1].keys().isdisjoint({"marginal_cost"})
    assert document["unserved"][0].keys() == {"container", "reason", "due"}
    old = PlanMade.model_validate(document)
    assert (old.explained, old.circuits[0].binding) == ("nothing", None)
    assert old == _message(solution)
