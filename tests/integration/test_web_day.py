"""A day on the road as the office sees it: the ladder, doubts, what changed told at once, played again, its end."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from psycopg.types.json import Jsonb

from services.contracts.planning import PlanMade, Unserved
from services.store.connection import connect
from tests.support.day_seed import GHOST, LATE, LATE_MIN, SKIPPED, put_day_on_the_road
from tests.support.web_seed import CITY, DAY, NOW, OPERATOR, make_plan, put_dispatch, put_plan
from tests.support.web_server import LogIn, Running, serve_city
from tests.twins.stream import MemoryStream

HALF_PAST_SEVEN = datetime(2026, 11, 23, 6, 35, tzinfo=UTC)  # 07:35 in Porto-Novo, an hour after the circuits left
AFTER = DAY + timedelta(days=1)


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        yield running


@pytest.fixture
def plan(web: Running, database_url: str) -> PlanMade:
    web.clock.at = HALF_PAST_SEVEN
    with connect(database_url, name="seed") as connection:
        connection.execute("UPDATE container_state SET last_emptied_at = NULL")
        return put_day_on_the_road(connection, HALF_PAST_SEVEN)


@pytest.mark.usefixtures("plan")
def test_ladder_says_who_is_late_who_is_silent_and_what_was_passed(log_in: LogIn) -> None:
    trucks = {row["truck"]: row for row in log_in(OPERATOR).get("/api/v1/ladder").json()["trucks"]}
    assert trucks[GHOST]["flags"][0] == "ghost"
    assert trucks[LATE]["late_s"] == pytest.approx(LATE_MIN * 60, abs=540)
    assert "late" in trucks[LATE]["flags"]
    passed = [visit for visit in trucks[SKIPPED]["visits"] if visit["outcome"] == "skipped"]
    assert [visit["reason"] for visit in passed] == ["blocked"]
    ahead = [visit["eta"] for visit in trucks[LATE]["visits"] if visit["eta"]]
    assert all(eta["early"] <= eta["at"] <= eta["late"] for eta in ahead)
    page = log_in(OPERATOR).get("/operateur/frise").text
    for words in ("min de retard", "Muet depuis", "accès bloqué", "now-line"):
        assert words in page, words


@pytest.mark.usefixtures("plan")
def test_ladder_is_a_tab_of_the_page_and_counts_who_should_be_called(log_in: LogIn) -> None:
    page = log_in(OPERATOR).get("/operateur").text
    assert 'href="#ladder"' in page
    assert 'class="to-call">1<' in page


def test_doubts_are_the_worst_first_and_each_leads_to_its_thing(
    plan: PlanMade, database_url: str, log_in: LogIn
) -> None:
    """An alarm of a crew, trucks without a driver or out of service, a broken promise, what yesterday left."""
    yesterday = make_plan(uuid4(), uuid4(), DAY - timedelta(days=1))
    left = plan.unserved[0].container
    with connect(database_url, name="seed") as connection:
        put_plan(connection, yesterday)
        put_dispatch(connection, yesterday)
        connection.execute(
            "UPDATE container_state SET last_emptied_at = %s WHERE container_id = %s", (NOW - timedelta(days=6), left)
        )
        connection.execute("UPDATE truck SET document = document || %s WHERE truck_id = 'T-05'",
                           (Jsonb({"in_service": False}),))  # fmt: skip
    try:
        groups = {row["kind"]: row for row in log_in(OPERATOR).get("/api/v1/doubts").json()}
    finally:
        with connect(database_url, name="seed") as connection:
            connection.execute("UPDATE truck SET document = document - 'in_service'")
    assert list(groups) == ["alarm", "missing", "overdue", "yesterday", "changed"]
    assert groups["alarm"]["rows"][0]["what"] == "blocked"
    assert {row["what"] for row in groups["missing"]["rows"]} == {"truck_out", "truck_no_driver"}
    (late,) = groups["overdue"]["rows"]
    assert (late["container"], round(late["values"]["days"], 1)) == (left, 6.2)  # from 05:00 to 11:00 six days after
    # Yesterday's plan is today's: all of its stops were left, and all are in today's circuits.
    assert groups["yesterday"]["total"] == sum(len(circuit.stops) for circuit in yesterday.circuits)
    assert groups["yesterday"]["rows"][0]["what"] == "left"
    page = log_in(OPERATOR).get("/operateur").text
    assert f'<li data-container="{left}"' in page


def lines_of(client: httpx.Client, last_id: str = "", events: int = 1, timeout_s: float = 15) -> list[dict[str, str]]:
    """So many events of the day's line."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    found: list[dict[str, str]] = []
    event: dict[str, str] = {}
    address = f"/api/v1/live?day={DAY}"
    with client.stream("GET", address, headers=headers, timeout=timeout_s) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line and name:
                event[name] = value
            elif not line and "data" in event:
                found.append(event)
                event = {}
                if len(found) == events:
                    return found
            elif not line:
                event = {}
    return found


