"""An operator who has seen enough: the search ends at once, the plan is the best so far, and says who ended it."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from services.city.registry import Registry
from services.contracts import topics
from services.contracts.planning import EndSearch, PlanningProgressed
from services.planning.ended import KEPT, EndedSearches
from services.planning.plan_day import plan_day
from services.planning.plan_ground import ground_of
from services.planning.planner import Planner
from services.planning.solve_around import solve_around
from services.stream.kafka import Record
from tests.support.example_town import example_town
from tests.support.hand_town import EVENING, FIRST, SECOND, hand_plan, hand_town
from tests.support.orders import day_order
from tests.twins.stream import MemoryStream

DAY = date(2026, 3, 3)
AS_OF = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return example_town()


def end(request_id: UUID, who: str = "awa") -> Record:
    order = EndSearch(request_id=request_id, city="houeyogbe", asked_by=who, asked_at=AS_OF)
    return Record(topics.SEARCH_ENDS, 0, 0, b"houeyogbe/main", order.to_bytes())


@pytest.mark.slow
def test_plan_whose_search_was_ended_is_whole_and_says_by_whom(registry: Registry) -> None:
    """Ended at the first plan told, of an hour's search."""
    told: list[object] = []
    order = day_order(registry.city.id, DAY, AS_OF, time_limit_s=3600)
    plan = plan_day(
        order, registry, {}, now=lambda: AS_OF, on_improved=told.append, ended_by=lambda: "awa" if told else None
    )
    assert (plan.ended_by, plan.time_limit_s) == ("awa", 3600)
    assert plan.solve_s < 60
    served = [visit.place for circuit in plan.circuits for visit in circuit.stops]
    assert sorted([*served, *(row.container for row in plan.unserved)]) == sorted(c.id for c in registry.containers)
    assert plan.what_if == ()  # nobody who is in a hurry waits for estimates


@pytest.mark.slow
def test_plan_that_nobody_ended_names_nobody(registry: Registry) -> None:
    plan = plan_day(day_order(registry.city.id, DAY, AS_OF), registry, {}, now=lambda: AS_OF)
    assert plan.ended_by is None
    assert "ended_by" not in plan.model_dump(mode="json")


@pytest.mark.slow
def test_solving_around_is_ended_like_any_search() -> None:
    town = hand_town()
    parent = hand_plan(town, {FIRST: ("HOU-002", "HOU-003"), SECOND: ("HOU-005", "HOU-006")})
    order = day_order(parent.city, parent.day, EVENING, 8).model_copy(update={"around": parent.plan_id})
    made = solve_around(order, parent, ground_of(parent, (), town), (), EVENING, lambda: "awa")
    assert made.ended_by == "awa"
    assert made.solve_s < 8


def test_order_that_was_ended_while_it_waited_is_not_carried_out() -> None:
    """The planner was busy with another city; its own word says who, and no plan is made. A twin's end counts too."""
    stream, heard = MemoryStream(), EndedSearches()
    planner = Planner(stream, _AtFour(), ended=heard)
    order = day_order("houeyogbe", DAY, AS_OF)
    twin = order.model_copy(update={"request_id": uuid4()})
    heard.hear([end(twin.request_id)])
    planner.carry_out(None, order, [twin])  # type: ignore[arg-type] - it asks the store nothing
    told = [
        PlanningProgressed.model_validate_json(value) for topic, _, value in stream.sent if topic == topics.PLANNING
    ]
    assert [(one.request_id, one.state, one.refusal, one.ended_by) for one in told] == [
        (order.request_id, "failed", "ended_while_waiting", "awa"),
        (twin.request_id, "failed", "ended_while_waiting", "awa"),
    ]
    assert len(stream.sent) == 2


def test_first_who_ends_a_search_is_named_and_others_go_on() -> None:
    heard, order = EndedSearches(), day_order("houeyogbe", DAY, AS_OF)
    other = order.model_copy(update={"request_id": uuid4()})
    unreadable = Record(topics.SEARCH_ENDS, 0, 0, None, b"\x00 no end")
    heard.hear([unreadable, end(order.request_id, "awa"), end(order.request_id, "kossi")])
    assert heard.ended_by([order]) == "awa"
    assert heard.ended_by([other]) is None
    assert heard.ended_by([other, order]) == "awa"


def test_ends_of_long_ago_are_forgotten() -> None:
    heard, order = EndedSearches(), day_order("houeyogbe", DAY, AS_OF)
    heard.hear([end(order.request_id), *(end(uuid4()) for _ in range(KEPT))])
    assert heard.ended_by([order]) is None


class _AtFour:
    def now(self) -> datetime:
        return AS_OF
