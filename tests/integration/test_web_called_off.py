"""Crews whose containers went to others: listed before the plan is sent, told on their phones, on the road or not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from services.contracts.planning import PlanMade
from services.planning.problem import totals_of
from services.store.connection import connect
from tests.support.sent_day import put_sent_day
from tests.support.web_seed import (
    DAY,
    DRIVER,
    NAMES,
    NOW,
    OPERATOR,
    make_plan,
    put_dispatch,
    put_plan,
)
from tests.support.web_server import LogIn, Running, serve_city
from tests.twins.stream import MemoryStream

LATER = uuid5(NAMES, "without")
Send = Callable[..., PlanMade]


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        yield running


@pytest.fixture(autouse=True)
def _sent_day(web: Running, database_url: str) -> None:
    """Each test begins in the middle of a sent day: C-02 has emptied four containers and skipped one."""
    put_sent_day(web, database_url)


@pytest.fixture
def plan_without(database_url: str) -> Send:
    """Put a later plan, where some trucks have no circuit any more."""

    def put(*trucks: str, sent: bool = True, **changes: Any) -> PlanMade:
        made = make_plan(LATER, uuid5(LATER, "request"))
        circuits = tuple(circuit for circuit in made.circuits if circuit.truck not in trucks)
        made_at = NOW + timedelta(hours=4)
        plan = made.model_copy(
            update={"circuits": circuits, "totals": totals_of(circuits), "made_at": made_at, **changes}
        )
        with connect(database_url, name="test") as connection:
            put_plan(connection, plan)
            if sent:
                put_dispatch(connection, plan)
                connection.execute("UPDATE dispatch SET dispatched_at = %s WHERE plan_id = %s", (made_at, plan.plan_id))
        return plan

    return put


def circuit_of(log_in: LogIn, truck: str) -> dict[str, Any]:
    answer = log_in((truck, DRIVER[1])).get("/api/v1/driver/circuit", params={"day": DAY.isoformat()})
    assert answer.status_code == 200
    return dict(answer.json())


def kinds(circuit: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(visit["kind"], visit["confirmed"]) for visit in circuit["visits"]]


def test_truck_called_off_in_the_yard_is_told(plan_without: Send, log_in: LogIn) -> None:
    """It had a circuit, and has none: "no circuit" or the old one would both be wrong."""
    plan = plan_without("C-01")
    circuit = circuit_of(log_in, "C-01")
    assert (circuit["called_off"], circuit["plan_id"]) == (True, str(plan.plan_id))
    assert kinds(circuit) == [("depot", None), ("depot", None)]
    phone = log_in(("C-01", DRIVER[1]))
    assert phone.get("/api/v1/driver/state").json()["version"] == circuit["version"]
    page = phone.get("/chauffeur").text
    assert "Circuit arrêté" in page
    assert "Rien à faire. Restez au dépôt" in page


def test_truck_on_the_road_unloads_first(plan_without: Send, log_in: LogIn, database_url: str) -> None:
    """What it emptied stays done, nothing of its old circuit is asked any more, and unloading stays done once said."""
    plan = plan_without("C-02")
    done = [("depot", None), *[("stop", word) for word in ("done", "done", "skipped", "done", "done")]]
    circuit = circuit_of(log_in, "C-02")
    assert circuit["called_off"]
    assert kinds(circuit) == [*done, ("disposal", None), ("depot", None)]
    assert "Videz la benne : Centre d&#39;enfouissement" in log_in(("C-02", DRIVER[1])).get("/chauffeur").text
    with connect(database_url, name="test") as connection:
        connection.execute(
            "INSERT INTO confirmation VALUES (%s, 'port-azur', 'C-02', %s, 'disposal', 'centre', 'done', NULL, NULL,"
            " %s, %s, 'C-02')",
            (uuid4(), plan.plan_id, NOW + timedelta(hours=5), NOW + timedelta(hours=5)),
        )
    unloaded = circuit_of(log_in, "C-02")
    assert kinds(unloaded) == [*done, ("disposal", "done"), ("depot", None)]
    assert unloaded["version"] == circuit["version"]
    assert "Rien d&#39;autre à vider. Rentrez au dépôt." in log_in(("C-02", DRIVER[1])).get("/chauffeur").text


def test_truck_that_no_plan_ever_had_has_no_circuit(plan_without: Send, log_in: LogIn, database_url: str) -> None:
    """Nobody is called off who was never called."""
    with connect(database_url, name="test") as connection:
        connection.execute("DELETE FROM stop WHERE number = 3")
        connection.execute("DELETE FROM circuit WHERE truck_id = 'C-03'")
    plan_without("C-03")
    assert log_in(("C-03", DRIVER[1])).get("/api/v1/driver/circuit").status_code == 204


def test_office_sees_who_is_called_off_before_it_sends(plan_without: Send, log_in: LogIn) -> None:
    """By a plan that says so, and by one that does not know the plan in force."""
    plan = plan_without("C-01", sent=False, called_off=("C-02",))
    office = log_in(OPERATOR)
    look = office.get("/operateur/envoi", params={"plan": str(plan.plan_id)}).text
    assert "C-01, C-02 n&#39;auront plus de bac à vider. Leurs téléphones leur diront" in look
    shown = office.get("/operateur", params={"jour": DAY.isoformat(), "plan": str(plan.plan_id)}).text
    assert "C-01, C-02 n&#39;ont plus de bac à vider" in shown


def test_full_truck_comes_back_when_a_later_plan_asks(plan_without: Send, log_in: LogIn, database_url: str) -> None:
    """Skipped because the truck was full: planned again after unloading, it is to be done. A fire stays skipped."""
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE confirmation SET reason = 'truck_full' WHERE outcome = 'skipped'")
    plan_without()
    assert [word for kind, word in kinds(circuit_of(log_in, "C-02")) if kind == "stop"][:5] == [
        "done", "done", None, "done", "done",
    ]  # fmt: skip
    office = log_in(OPERATOR)
    told = office.get("/api/v1/state", params={"day": DAY.isoformat()}).json()
    assert [(c["done"], c["skipped"]) for c in told["circuits"] if c["truck"] == "C-02"] == [(4, 0)]
    page = office.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert 'data-handled="2">4<' in page
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE confirmation SET reason = 'burning' WHERE outcome = 'skipped'")
    assert kinds(circuit_of(log_in, "C-02"))[3] == ("stop", "skipped")


def test_plan_from_where_trucks_were_an_hour_ago_is_planned_anew(
    plan_without: Send, log_in: LogIn, web: Running
) -> None:
    """An offer that nobody sent at ten holds trucks where they are not any more at eleven."""
    plan = plan_without(sent=False, replaces=UUID(int=1), begins_at=NOW + timedelta(hours=4))
    office = log_in(OPERATOR)
    web.clock.at = NOW + timedelta(hours=4, minutes=10)
    look = office.get("/operateur/envoi", params={"plan": str(plan.plan_id)}).text
    assert 'action="/operateur/envoyer"' in look
    web.clock.at = NOW + timedelta(hours=5)
    look = office.get("/operateur/envoi", params={"plan": str(plan.plan_id)}).text
    assert 'action="/operateur/envoyer"' not in look
    assert "tels qu&#39;ils étaient à 10:00" in look
