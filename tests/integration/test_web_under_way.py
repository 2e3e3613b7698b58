"""The operator's page of a day under way: what is in force stays, others are offers, alerts wait for somebody."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID, uuid5

import httpx
import pytest

from services.contracts.alerts import AlertSeen
from services.contracts.doors import UplinkReceived
from services.store.connection import connect
from services.writer.day import store_alerts_seen
from services.writer.doors import store_uplinks
from tests.support.sent_day import put_sent_day
from tests.support.web_seed import (
    DAY,
    DRIVER,
    NAMES,
    NOW,
    OPERATOR,
    PLAN,
    make_plan,
    put_dispatch,
    put_plan,
)
from tests.support.web_server import LogIn, Running, serve_city
from tests.twins.stream import MemoryStream

DEARER = uuid5(NAMES, "dearer")
MOVED = uuid5(NAMES, "moved")


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        yield running


@pytest.fixture(autouse=True)
def _sent_day(web: Running, database_url: str) -> None:
    """Each test begins in the middle of a sent day: five of C-02's stops are told of, the third was blocked."""
    put_sent_day(web, database_url)


def add_plan(database_url: str, plan_id: UUID, *, minutes: int, fuel: float = 1.0, sent: bool = False) -> None:
    """The same circuits again, made later; `fuel` times the litres."""
    made = make_plan(plan_id, uuid5(plan_id, "request"))
    totals = made.totals.model_copy(update={"fuel_l": made.totals.fuel_l * fuel})
    plan = made.model_copy(update={"made_at": made.made_at + timedelta(minutes=minutes), "totals": totals})
    with connect(database_url, name="test") as connection:
        put_plan(connection, plan)
        if sent:
            put_dispatch(connection, plan)
            connection.execute(
                "UPDATE dispatch SET dispatched_at = dispatched_at + interval '1 hour' WHERE plan_id = %s", (plan_id,)
            )


def state(client: httpx.Client, day: date = DAY) -> dict[str, object]:
    answer = client.get("/api/v1/state", params={"day": day.isoformat()})
    assert answer.status_code == 200
    return dict(answer.json())


def test_plan_in_force_stays_in_view_with_its_progress(database_url: str, log_in: LogIn) -> None:
    """Planning again at ten must not hide that five trucks are out: the new plan is an offer, with its difference."""
    add_plan(database_url, DEARER, minutes=60, fuel=1.1)
    client = log_in(OPERATOR)
    told = state(client)
    assert told["plan"]["plan_id"] == str(PLAN)  # type: ignore[index]
    assert told["offers"] == [str(DEARER)]
    assert [circuit["done"] for circuit in told["circuits"] if circuit["truck"] == "C-02"] == [4]  # type: ignore[attr-defined]
    page = client.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert f"plan={DEARER}" in page
    assert "/operateur/envoi?plan=" not in page  # the offer is looked at first
    looked_at = client.get("/operateur", params={"jour": DAY.isoformat(), "plan": str(DEARER)}).text
    assert f"/operateur/envoi?plan={DEARER}" in looked_at


def test_what_was_done_counts_whichever_plan_had_asked(database_url: str, log_in: LogIn) -> None:
    """A phone with 55 of 106 stops done must not say 0 of 0 after a new plan was sent."""
    add_plan(database_url, MOVED, minutes=60, sent=True)
    office, phone = log_in(OPERATOR), log_in(("C-02", DRIVER[1]))
    told = state(office)
    assert told["plan"]["plan_id"] == str(MOVED)  # type: ignore[index]
    assert [(c["done"], c["skipped"]) for c in told["circuits"] if c["truck"] == "C-02"] == [(4, 1)]  # type: ignore[attr-defined]
    circuit = phone.get("/api/v1/driver/circuit", params={"day": DAY.isoformat()}).json()
    assert circuit["plan_id"] == str(MOVED)
    words = [visit["confirmed"] for visit in circuit["visits"] if visit["kind"] == "stop"]
    assert words[:5] == ["done", "done", "skipped", "done", "done"]


def test_later_and_dearer_plan_does_not_push_the_better_aside(database_url: str, log_in: LogIn) -> None:
    """Two operators plan at once, nothing is sent: the cheaper of the two is shown, the other is an offer."""
    with connect(database_url, name="test") as connection:
        connection.execute("DELETE FROM dispatch")
    add_plan(database_url, DEARER, minutes=2, fuel=1.2)
    told = state(log_in(OPERATOR))
    assert told["plan"]["plan_id"] == str(PLAN)  # type: ignore[index]
    assert told["offers"] == [str(DEARER)]


def test_past_day_shows_what_was_in_force_and_offers_nothing(web: Running, database_url: str, log_in: LogIn) -> None:
    """Yesterday's plan that was never sent is not to be sent today."""
    add_plan(database_url, DEARER, minutes=60)
    client = log_in(OPERATOR)
    web.clock.at = NOW + timedelta(days=1)
    page = client.get("/operateur", params={"jour": DAY.isoformat(), "plan": str(DEARER)}).text
    assert "/operateur/envoi" not in page
    assert state(client)["plan"]["plan_id"] == str(PLAN)  # type: ignore[index]
    refused = client.post("/api/v1/dispatches", json={"plan_id": str(DEARER)})
    assert (refused.status_code, refused.json()["code"]) == (422, "day_past")


