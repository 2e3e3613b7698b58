"""Invitations of people: one link, one account, of no more than whoever invited may give."""

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from services.store.connection import connect
from services.web.entry.accounts import add_account
from services.web.entry.one_time import STEP_S, code_at
from services.web.entry.rights import NEED_ONE_TIME
from services.web.entry.security_log import list_events
from tests.support.web_forms import fill_in, hidden_of
from tests.support.web_seed import CITY, MAYOR, NOW, OPERATOR, PLANNER, TECHNICIAN, put_city, put_fleets, put_office
from tests.support.web_server import LogIn, Running, serve
from tests.twins.stream import MemoryStream

GOOD = "quatre girafes sous la pluie"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BOUND = ("est-chief", OPERATOR[1])


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """A city of two fleets, where one-time codes are asked for as in production."""
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        put_fleets(connection)
        put_office(connection)
        add_account(connection, CITY, BOUND[0], "planner", BOUND[1], fleet="est")
    with serve(database_url, MemoryStream(), NOW) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(database_url: str, web: Running) -> Iterator[Running]:
    """The same city, where who sends trucks needs a one-time code."""
    del web
    with serve(database_url, MemoryStream(), NOW, one_time_for=NEED_ONE_TIME) as running:
        yield running


def invite(by: httpx.Client, login: str, role: str = "municipality", **more: str) -> httpx.Response:
    form = {"csrf_token": by.headers["X-CSRF-Token"], "login": login, "role": role, "language": "fr"} | more
    return by.post("/comptes/inviter", data=form)


def link_of(answer: httpx.Response) -> str:
    """The path of the link that the answer shows."""
    found = re.search(r'href="http://[^/"]+(/invitation/[A-Z2-9]{26})"', answer.text)
    assert found, answer.text
    return found[1]


def newcomer(web: Running) -> httpx.Client:
    return httpx.Client(base_url=web.url, timeout=30)


def accept(web: Running, path: str, password: str = GOOD) -> httpx.Response:
    with closing(newcomer(web)) as browser:
        return fill_in(browser, path, new=password, again=password)


def logs_in(web: Running, login: str, password: str = GOOD) -> bool:
    order = {"city": CITY, "login": login, "password": password}
    return httpx.post(f"{web.url}/api/v1/session", json=order).status_code == 200


def test_invited_person_chooses_a_password_and_is_in(log_in: LogIn, web: Running) -> None:
    """Without a script: the page, its form, and a session of the role that was meant."""
    path = link_of(invite(log_in(PLANNER), "nadia"))
    with closing(newcomer(web)) as browser:
        answer = fill_in(browser, path, new=GOOD, again=GOOD)
        assert answer.status_code == 200
        assert 'href="/municipalite"' in answer.text
        assert browser.get("/api/v1/session").json()["role"] == "municipality"
        assert browser.get("/operateur").status_code == 403
    assert logs_in(web, "nadia")


def test_looking_at_a_link_does_not_use_it_up(log_in: LogIn, web: Running) -> None:
    """Messengers open links to preview them."""
    path = link_of(invite(log_in(PLANNER), "preview"))
    assert {httpx.get(web.url + path).status_code for _ in range(3)} == {200}
    assert accept(web, path).status_code == 200


def test_used_link_opens_nothing(log_in: LogIn, web: Running) -> None:
    """Not another account, and no other password for the first."""
    path = link_of(invite(log_in(PLANNER), "once"))
    with closing(newcomer(web)) as late:
        form = hidden_of(late.get(path).text)
        assert accept(web, path).status_code == 200
        other = "une autre phrase bien longue"
        assert late.post(path, data=form | {"new": other, "again": other}).status_code == 404
    assert logs_in(web, "once")
    assert not logs_in(web, "once", "une autre phrase bien longue")
    assert httpx.get(web.url + path).status_code == 404


def test_link_opened_by_many_at_once_makes_one_account(log_in: LogIn, web: Running, database_url: str) -> None:
    """Who comes second gets nothing, however near."""
    path = link_of(invite(log_in(PLANNER), "crowd"))
    with ThreadPoolExecutor(4) as people:
        statuses = list(people.map(lambda n: accept(web, path, f"{GOOD} {n}").status_code, range(4)))
    assert sorted(statuses) == [200, 404, 404, 404]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM account WHERE login = 'crowd'").fetchone() == (1,)


