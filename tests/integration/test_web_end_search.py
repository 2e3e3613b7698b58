"""Ending a search over the web: an event with its author, a page that says who, and what it does without a plan."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.contracts import topics
from services.contracts.planning import EndSearch, PlanMade, PlanningProgressed
from services.store.connection import connect
from services.web.operator.day import SILENT_PLANNER_AFTER
from services.writer.day import store_planning, store_plans
from tests.support.hand_city import AWA, CITY, MAYOR, NOW, StoringStream, log_in, put_hand_city, put_plan_anew
from tests.support.hand_town import DAY
from tests.support.web_server import Running, serve


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    put_hand_city(database_url)
    with serve(database_url, stream, NOW) as running:
        yield running


@pytest.fixture
def plan(web: Running, database_url: str, stream: StoringStream) -> PlanMade:
    web.clock.at = NOW
    stream.sent.clear()
    return put_plan_anew(database_url)


@pytest.fixture
def awa(web: Running, plan: PlanMade) -> Iterator[httpx.Client]:  # noqa: ARG001 - the plan comes first
    with closing(log_in(web, AWA)) as client:
        yield client


def run(database_url: str, state: str, request_id: UUID | None = None, **more: object) -> PlanningProgressed:
    """How far an order of the day is, as the writer stores it; ordered a minute after the plan there is was made."""
    told = PlanningProgressed.model_validate(
        {
            "request_id": request_id or uuid4(), "city": CITY, "day": DAY, "state": state, "time_limit_s": 60,
            "happened_at": NOW + timedelta(minutes=1), **more,
        }
    )  # fmt: skip
    with connect(database_url, name="test") as connection:
        store_planning(connection, [told])
    return told


def page(client: httpx.Client) -> str:
    answer = client.get("/operateur", params={"jour": DAY.isoformat()})
    assert answer.status_code == 200
    return answer.text


def test_pressing_the_button_is_an_event_with_its_author(
    awa: httpx.Client, database_url: str, stream: StoringStream
) -> None:
    """The button stands in the page without any script; the audit knows who pressed it."""
    running = run(database_url, "improved", elapsed_s=14)
    assert 'action="/operateur/arreter"' in page(awa)
    form = {"csrf_token": awa.headers["X-CSRF-Token"], "request_id": str(running.request_id)}
    answer = awa.post("/operateur/arreter", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/operateur?jour={DAY}")
    ((topic, key, value),) = stream.sent
    assert (topic, key) == (topics.SEARCH_ENDS, b"houeyogbe/main")
    end = EndSearch.model_validate_json(value)
    assert (end.request_id, end.asked_by, end.asked_at, end.fleet) == (running.request_id, "awa", NOW, "main")
    with connect(database_url, name="test") as connection:
        audit = connection.execute(
            "SELECT who FROM audit WHERE what = 'search ended' ORDER BY happened_at DESC LIMIT 1"
        )
        assert audit.fetchone() == {"who": "awa"}


def test_program_ends_a_search_and_one_that_is_over_is_left_alone(
    awa: httpx.Client, database_url: str, stream: StoringStream
) -> None:
    over = run(database_url, "finished")
    answer = awa.post(f"/api/v1/planning/{over.request_id}/end")
    assert (answer.status_code, answer.json()["state"]) == (202, "finished")
    assert stream.sent == []
    running = run(database_url, "started")
    assert awa.post(f"/api/v1/planning/{running.request_id}/end").status_code == 202
    assert awa.post(f"/api/v1/planning/{running.request_id}/end").status_code == 202  # pressed twice: harmless
    assert [topic for topic, _, _ in stream.sent] == [topics.SEARCH_ENDS] * 2


def test_nobody_ends_what_is_not_theirs(awa: httpx.Client, web: Running, database_url: str) -> None:
    """An order of nobody's and one of another city are alike; the mayor's office may look, not act."""
    elsewhere = run(database_url, "started", city="ailleurs")
    for request_id in (uuid4(), elsewhere.request_id):
        assert awa.post(f"/api/v1/planning/{request_id}/end").status_code == 404
    running = run(database_url, "started")
    with closing(log_in(web, MAYOR)) as mayor:
        assert mayor.post(f"/api/v1/planning/{running.request_id}/end").status_code == 403


def test_plan_says_who_ended_its_search_and_after_how_long(
    awa: httpx.Client, plan: PlanMade, database_url: str
) -> None:
    ended = plan.model_copy(
        update={"plan_id": uuid4(), "ended_by": "kossi", "solve_s": 14.0, "time_limit_s": 60.0,
                "made_at": plan.made_at + timedelta(minutes=2)}
    )  # fmt: skip
    with connect(database_url, name="test") as connection:
        store_plans(connection, [ended])
    shown = awa.get("/operateur", params={"jour": DAY.isoformat(), "plan": str(ended.plan_id)}).text
    assert "Calcul arrêté par kossi après 14 s sur 60" in shown
    assert "Calcul arrêté" not in awa.get("/operateur", params={"jour": DAY, "plan": str(plan.plan_id)}).text


def test_order_ended_while_it_waited_is_no_fault(awa: httpx.Client, database_url: str) -> None:
    run(database_url, "failed", refusal="ended_while_waiting", ended_by="kossi", detail="kossi ended it")
    shown = page(awa)
    assert "kossi a arrêté le calcul avant qu&#39;il commence" in shown
    assert "a échoué" not in shown


def test_last_good_plan_stays_when_the_planner_fails_with_its_reason(
    awa: httpx.Client, plan: PlanMade, database_url: str
) -> None:
    run(database_url, "failed", detail="the matrices of Cotonou cannot be read")
    shown = page(awa)
    assert "Le calcul a échoué" in shown
    assert "the matrices of Cotonou cannot be read" in shown
    assert f"/operateur/envoi?plan={plan.plan_id}" in shown


def test_planner_that_says_nothing_holds_nobody_up(
    awa: httpx.Client, plan: PlanMade, web: Running, database_url: str
) -> None:
    """Ten minutes beyond the limit the plan of before can be sent again, and the page says since when it waits."""
    running = run(database_url, "improved", elapsed_s=20)
    held_up = f"/operateur/envoi?plan={plan.plan_id}"
    web.clock.at = running.happened_at + timedelta(seconds=40) + SILENT_PLANNER_AFTER
    assert held_up not in page(awa)
    web.clock.at += timedelta(seconds=1)
    shown = page(awa)
    assert "Le planificateur n&#39;a rien dit depuis 19:01" in shown
    assert held_up in shown
    assert awa.get("/api/v1/state", params={"day": DAY.isoformat()}).json()["progress"] is None
