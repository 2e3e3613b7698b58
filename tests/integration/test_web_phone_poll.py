"""A phone asks each minute: what it asks is small, and read without the plan of the city."""

from services.store.connection import connect
from tests.support.web_seed import DRIVER, PLAN, make_plan, put_confirmations
from tests.support.web_server import LogIn


def test_minute_poll_reads_no_plan(database_url: str, log_in: LogIn) -> None:
    """A city's plan has megabytes and a hundred trucks ask each minute: what they ask answers without its document."""
    client = log_in(("C-02", DRIVER[1]))
    circuit = client.get("/api/v1/driver/circuit")
    with connect(database_url, name="test") as connection:
        connection.execute("CREATE TABLE kept AS SELECT plan_id, document FROM plan")
        connection.execute("UPDATE plan SET document = '{}'")
    try:
        state = client.get("/api/v1/driver/state")
        known = client.get("/api/v1/driver/circuit", headers={"If-None-Match": circuit.headers["etag"]})
    finally:
        with connect(database_url, name="test") as connection:
            connection.execute("UPDATE plan SET document = kept.document FROM kept WHERE kept.plan_id = plan.plan_id")
            connection.execute("DROP TABLE kept")
    # Of the first five stops, sequences 1 to 5 after the depot, the third was skipped.
    confirmed = {"1": "done", "2": "done", "3": "skipped", "4": "done", "5": "done"}
    body = circuit.json()
    assert state.json() == {"plan_id": str(PLAN), "version": body["version"], "confirmed": confirmed}
    assert len(state.content) < 300
    assert (known.status_code, known.content) == (304, b"")


def test_state_of_a_truck_changes_with_what_its_crew_says(database_url: str, log_in: LogIn) -> None:
    """A word said on another phone is a new state, but no reason to fetch the circuit again; a new dispatch is one."""
    client = log_in(("C-03", DRIVER[1]))
    first = client.get("/api/v1/driver/state")
    asked = {"If-None-Match": first.headers["etag"]}
    assert client.get("/api/v1/driver/state", headers=asked).status_code == 304
    plan = make_plan()
    with connect(database_url, name="test") as connection:
        put_confirmations(connection, plan, "C-03", 1)
    second = client.get("/api/v1/driver/state", headers=asked)
    assert (second.status_code, second.json()["confirmed"]) == (200, {"1": "done"})
    assert second.json()["version"] == first.json()["version"]
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE dispatch SET dispatched_at = dispatched_at + interval '1 hour'")
    assert client.get("/api/v1/driver/state").json()["version"] != first.json()["version"]


def test_truck_without_a_circuit_has_a_state(log_in: LogIn) -> None:
    """Nothing sent is a state like another."""
    state = log_in(DRIVER).get("/api/v1/driver/state", params={"day": "2026-11-30"}).json()
    assert state == {"plan_id": None, "version": None, "confirmed": {}}
