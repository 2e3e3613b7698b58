"""A day's plan: what is due, what stands in the way, and what each container left out is told."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

import routing
from services.city.registry import Registry
from services.contracts.fields import ONLY_FLEET
from services.contracts.planning import PlanMade
from services.fill.belief import Belief, hours_of
from services.planning.morning import morning_order
from services.planning.plan_day import plan_day
from services.planning.sliders import preferences_of
from tests.support.example_town import example_town
from tests.support.orders import day_order

pytestmark = pytest.mark.slow  # each plans a day, for a second

DAY = date(2026, 3, 3)  # a Tuesday
AS_OF = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The example town of the documentation."""
    return example_town()


@pytest.fixture
def plan(registry: Registry) -> Callable[..., PlanMade]:
    """Plans the day with a second of search, on what the test changes."""

    def made(beliefs: dict[str, Belief] | None = None, **changed: object) -> PlanMade:
        order = day_order(registry.city.id, DAY, AS_OF)
        return plan_day(order, registry.model_copy(update=changed), beliefs or {}, now=lambda: AS_OF)

    return made


def emptied_an_hour_ago(registry: Registry) -> dict[str, Belief]:
    """Everything clean: nothing to do today."""
    at = AS_OF - timedelta(hours=1)
    return {c.id: Belief(emptied_at=at, cycle_h=hours_of(at)) for c in registry.containers}


def test_every_container_is_in_a_circuit_or_has_its_reason(plan: Callable[..., PlanMade], registry: Registry) -> None:
    """Nobody is forgotten: stops and reasons together are all containers, each once."""
    made = plan()
    served = [visit.place for circuit in made.circuits for visit in circuit.stops]
    left_out = [unserved.container for unserved in made.unserved]
    assert made.status == "planned"
    assert sorted([*served, *left_out]) == sorted(c.id for c in registry.containers)
    assert made.totals.stops == len(served) > 0


def test_plan_and_problem_name_the_registry_version(registry: Registry) -> None:
    """An auditor who replays the day needs the city as it was; without a version nothing is made up."""
    names: list[str] = []
    order = day_order(registry.city.id, DAY, AS_OF)
    made = plan_day(
        order, registry, {}, now=lambda: AS_OF, registry_version=7, on_improved=lambda s: names.append(s.problem)
    )
    assert made.registry_version == 7
    assert set(names) == {f"{registry.city.id} 2026-03-03, registry version 7"}
    assert plan_day(order, registry, {}, now=lambda: AS_OF).registry_version is None


def test_circuits_agree_with_their_visits(plan: Callable[..., PlanMade]) -> None:
    """Loads rise by stops and fall to zero at a disposal site; the last is unloaded before the depot."""
    for circuit in plan().circuits:
        kinds = [visit.kind for visit in circuit.visits]
        assert (kinds[0], kinds[-1], kinds[-2]) == ("depot", "depot", "disposal")
        assert all(visit.load_kg == 0 for visit in circuit.visits if visit.kind == "disposal")
        assert [v.arrive_at for v in circuit.visits] == sorted(v.arrive_at for v in circuit.visits)
        assert circuit.trips == kinds.count("disposal")


def test_same_order_is_the_same_plan(plan: Callable[..., PlanMade]) -> None:
    """A planner that dies between Kafka and its offset answers again under the same id."""
    assert plan().plan_id == plan().plan_id


def test_day_without_due_container_says_so(plan: Callable[..., PlanMade], registry: Registry) -> None:
    """An empty plan is an answer, and each container reads "not due"."""
    made = plan(emptied_an_hour_ago(registry))
    assert (made.status, made.circuits) == ("nothing_due", ())
    assert {u.reason for u in made.unserved} == {"not_due"}


def test_day_without_truck_says_so(plan: Callable[..., PlanMade], registry: Registry) -> None:
    """All trucks in the workshop: the plan tells, container by container, that no truck is there."""
    trucks = tuple(t.model_copy(update={"in_service": False}) for t in registry.trucks)
    made = plan(trucks=trucks)
    assert (made.status, made.circuits) == ("no_truck", ())
    assert len(made.unserved) == len(registry.containers)