def test_expired_withdrawn_and_replaced_links_open_nothing(log_in: LogIn, web: Running, database_url: str) -> None:
    """A week, then never; withdrawn at once; a second invitation makes the first void."""
    office = log_in(PLANNER)
    expired = link_of(invite(office, "expired"))
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE person_invitation SET expires_at = now() WHERE login = 'expired'")
    withdrawn = link_of(invite(office, "withdrawn"))
    page = office.get("/comptes").text
    assert "withdrawn" in page
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT invitation_id FROM person_invitation WHERE login = 'withdrawn'").fetchone()
    assert row is not None
    form = {"csrf_token": office.headers["X-CSRF-Token"], "invitation": str(row[0])}
    assert office.post("/comptes/annuler", data=form).status_code == 303
    assert office.post("/comptes/annuler", data=form).status_code == 404
    replaced = link_of(invite(office, "replaced"))
    newest = link_of(invite(office, "Replaced"))
    assert [httpx.get(web.url + path).status_code for path in (expired, withdrawn, replaced, newest)] == [
        404, 404, 404, 200,
    ]  # fmt: skip


def test_code_is_stored_as_a_hash_and_stands_in_no_log(
    log_in: LogIn, web: Running, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever reads the store, a backup or a log cannot come in by it."""
    caplog.set_level(logging.DEBUG, logger="services")
    path = link_of(invite(log_in(PLANNER), "quiet"))
    code = path.rpartition("/")[2]
    httpx.get(web.url + path)
    accept(web, path, "court")
    with psycopg.connect(database_url) as connection:
        tables = ("person_invitation", "security_event", "audit")
        rows = [str(row) for table in tables for row in connection.execute(f"SELECT * FROM {table}")]
    assert any("'quiet'" in row for row in rows)
    assert [row for row in rows if code in row] == []
    assert "GET /invitation/…" in caplog.text
    assert code not in caplog.text


def test_nobody_is_let_in_as_more_than_the_inviter(log_in: LogIn, web: Running) -> None:
    """Operators, the municipality and the technician invite nobody; nobody invites a crew."""
    for who in (OPERATOR, MAYOR, TECHNICIAN):
        assert invite(log_in(who), "friend").status_code == 403
    office = log_in(PLANNER)
    assert invite(office, "friend", "driver").status_code == 403
    assert invite(office, "friend", "king").status_code == 422
    assert invite(office, "friend", "operator", fleet="nord").status_code == 422
    assert invite(office, OPERATOR[0].upper()).status_code == 422
    assert invite(office, "a\nb").status_code == 422
    assert (
        office.post("/comptes/inviter", data={"login": "x", "role": "planner", "csrf_token": "no"}).status_code == 403
    )
    assert not logs_in(web, "friend")


def test_planner_of_one_fleet_lets_people_into_that_one_alone(log_in: LogIn, web: Running, database_url: str) -> None:
    """And sees, ends and resets nobody of another."""
    office, token = log_in(BOUND), {"csrf_token": ""}
    token["csrf_token"] = office.headers["X-CSRF-Token"]
    assert invite(office, "western", "operator", fleet="ouest").status_code == 422
    assert invite(office, "mayor", "municipality").status_code == 422
    path = link_of(invite(office, "eastern", "operator"))
    assert accept(web, path).status_code == 200
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT fleet_id FROM account WHERE login = 'eastern'").fetchone() == ("est",)
    page = office.get("/comptes").text
    assert "eastern" in page
    assert OPERATOR[0] not in page
    for path in ("/comptes/fermer", "/comptes/code"):
        assert office.post(path, data=token | {"login": OPERATOR[0]}).status_code == 404
        assert office.post(path, data=token | {"login": "eastern"}).status_code == 303


def test_weak_or_mistyped_password_keeps_the_link_open(log_in: LogIn, web: Running) -> None:
    """Nothing is made until all of it is right."""
    path = link_of(invite(log_in(PLANNER), "weak"))
    with closing(newcomer(web)) as browser:
        assert fill_in(browser, path, new="motdepasse2026", again="motdepasse2026").status_code == 422
        assert fill_in(browser, path, new=GOOD, again=f"{GOOD}.").status_code == 422
        assert browser.post(path, data={"new": GOOD, "again": GOOD}).status_code == 403
    assert not logs_in(web, "weak")
    assert accept(web, path).status_code == 200


def test_who_sends_trucks_sets_up_one_time_codes_at_once(guarded: Running, log_in: LogIn, database_url: str) -> None:
    """The code is checked before anything is made, the secret is ours, and recovery codes are shown once."""
    path = link_of(invite(log_in(PLANNER), "sender", "operator"))
    with closing(newcomer(guarded)) as browser:
        page = browser.get(path).text
        assert "<svg" in page
        found = re.search(r'class="secret">([A-Z2-7]{32})<', page)
        assert found
        code = code_at(found[1], int(datetime.now(UTC).timestamp()) // STEP_S)
        typed = {"new": GOOD, "again": GOOD}
        assert browser.post(path, data=hidden_of(page) | typed).status_code == 422
        assert browser.post(path, data=hidden_of(page) | typed | {"one_time_code": "000000"}).status_code == 422
        chosen = {"shown": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "one_time_code": code}
        assert browser.post(path, data=hidden_of(page) | typed | chosen).status_code == 422
        answer = browser.post(path, data=hidden_of(page) | typed | {"one_time_code": code})
        assert answer.status_code == 200
        codes = re.findall(r"<code>([A-Z2-9-]{19})</code>", answer.text)
        assert len(set(codes)) == 8
        assert browser.get("/operateur").status_code == 200

    def asked(one_time: str) -> int:
        order = {"city": CITY, "login": "sender", "password": GOOD, "one_time": one_time}
        return httpx.post(f"{guarded.url}/api/v1/session", json=order).status_code

    assert asked("") == 401
    assert asked(code) == 401  # used up by the invitation
    assert asked(codes[0].lower().replace("-", " ")) == 200
    assert asked(codes[0]) == 401
    assert asked(codes[1]) == 200
    with psycopg.connect(database_url) as connection:
        hashes = [row[0] for row in connection.execute("SELECT code_hash FROM recovery_code WHERE login = 'sender'")]
    assert len(hashes) == 6
    assert not {code.replace("-", "") for code in codes} & set(hashes)


def test_guessing_at_links_ends_soon(log_in: LogIn, database_url: str) -> None:
    """As at passwords: twenty wrong ones from one address, then nothing is looked at for a while."""
    del log_in
    with serve(database_url, MemoryStream(), NOW) as alone, closing(newcomer(alone)) as browser:
        form = hidden_of(browser.get("/connexion").text) | {"new": GOOD, "again": GOOD}
        statuses = [browser.post(f"/invitation/{n:026}", data=form).status_code for n in range(22)]
        assert statuses == [404] * 20 + [429] * 2
        assert browser.get(f"/invitation/{1:026}").status_code == 404  # to look again and again is no guess


def test_who_invited_and_joined_is_told(log_in: LogIn, web: Running, database_url: str) -> None:
    """In the log and in the audit, with who let them in."""
    accept(web, link_of(invite(log_in(PLANNER), "told")))
    with connect(database_url, name="test") as connection:
        events = list_events(connection, CITY, LONG_AGO, 1000)
        audit = connection.execute("SELECT who, what FROM audit WHERE detail->>'login' = 'told'").fetchall()
    assert {"person_invited", "person_joined"} <= {event["what"] for event in events if event["login"] == "told"}
    assert {(row["who"], row["what"]) for row in audit} >= {(PLANNER[0], "person_invited"), ("told", "person_joined")}


def test_others_sessions_are_ended_and_codes_reset_by_another_planner(
    log_in: LogIn, web: Running, database_url: str
) -> None:
    """Never one's own: who has one's session must not take off the second lock."""
    accept(web, link_of(invite(log_in(PLANNER), "lost", "operator")))
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE account SET one_time_secret = 'GEZDGNBVGY3TQOJQ' WHERE login = 'lost'")
    office = log_in(PLANNER)
    form = {"csrf_token": office.headers["X-CSRF-Token"]}
    assert office.post("/comptes/code", data=form | {"login": PLANNER[0]}).status_code == 403
    assert office.post("/comptes/code", data=form | {"login": "C-01"}).status_code == 404
    assert office.post("/comptes/code", data=form | {"login": "lost"}).status_code == 303
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT one_time_secret FROM account WHERE login = 'lost'").fetchone()
        assert row == (None,)
        assert connection.execute("SELECT count(*) FROM login_session WHERE login = 'lost'").fetchone() == (0,)
        who = connection.execute(
            "SELECT who FROM audit WHERE what = 'one_time_off' AND detail->>'login' = 'lost'"
        ).fetchall()
    assert who == [(PLANNER[0],)]


def test_invited_person_is_spoken_to_in_the_language_that_was_said(log_in: LogIn, web: Running) -> None:
    """On the invitation, and from then on."""
    path = link_of(invite(log_in(PLANNER), "jane", language="en"))
    with closing(newcomer(web)) as browser:
        assert "Open my account" in browser.get(path, headers={"Accept-Language": "fr"}).text
        fill_in(browser, path, new=GOOD, again=GOOD)
        assert browser.cookies["tournee_language"] == "en"


def test_old_invitations_are_forgotten(log_in: LogIn, database_url: str) -> None:
    """With the next one that is made."""
    office = log_in(PLANNER)
    invite(office, "old")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE person_invitation SET expires_at = %s WHERE login = 'old'", (datetime.now(UTC) - timedelta(1),)
        )
    invite(office, "new")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM person_invitation WHERE login = 'old'").fetchone() == (0,)