def test_skipped_visit_is_an_alert_until_somebody_has_seen_to_it(database_url: str, log_in: LogIn) -> None:
    """A fire is no "passed": the office is told truck, place and reason, and says when it is seen to."""
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE confirmation SET reason = 'burning' WHERE outcome = 'skipped'")
    client = log_in(OPERATOR)
    (alert,) = state(client)["alerts"]  # type: ignore[misc]
    page = client.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert "Feu." in page
    assert "camion C-02" in page
    with connect(database_url, name="test") as connection:
        seen = AlertSeen(confirmation_id=UUID(str(alert)), city="port-azur", seen_by="awa", seen_at=NOW)
        store_alerts_seen(connection, [seen, seen])
    assert state(client)["alerts"] == []
    assert "Feu." not in client.get("/operateur", params={"jour": DAY.isoformat()}).text


def put_uplink(database_url: str, container: str, minutes: int, *alarms: str) -> None:
    at = NOW + timedelta(minutes=minutes)
    said = UplinkReceived(
        city="port-azur", container=container, door="chirpstack", device="24e124", decoder=None, happened_at=at,
        received_at=at, distance_mm=900, alarms=alarms,
    )  # fmt: skip
    with connect(database_url, name="test") as connection:
        store_uplinks(connection, [said])


def test_alarm_of_a_sensor_stands_there_until_somebody_has_seen_to_it(
    web: Running, database_url: str, log_in: LogIn
) -> None:
    """Heat before tilt, each once however often it is said, and quiet for a day after it was seen to."""
    with connect(database_url, name="test") as connection:
        connection.execute("TRUNCATE confirmation")
        first, second = (
            row["container_id"] for row in connection.execute(
                "SELECT container_id FROM container WHERE city_id = 'port-azur' ORDER BY container_id LIMIT 2"
            )
        )  # fmt: skip
    put_uplink(database_url, first, -30, "tilt")
    put_uplink(database_url, first, -20, "tilt", "distance_alarm")
    put_uplink(database_url, second, -10, "temperature_alarm")
    client = log_in(OPERATOR)
    heat, tilt = state(client)["alerts"]  # type: ignore[misc]
    page = client.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert page.index("Chaleur dans un bac") < page.index("Bac renversé")
    with connect(database_url, name="test") as connection:
        store_alerts_seen(
            connection, [AlertSeen(confirmation_id=UUID(str(tilt)), city="port-azur", seen_by="awa", seen_at=NOW)]
        )
    put_uplink(database_url, first, 10, "tilt")
    web.clock.at = NOW + timedelta(minutes=11)
    assert state(client)["alerts"] == [heat]
    put_uplink(database_url, first, 24 * 60, "tilt")
    web.clock.at = NOW + timedelta(hours=25)
    assert len(state(client)["alerts"]) == 2  # type: ignore[arg-type]


def test_container_that_was_not_full_alarms_nobody(database_url: str, log_in: LogIn) -> None:
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE confirmation SET reason = 'not_full' WHERE outcome = 'skipped'")
    assert state(log_in(OPERATOR))["alerts"] == []


def test_plan_that_should_have_left_is_planned_anew_instead_of_sent(
    web: Running, database_url: str, log_in: LogIn
) -> None:
    """Sent at 07:03, circuits that leave at 06:30 have times that nobody can keep."""
    with connect(database_url, name="test") as connection:
        connection.execute("DELETE FROM dispatch")
    client = log_in(OPERATOR)
    web.clock.at = NOW + timedelta(hours=1, minutes=3)  # 07:03 in the city
    look = client.get("/operateur/envoi", params={"plan": str(PLAN)}).text
    assert 'action="/operateur/envoyer"' not in look
    assert 'action="/operateur/planifier"' in look


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"day": "2026-11-22"}, "day_past"),
        ({"day": "2030-01-01"}, "day_too_far"),
        ({"day": "9999-12-31"}, "wrong_input"),
        ({"day": "0001-01-01"}, "wrong_input"),
        ({"as_of": "2026-11-24T05:00:00Z"}, "as_of_in_future"),
        ({"broken_down": ["C-01", "C-99"]}, "wrong_input"),
        ({"closed_sites": ["decharge"]}, "wrong_input"),
    ],
)
def test_days_out_of_reason_are_refused(log_in: LogIn, order: dict[str, str], code: str) -> None:
    """They answered 500, or left an order "started" for ever."""
    answer = log_in(OPERATOR).post("/api/v1/plan", json=order)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31", "2200-01-01", "demain"])
def test_pages_refuse_days_out_of_reason(log_in: LogIn, day: str) -> None:
    """A page for a day before the first, or after the last, cannot say what day comes before or after."""
    client = log_in(OPERATOR)
    for address in ("/operateur", "/operateur/panneau", "/api/v1/state?day="):
        path = address + day if address.endswith("=") else f"{address}?jour={day}"
        assert client.get(path).status_code == 422, path
    assert log_in(("C-02", DRIVER[1])).get(f"/api/v1/driver/circuit?day={day}").status_code == 422


def test_broken_truck_that_nobody_knows_is_named(log_in: LogIn) -> None:
    """A plan that keeps the broken truck, for a slip of the keyboard, would be found out on the road."""
    answer = log_in(OPERATOR).post("/api/v1/plan", json={"broken_down": ["C-01", "C-99"], "closed_sites": ["centre"]})
    (error,) = answer.json()["errors"]
    assert error["where"] == ["body", "broken_down", 1]
    assert error["message"] == "C-99: expected one of C-01, C-02, C-03, T-04, T-05"


def test_past_day_is_refused_by_the_form_too(log_in: LogIn) -> None:
    """As by the API: the page's button is off, but a form can be sent all the same."""
    client = log_in(OPERATOR)
    for day in ("2026-11-22", "9999-12-31", "0001-01-01"):
        form = {"csrf_token": client.headers["X-CSRF-Token"], "day": day}
        assert client.post("/operateur/planifier", data=form).status_code == 422, day