def test_day_with_every_disposal_site_closed_says_so(plan: Callable[..., PlanMade], registry: Registry) -> None:
    """A full truck with nowhere to go is not sent out."""
    sites = tuple(s.model_copy(update={"open_from": None, "open_to": None}) for s in registry.disposal_sites)
    made = plan(disposal_sites=sites)
    assert (made.status, made.circuits) == ("disposal_closed", ())
    assert {u.reason for u in made.unserved if u.due} == {"disposal_closed"}


def test_morning_orders_once_at_the_citys_hour(registry: Registry) -> None:
    """At 04:30 of the city's clock, not of the server's; the day's order has the day's own id."""
    city = registry.city.model_copy(update={"timezone": "Africa/Casablanca"})
    before, at, after = (datetime(2026, 7, 1, 3, m, tzinfo=UTC) for m in (29, 30, 31))  # 04:30 there is 03:30 UTC
    assert city.planning.plan_at.hour == 4
    assert morning_order(city, ONLY_FLEET, before) is None
    first, again = morning_order(city, ONLY_FLEET, at), morning_order(city, ONLY_FLEET, after)
    assert first is not None
    assert again is not None
    assert first.request_id == again.request_id
    assert first.day == date(2026, 7, 1)
    assert morning_order(city, ONLY_FLEET, at + timedelta(hours=5)) is None


def test_sliders_say_what_they_cost_beside_the_cheapest_plan(registry: Registry) -> None:
    """The price is the difference of two plans of the same day; at zero nothing is asked and nothing said."""
    order = day_order(registry.city.id, DAY, AS_OF).model_copy(update={"compact": 0.5, "balanced": 1.0})
    made = plan_day(order, registry, {}, now=lambda: AS_OF)
    asked = made.sliders
    assert asked is not None
    assert (asked.compact, asked.balanced) == (0.5, 1.0)
    assert asked.without.stops > 0
    assert min(asked.compact_price, asked.balanced_price, asked.even_duty_s) > 0
    # What is beyond the mean is dear: the longest day is none the longer for it.
    assert asked.longest_s <= asked.longest_s_without
    served = [visit.place for circuit in made.circuits for visit in circuit.stops]
    assert sorted([*served, *(row.container for row in made.unserved)]) == sorted(c.id for c in registry.containers)


def test_plan_without_sliders_says_nothing_of_them(plan: Callable[..., PlanMade]) -> None:
    made = plan()
    assert made.sliders is None
    assert "sliders" not in made.model_dump(mode="json")


def test_full_slider_is_priced_by_what_the_day_costs() -> None:
    """Ten stops cost 10,000 beside prizes: a stop apart 500, a strange one 250, an hour beyond the mean 4,000."""
    stops = tuple(routing.Stop(f"B{n}", 0, 1, 1, 1, "residual", required=False, prize=700.0) for n in range(11))
    visits = tuple(routing.Visit(routing.VisitKind.STOP, f"B{n}", 0, 0, 0) for n in range(10))
    home = routing.Visit(routing.VisitKind.DEPOT, "D", 18_000, 18_000, 18_000)
    problem = routing.Problem("day", routing.Prices(1, 1), (), {}, (), (), (), stops)
    left = routing.Unserved("B10", routing.Reason.PRIZE_BELOW_COST)
    out = routing.Visit(routing.VisitKind.DEPOT, "D", 0, 0, 0)
    cheapest = routing.Solution("day", (routing.Route("T", (out, *visits, home)),), (left,), 10_700.0, duty_s=18_000)
    order = day_order("town", DAY, AS_OF).model_copy(update={"compact": 1.0, "balanced": 1.0})
    known = {"B1": frozenset({"T"})}
    told = routing.Preferences(500.0, 4000.0, 18_000, routing.Familiarity(known, 250.0))
    assert preferences_of(order, problem, cheapest, known) == told
