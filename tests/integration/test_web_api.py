"""Orders become events that Kafka holds; reads come from the store."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from uuid import uuid4

import httpx
import pytest

from infra.stack.stack import Stack
from services.contracts import topics
from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import PlanDay, PlanDispatched, PlanningProgressed
from services.store.connection import connect
from services.stream.kafka import EventConsumer
from services.web.requests.stream import KafkaStream
from tests.support.web_seed import CITY, DAY, DRIVER, NOW, OPERATOR, PLAN, november, put_savings, savings_day
from tests.support.web_server import LogIn, Running, serve, serve_city
from tests.twins.stream import MemoryStream


@pytest.fixture(scope="module")
def web(database_url: str, stack: Stack) -> Iterator[Running]:
    with closing(KafkaStream(stack.kafka, name="web")) as stream, serve_city(database_url, stream) as running:
        yield running


def events(stack: Stack, topic: str, marker: str) -> list[tuple[bytes | None, bytes]]:
    """What Kafka holds on a topic that contains the marker."""
    group = f"test-{uuid4().hex[:8]}"
    consumer = EventConsumer(stack.kafka, group=group, subscribed=[topic], member="reader")
    found: list[tuple[bytes | None, bytes]] = []
    for _ in range(20):
        found += [(r.key, r.value) for r in consumer.poll(0.5) if marker.encode() in r.value]
        if found:
            break
    found += [(r.key, r.value) for r in consumer.poll(0.5) if marker.encode() in r.value]
    consumer.close()
    return found


def test_order_to_plan_is_in_kafka_before_202(stack: Stack, log_in: LogIn) -> None:
    """The planner and the page both hear of it: the order, and its first progress."""
    answer = log_in(OPERATOR).post("/api/v1/plan", json={"time_limit_s": 5, "seed": 3})
    assert answer.status_code == 202
    request_id = answer.json()["request_id"]
    [(key, value)] = events(stack, topics.ORDERS, request_id)
    order = PlanDay.model_validate_json(value)
    assert (key, order.city, order.day, order.time_limit_s, order.seed) == (f"{CITY}/main".encode(), CITY, DAY, 5, 3)
    assert order.as_of == NOW
    [(_, value)] = events(stack, topics.PLANNING, request_id)
    assert PlanningProgressed.model_validate_json(value).state == "ordered"


def test_order_is_known_before_the_writer_stored_it(log_in: LogIn) -> None:
    """Asking at once is answered "ordered", and 404 is kept for what was never ordered."""
    client = log_in(OPERATOR)
    request_id = client.post("/api/v1/plan", json={}).json()["request_id"]
    assert client.get(f"/api/v1/planning/{request_id}").json()["state"] == "ordered"
    assert client.get(f"/api/v1/planning/{uuid4()}").status_code == 404


def test_dispatch_is_in_kafka_before_202(stack: Stack, log_in: LogIn) -> None:
    """The drivers' day hangs on this event."""
    answer = log_in(OPERATOR).post("/api/v1/dispatches", json={"plan_id": str(PLAN)})
    assert answer.status_code == 202
    [(key, value)] = events(stack, topics.DISPATCHES, answer.json()["dispatch_id"])
    dispatched = PlanDispatched.model_validate_json(value)
    assert (key, dispatched.plan_id, dispatched.day, dispatched.dispatched_by) == (
        f"{CITY}/main".encode(),
        PLAN,
        DAY,
        OPERATOR[0],
    )


def test_unknown_plan_is_not_sent(log_in: LogIn) -> None:
    """Another city's plan, or none, is not found."""
    assert log_in(OPERATOR).post("/api/v1/dispatches", json={"plan_id": str(uuid4())}).status_code == 404


def test_driver_sees_the_circuit_with_what_was_confirmed(log_in: LogIn) -> None:
    """The phone after a reinstall shows the same day."""
    circuit = log_in(("C-02", DRIVER[1])).get("/api/v1/driver/circuit").json()
    stops = [visit for visit in circuit["visits"] if visit["kind"] == "stop"]
    assert circuit["plan_id"] == str(PLAN)
    assert [visit["confirmed"] for visit in stops[:6]] == ["done", "done", "skipped", "done", "done", None]
    assert {"sequence", "kind", "place", "name", "lon", "lat", "arrive_at", "start_at", "leave_at"} <= stops[0].keys()


def test_truck_without_a_circuit_hears_204(log_in: LogIn) -> None:
    """Nothing sent is not an error."""
    assert log_in(DRIVER).get("/api/v1/driver/circuit", params={"day": "2026-11-30"}).status_code == 204


def _report(**changes: object) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "plan_id": str(PLAN),
        "kind": "stop",
        "place": "B-004",
        "outcome": "done",
        "reason": None,
        "happened_at": NOW.isoformat(),
        **changes,
    }


