"""An account of one fleet: it plans, sends and follows that one, and finds nothing of the others' days."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid5

import httpx
import pytest

from services.store.connection import connect
from services.web.entry.accounts import AccountRefused, add_account
from services.web.entry.phones import list_phones
from tests.support.web_seed import (
    CITY,
    NAMES,
    NOW,
    OPERATOR,
    plan_of_fleet,
    put_city,
    put_dispatch,
    put_fleets,
    put_plan,
)
from tests.support.web_server import Running, client_of, serve
from tests.twins.stream import MemoryStream

PLANS = {fleet: uuid5(NAMES, f"plan of {fleet}") for fleet in ("est", "ouest")}
EASTERN = ("est-office", OPERATOR[1])


@pytest.fixture(scope="module")
def stream() -> MemoryStream:
    return MemoryStream()


@pytest.fixture(scope="module")
def web(database_url: str, stream: MemoryStream) -> Iterator[Running]:
    """A city of two fleets, both planned, and an operator of the eastern one."""
    plans = {fleet: plan_of_fleet(fleet, plan_id) for fleet, plan_id in PLANS.items()}
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        put_fleets(connection)
        for plan in plans.values():
            put_plan(connection, plan)
        put_dispatch(connection, plans["est"])
        add_account(connection, CITY, EASTERN[0], "operator", EASTERN[1], fleet="est")
    with serve(database_url, stream, NOW) as running:
        yield running


@pytest.fixture
def eastern(web: Running) -> Iterator[httpx.Client]:
    with closing(client_of(web, EASTERN)) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/operateur?flotte=ouest",
        f"/operateur/envoi?plan={PLANS['ouest']}",
        f"/operateur/changements?plan={PLANS['ouest']}",
        f"/operateur/circuit?plan={PLANS['ouest']}&camion=C-02",
        f"/operateur/arrets?plan={PLANS['ouest']}&circuit=2",
        "/operateur/bilan?flotte=ouest",
        f"/api/v1/plans/{PLANS['ouest']}",
        f"/api/v1/plans/{PLANS['ouest']}/changes",
        f"/api/v1/plans/{PLANS['ouest']}/circuits.csv",
        f"/api/v1/plans/{PLANS['ouest']}/stops.csv",
        f"/api/v1/plans/{PLANS['ouest']}/circuits.geojson",
        f"/api/v1/plans/{PLANS['ouest']}/circuits/2.gpx",
        f"/api/v1/containers.geojson?plan={PLANS['ouest']}",
    ],
)
def test_nothing_of_another_fleets_day_is_found(eastern: httpx.Client, web: Running, path: str) -> None:
    """Its ids in hand; whoever is of all fleets finds it there."""
    assert eastern.get(path).status_code == 404
    with closing(client_of(web, OPERATOR)) as office:
        assert office.get(path).status_code in {200, 303}


@pytest.mark.parametrize("path", ["state", "ladder", "doubts", "day_sheet?day=2026-11-23", "playback?day=2026-11-23"])
def test_programs_of_one_fleet_need_not_name_it_and_may_not_name_another(eastern: httpx.Client, path: str) -> None:
    """For them the city has one."""
    assert eastern.get(f"/api/v1/{path}").status_code == 200
    other = f"{path}{'&' if '?' in path else '?'}fleet=ouest"
    assert eastern.get(f"/api/v1/{other}").status_code == 422


def test_page_opens_on_the_own_fleet_and_offers_no_other(eastern: httpx.Client) -> None:
    page = eastern.get("/operateur").text
    assert "Lot Ouest" not in page
    assert "Lot Est" in page or "flotte=ouest" not in page


def test_another_fleets_plan_is_neither_ordered_nor_sent_nor_changed(
    eastern: httpx.Client, stream: MemoryStream
) -> None:
    """Whatever way the order comes; nothing of it reaches Kafka."""
    token, west = eastern.headers["X-CSRF-Token"], str(PLANS["ouest"])
    sent = len(stream.sent)
    for path, order in (
        ("/api/v1/plan", {"fleet": "ouest"}),
        ("/api/v1/plan", {"around": west}),
        ("/api/v1/dispatches", {"plan_id": west}),
        (f"/api/v1/plans/{west}/changes", {"kind": "lock", "truck": "C-02"}),
    ):
        assert eastern.post(path, json=order).status_code in {404, 422}
    for path, form in (
        ("/operateur/planifier", {"day": "2026-11-24", "flotte": "ouest"}),
        ("/operateur/envoyer", {"plan_id": west}),
        ("/operateur/recalculer", {"plan": west}),
    ):
        assert eastern.post(path, data=form | {"csrf_token": token}).status_code in {404, 422}
    assert len(stream.sent) == sent


def test_phones_are_those_of_the_own_fleets_trucks(eastern: httpx.Client, database_url: str) -> None:
    """C-01 and C-03 are the east's; C-02 is the west's, and so is its phone."""
    assert {phone["truck_id"] for phone in eastern.get("/api/v1/phones").json()} == {"C-01", "C-03"}
    assert eastern.post("/api/v1/phones/invitations", json={"truck": "C-02"}).status_code == 422
    assert eastern.post("/api/v1/phones/invitations", json={"truck": "C-01"}).status_code == 201
    with connect(database_url, name="test") as connection:
        (west,) = [phone["phone_id"] for phone in list_phones(connection, CITY, "ouest")]
    assert eastern.delete(f"/api/v1/phones/{west}").status_code == 404


def test_what_is_the_whole_citys_is_not_for_who_is_of_one_fleet(web: Running, database_url: str) -> None:
    """It tells of everybody."""
    with connect(database_url, name="test") as connection:
        add_account(connection, CITY, "est-chief", "planner", OPERATOR[1], fleet="est")
    with closing(client_of(web, ("est-chief", OPERATOR[1]))) as chief:
        assert chief.get("/journal").status_code == 403
        assert chief.get("/registre/importer").status_code == 403  # and the registry's rows are everybody's
        assert "Lot Ouest" not in chief.get("/comptes").text


def test_account_of_a_fleet_that_is_none_is_refused(database_url: str, web: Running) -> None:
    del web
    with connect(database_url, name="test") as connection:
        with pytest.raises(AccountRefused, match="no fleet 'nord'; its fleets are est, ouest"):
            add_account(connection, CITY, "lost", "operator", OPERATOR[1], fleet="nord")
        with pytest.raises(AccountRefused, match="only operator and planner"):
            add_account(connection, CITY, "lost", "municipality", OPERATOR[1], fleet="est")