def say_done(database_url: str, plan: PlanMade, truck: str, place: str, at: datetime) -> None:
    with connect(database_url, name="test") as connection:
        connection.execute(
            "INSERT INTO confirmation VALUES (%s, %s, %s, %s, 'stop', %s, 'done', NULL, NULL, %s, %s, %s)",
            (uuid4(), CITY, truck, plan.plan_id, place, at, at, truck),
        )


def test_change_is_told_within_seconds_and_who_comes_back_hears_what_was_missed(
    plan: PlanMade, database_url: str, log_in: LogIn
) -> None:
    """A crew speaks while the page listens; it speaks again while the line is lost."""
    client = log_in(OPERATOR)
    (whole,) = lines_of(client)
    assert whole["event"] == "state"
    assert json.loads(whole["data"]) == client.get(f"/api/v1/state?day={DAY}").json()
    ahead = [s.place or "" for c in plan.circuits if c.truck == GHOST for s in c.stops][-2:]
    threading.Timer(0.5, say_done, (database_url, plan, GHOST, ahead[0], HALF_PAST_SEVEN)).start()
    began = time.monotonic()
    _, change = lines_of(client, events=2)
    assert time.monotonic() - began < 6
    assert change["event"] == "change"
    (row,) = json.loads(change["data"])["circuits"]
    assert row["truck"] == GHOST
    say_done(database_url, plan, GHOST, ahead[1], HALF_PAST_SEVEN)
    (missed,) = lines_of(client, last_id=change["id"])
    assert missed["event"] == "change"
    assert json.loads(missed["data"])["circuits"][0]["done"] == row["done"] + 1


def test_line_is_for_operators_alone_and_ends_with_the_session(web: Running, log_in: LogIn) -> None:
    assert httpx.get(f"{web.url}/api/v1/live?day={DAY}").status_code == 401
    assert log_in(("mairie", OPERATOR[1])).get(f"/api/v1/live?day={DAY}").status_code == 403


def test_day_is_played_again_with_tracks_and_words(plan: PlanMade, database_url: str, log_in: LogIn) -> None:
    """A position each half minute, what crews said with its place, and who asked stands in the audit."""
    played = log_in(OPERATOR).get(f"/api/v1/playback?day={DAY}").json()
    tracks = {row["truck"]: row["fixes"] for row in played["tracks"]}
    assert set(tracks) == {circuit.truck for circuit in plan.circuits}
    steps = [after[0] - before[0] for before, after in zip(tracks[LATE], tracks[LATE][1:], strict=False)]
    assert set(steps) == {30}
    skipped = [word for word in played["words"] if word["outcome"] == "skipped"]
    assert [(word["truck"], word["reason"]) for word in skipped] == [(SKIPPED, "blocked")]
    assert all(word["lon"] is not None for word in played["words"])
    assert [word["at_s"] for word in played["words"]] == sorted(word["at_s"] for word in played["words"])
    with connect(database_url, name="test") as connection:
        row = connection.execute("SELECT who, detail FROM audit WHERE what = 'day played back'").fetchone()
    assert row == {"who": OPERATOR[0], "detail": {"fleet": "main", "day": str(DAY)}}
    empty = log_in(OPERATOR).get("/api/v1/playback?day=2026-10-01").json()
    assert (empty["tracks"], empty["words"]) == ([], [])


