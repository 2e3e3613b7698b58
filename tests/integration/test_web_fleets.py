"""Two fleets of one city in the pages: the office sees one at a time, a driver his own, and neither is in the other."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid5

import httpx
import pytest

from services.contracts import topics
from services.contracts.confirmations import VisitConfirmed
from services.contracts.fields import Message
from services.contracts.planning import PlanDay, PlanDispatched, PlanningProgressed
from services.store.connection import connect
from tests.support.web_seed import (
    CITY,
    DAY,
    DRIVER,
    NAMES,
    NOW,
    OPERATOR,
    containers,
    november,
    plan_of_fleet,
    put_city,
    put_dispatch,
    put_fleets,
    put_plan,
    put_savings,
    savings_day,
)
from tests.support.web_server import LogIn, Running, serve
from tests.twins.stream import MemoryStream

PLANS = {fleet: uuid5(NAMES, f"plan of {fleet}") for fleet in ("est", "ouest")}
EAST = {row["id"] for row in containers() if row["zone"] in {"akpakpa", "dantokpa"}}


@pytest.fixture(scope="module")
def stream() -> MemoryStream:
    """Where the pages' events go."""
    return MemoryStream()


@pytest.fixture(scope="module")
def web(database_url: str, stream: MemoryStream) -> Iterator[Running]:
    """A city of two fleets, both planned; the east is sent, the west is not."""
    plans = {fleet: plan_of_fleet(fleet, plan_id) for fleet, plan_id in PLANS.items()}
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        put_fleets(connection)
        for plan in plans.values():
            put_plan(connection, plan)
        put_dispatch(connection, plans["est"])
        put_savings(connection, november())
    with serve(database_url, stream, NOW) as running:
        yield running


@pytest.fixture
def office(log_in: LogIn) -> httpx.Client:
    """The operator, logged in."""
    return log_in(OPERATOR)


def last_sent[M: Message](stream: MemoryStream, topic: str, contract: type[M]) -> tuple[bytes, M]:
    key, value = [(key, value) for sent, key, value in stream.sent if sent == topic][-1]
    return key, contract.model_validate_json(value)


def test_programs_name_a_fleet_where_there_are_several(office: httpx.Client) -> None:
    """422 says which there are; nothing is ordered for a fleet that nobody meant."""
    for answer in (
        office.post("/api/v1/plan", json={}),
        office.post("/api/v1/plan", json={"fleet": "nord"}),
        office.get("/api/v1/state"),
        office.get("/api/v1/state", params={"fleet": "nord"}),
    ):
        assert answer.status_code == 422
        assert answer.json()["code"] == "which_fleet"
        assert answer.json()["errors"] == [{"where": ["fleet"], "message": "expected one of est, ouest"}]


def test_order_names_its_fleet_and_is_keyed_by_it(office: httpx.Client, stream: MemoryStream) -> None:
    """One fleet's orders stay in their order, whichever planner has the other's."""
    assert office.post("/api/v1/plan", json={"fleet": "ouest"}).status_code == 202
    assert [
        (key, message.fleet)
        for key, message in (
            last_sent(stream, topics.ORDERS, PlanDay),
            last_sent(stream, topics.PLANNING, PlanningProgressed),
        )
    ] == [(f"{CITY}/ouest".encode(), "ouest")] * 2


def test_state_is_of_one_fleet(office: httpx.Client) -> None:
    """Circuits, trucks on the map, silent sensors, and what was sent: each fleet's own."""
    east, west = (office.get("/api/v1/state", params={"fleet": fleet, "day": str(DAY)}).json() for fleet in PLANS)
    assert [c["truck"] for c in east["circuits"]] == [t["truck"] for t in east["trucks"]] == ["C-01", "C-03"]
    assert [c["truck"] for c in west["circuits"]] == ["C-02", "T-04"]
    assert [t["truck"] for t in west["trucks"]] == ["C-02", "T-04", "T-05"]
    assert (east["dispatched_plan_id"], west["dispatched_plan_id"]) == (str(PLANS["est"]), None)
    # Silent are B-005 and B-017, of the ten and ten containers of the east's districts, and B-033 of Gbégamè.
    assert (east["silent"], west["silent"]) == (2, 1)


def test_sending_one_fleets_plan_leaves_the_other_be(office: httpx.Client, stream: MemoryStream) -> None:
    """The fleet is the plan's, whatever the page showed."""
    answer = office.post("/api/v1/dispatches", json={"plan_id": str(PLANS["ouest"])})
    assert answer.status_code == 202
    key, sent = last_sent(stream, topics.DISPATCHES, PlanDispatched)
    assert (key, sent.fleet, sent.plan_id) == (f"{CITY}/ouest".encode(), "ouest", PLANS["ouest"])


def test_driver_has_the_circuit_of_his_trucks_fleet(log_in: LogIn) -> None:
    """C-01 is of the east, which is sent; C-02 of the west, which is not."""
    east, west = (log_in((truck, DRIVER[1])) for truck in ("C-01", "C-02"))
    assert east.get("/api/v1/driver/circuit").json()["plan_id"] == str(PLANS["est"])
    assert west.get("/api/v1/driver/circuit").status_code == 204