def test_confirmations_carry_the_sessions_truck(stack: Stack, log_in: LogIn) -> None:
    """A phone cannot speak for another truck, and a clock that is ahead is set back to the hour it arrived."""
    ahead = _report(truck="C-03", city="elsewhere", happened_at="2026-11-24T05:00:00+00:00")
    answer = log_in(DRIVER).post("/api/v1/driver/confirmations", json=[ahead, _report()])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2})
    [(key, value)] = events(stack, topics.CONFIRMATIONS, str(ahead["id"]))
    confirmed = VisitConfirmed.model_validate_json(value)
    assert (key, confirmed.city, confirmed.truck, confirmed.driver) == (f"{CITY}/C-01".encode(), CITY, "C-01", "C-01")
    assert confirmed.happened_at == confirmed.received_at == NOW


def test_wrong_report_is_named_and_nothing_is_taken(log_in: LogIn) -> None:
    """422 tells the phone which of its reports to set aside."""
    wrong = _report(outcome="skipped")
    answer = log_in(DRIVER).post("/api/v1/driver/confirmations", json=[_report(), wrong])
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["index"], fault["id"]) == (1, wrong["id"])


def test_kafka_away_is_said_calmly(database_url: str, log_in: LogIn) -> None:
    """503 with Retry-After: the phone keeps everything and comes back."""
    stream = MemoryStream()
    stream.away = True
    with serve(database_url, stream, NOW) as away:
        answer = log_in(DRIVER, away).post("/api/v1/driver/confirmations", json=[_report()])
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "Rien n'est perdu" in answer.json()["detail"]
        assert httpx.get(f"{away.url}/ready").status_code == 503
        assert httpx.get(f"{away.url}/").status_code == 200


def test_state_costs_nothing_while_nothing_changes(log_in: LogIn) -> None:
    """The second poll is 304 and empty."""
    client = log_in(OPERATOR)
    first = client.get("/api/v1/state")
    assert {c["number"]: (c["done"], c["skipped"]) for c in first.json()["circuits"]}[2] == (4, 1)
    second = client.get("/api/v1/state", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status_code, second.content) == (304, b"")


def test_plan_and_downloads_hold_the_same_stops(log_in: LogIn) -> None:
    """Whoever takes the data away gets the plan, whole."""
    client = log_in(OPERATOR)
    plan = client.get(f"/api/v1/plans/{PLAN}").json()
    lines = client.get(f"/api/v1/plans/{PLAN}/circuits.geojson").json()["features"]
    rows = client.get(f"/api/v1/plans/{PLAN}/stops.csv").text.splitlines()
    assert len(lines) == len(plan["circuits"]) == 4
    assert len(rows) - 1 == sum(len(circuit["visits"]) for circuit in plan["circuits"])
    containers = client.get("/api/v1/containers.geojson", params={"plan": str(PLAN)}).json()["features"]
    assert {f["properties"]["state"] for f in containers} >= {"low", "due", "overflow", "silent"}


def test_open_data_needs_no_login(web: Running) -> None:
    """Press and residents read the same ledger as the town hall."""
    days = httpx.get(f"{web.url}/api/v1/public/savings.json").json()
    rows = httpx.get(f"{web.url}/api/v1/public/savings.csv").text.splitlines()
    zones = httpx.get(f"{web.url}/api/v1/public/zones.geojson").json()["features"]
    assert len(days) == len(rows) - 1 == len(november())
    assert {f["properties"]["id"]: f["properties"]["served_ratio"] for f in zones}["pk6"] == 0


def test_only_days_that_are_over_are_public(web: Running, database_url: str) -> None:
    """A day under way counts circuits that nobody has driven yet; of a day that is over, the latest line counts."""
    under_way = savings_day(date(2026, 12, 1)).model_copy(update={"finished": False, "computation_id": uuid4()})
    again = savings_day(date(2026, 11, 22)).model_copy(
        update={"number": 2, "computation_id": uuid4(), "reasons": ("events",), "confirmations": 35}
    )
    with connect(database_url, name="seed") as connection:
        put_savings(connection, [under_way, again])
    days = httpx.get(f"{web.url}/api/v1/public/savings.json").json()
    assert [day["day"] for day in days] == [f"2026-11-{day:02}" for day in range(1, 23)]
    assert (days[-1]["number"], days[-1]["confirmations"]) == (2, 35)
    page = httpx.get(web.url, headers={"Accept-Language": "fr"}).text
    assert "Du 1er au 22 novembre 2026" in page
    assert "22 journées finies" in page
    assert "1\N{NARROW NO-BREAK SPACE}100" in page  # 22 days of 50 containers by the fixed circuits
    assert "748" in page  # and of 34 emptied


def test_every_order_is_described(web: Running) -> None:
    """The simulators and other programs are written from this description."""
    paths = httpx.get(f"{web.url}/api/openapi.json").json()["paths"]
    assert {"/api/v1/session", "/api/v1/plan", "/api/v1/dispatches", "/api/v1/driver/confirmations"} <= paths.keys()
    assert httpx.get(f"{web.url}/api/docs").status_code == 200


def test_store_rows_of_another_city_are_out_of_reach(log_in: LogIn) -> None:
    """A plan is found by its id within the session's city only."""
    assert json.loads(log_in(OPERATOR).get(f"/api/v1/plans/{uuid4()}").text)["code"] == "not_found"