def test_end_of_day_says_what_was_not_done_why_and_what_becomes_of_it(
    plan: PlanMade, database_url: str, log_in: LogIn
) -> None:
    """The next day's plan has one of them in a circuit and leaves another out."""
    told = log_in(OPERATOR).get(f"/api/v1/day_sheet?day={DAY}").json()
    stops = sum(row["stops"] for row in told["circuits"])
    assert sum(row["done"] for row in told["circuits"]) + len(told["not_done"]) == stops
    assert told["fuel_l"] is None
    by_container = {row["container"]: row for row in told["not_done"]}
    assert "blocked" in {row["reason"] for row in by_container.values()}
    assert all(row["next_circuit"] is None for row in by_container.values())
    again, left = sorted(by_container)[:2]
    _put_next_plan(database_url, plan, again, left)
    told = log_in(OPERATOR).get(f"/api/v1/day_sheet?day={DAY}").json()
    by_container = {row["container"]: row for row in told["not_done"]}
    assert by_container[again]["next_circuit"] is not None
    assert by_container[left]["next_reason"] == "no_capacity"
    page = log_in(OPERATOR).get(f"/operateur/bilan?jour={DAY}").text
    assert "laissé : plus de place dans les camions" in page
    assert log_in(OPERATOR).get(f"/api/v1/day_sheet?day={DAY + timedelta(days=9)}").status_code == 404


def test_stop_that_was_passed_stays_in_the_sheet_when_the_day_is_planned_anew(
    plan: PlanMade, database_url: str, log_in: LogIn
) -> None:
    """A later plan of the day asks nobody for it any more: it was asked for, and not done, all the same."""
    told = log_in(OPERATOR).get(f"/api/v1/day_sheet?day={DAY}").json()
    passed = next(row["container"] for row in told["not_done"] if row["reason"] == "blocked")
    circuits = tuple(
        c.model_copy(update={"visits": tuple(v for v in c.visits if v.place != passed)}) for c in plan.circuits
    )
    later = {"plan_id": uuid4(), "request_id": uuid4(), "circuits": circuits, "made_at": HALF_PAST_SEVEN}
    again = plan.model_copy(update=later)
    with connect(database_url, name="seed") as connection:
        put_plan(connection, again)
        put_dispatch(connection, again)
        connection.execute(
            "UPDATE dispatch SET dispatched_at = %s WHERE plan_id = %s", (HALF_PAST_SEVEN, again.plan_id)
        )
    after = log_in(OPERATOR).get(f"/api/v1/day_sheet?day={DAY}").json()
    assert [row["reason"] for row in after["not_done"] if row["container"] == passed] == ["blocked"]
    assert [row["stops"] for row in after["circuits"]] == [row["stops"] for row in told["circuits"]]
    assert sum(row["skipped"] for row in after["circuits"]) == sum(row["skipped"] for row in told["circuits"])


def _put_next_plan(database_url: str, plan: PlanMade, again: str, left: str) -> UUID:
    following = make_plan(uuid4(), uuid4(), AFTER)
    circuits = tuple(
        c.model_copy(update={"visits": tuple(v for v in c.visits if v.place != left)}) for c in following.circuits
    )
    unserved = (*following.unserved, Unserved(container=left, reason="no_capacity", due="full"))
    assert any(v.place == again for c in circuits for v in c.visits)
    following = following.model_copy(update={"circuits": circuits, "unserved": unserved})
    with connect(database_url, name="seed") as connection:
        put_plan(connection, following)
    del plan
    return following.plan_id