@pytest.mark.parametrize(("plan", "fleet"), [(PLANS["ouest"], "ouest"), (PLANS["est"], "est"), (UUID(int=9), "ouest")])
def test_confirmation_is_of_the_plans_fleet(log_in: LogIn, stream: MemoryStream, plan: UUID, fleet: str) -> None:
    """A truck lent to another fleet yesterday still answers yesterday's plan; an unknown plan is its own fleet's."""
    report = {
        "id": str(uuid5(plan, "report")), "plan_id": str(plan), "kind": "stop", "place": "B-001", "outcome": "done",
        "happened_at": NOW.isoformat(),
    }  # fmt: skip
    assert log_in(("C-02", DRIVER[1])).post("/api/v1/driver/confirmations", json=[report]).status_code == 202
    key, confirmed = last_sent(stream, topics.CONFIRMATIONS, VisitConfirmed)
    assert (key, confirmed.fleet) == (f"{CITY}/C-02".encode(), fleet)


def test_containers_are_the_citys_or_a_fleets(office: httpx.Client) -> None:
    """A town hall takes all away, each with its fleet; the operator's map shows one fleet's."""
    header, *rows = office.get("/api/v1/containers.csv").text.splitlines()
    assert (header.split(",")[-1], len(rows)) == ("fleet", len(containers()))
    assert {row.split(",")[0] for row in rows if row.endswith(",est")} == EAST
    shown = office.get("/api/v1/containers.geojson", params={"fleet": "est"}).json()["features"]
    assert {feature["properties"]["id"] for feature in shown} == EAST


def test_page_offers_the_fleets_and_stays_with_the_one_chosen(office: httpx.Client) -> None:
    """Every address that the page leads to keeps the fleet, and no container of the other is on it."""
    page = office.get("/operateur", params={"jour": str(DAY), "flotte": "ouest"}).text
    assert 'href="/operateur?jour=2026-11-23&amp;flotte=est" title="Port Propre">Lot Est</a>' in page
    assert 'href="/operateur?jour=2026-11-23&amp;flotte=ouest" aria-current="true">Lot Ouest</a>' in page
    assert 'href="/operateur?jour=2026-11-22&amp;flotte=ouest"' in page
    assert '<input type="hidden" name="flotte" value="ouest">' in page
    assert "T-04" in page
    assert not [container for container in EAST if f'data-container="{container}"' in page]
    assert office.get("/operateur", params={"flotte": "nord"}).status_code == 404


def test_page_without_a_choice_shows_the_first_fleet(office: httpx.Client) -> None:
    """After the login nobody has chosen yet: the first of the file, with the choice beside it."""
    page = office.get("/operateur").text
    assert 'aria-current="true" title="Port Propre">Lot Est</a>' in page


def test_look_before_sending_names_the_fleet_and_goes_back_to_it(office: httpx.Client) -> None:
    """What is about to be sent is one fleet's, and the page says whose."""
    page = office.get("/operateur/envoi", params={"plan": str(PLANS["ouest"])}).text
    assert "Flotte Lot Ouest seule" in page
    assert 'href="/operateur?jour=2026-11-23&amp;flotte=ouest"' in page
    assert "C-01" not in page


def test_files_of_two_fleets_have_two_names(office: httpx.Client) -> None:
    """Both are saved into the same folder of the same desk."""
    names = [
        office.get(f"/api/v1/plans/{plan}/circuits.csv").headers["content-disposition"].partition("=")[2]
        for plan in PLANS.values()
    ]
    assert names == ['"port-azur-est-2026-11-23-circuits.csv"', '"port-azur-ouest-2026-11-23-circuits.csv"']


def test_public_page_puts_the_fleets_together_once_both_are_counted(web: Running, database_url: str) -> None:
    """The open data has a line for each fleet; the page has days of the city, and none of half a city."""
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    with connect(database_url, name="seed") as connection:
        lines = [savings_day(day).model_copy(update={"fleet": fleet}) for day in (monday, tuesday) for fleet in PLANS]
        put_savings(connection, [*lines[:3], lines[3].model_copy(update={"finished": False})])
    told = httpx.get(f"{web.url}/api/v1/public/savings.json", params={"first": monday.isoformat()}).json()
    assert [(line["day"][-2:], line["fleet"]) for line in told] == [("23", "est"), ("23", "ouest"), ("24", "est")]
    of_west = httpx.get(f"{web.url}/api/v1/public/savings.json", params={"fleet": "ouest"}).json()
    assert [line["day"] for line in of_west] == [monday.isoformat()]
    page = httpx.get(web.url, headers={"Accept-Language": "en"}).text
    # 22 days of the seed, of the fleet that there was, and Monday of both; Tuesday waits for the west.
    assert "23 finished days" in page
    emptied = sum(line.driven.stops for line in [*november(), *lines[:2]])
    assert f"{emptied} containers were emptied" in page
