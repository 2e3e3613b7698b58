"""One-time codes set up at the first login: between two proofs, and by whoever has shown the first alone."""

import re
from collections.abc import Iterator
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
from tests.support.web_seed import CITY, MAYOR, NOW, OPERATOR, PLANNER, TECHNICIAN, put_city, put_office
from tests.support.web_server import Running, serve
from tests.twins.stream import MemoryStream

SET_UP = "/connexion/preparer"


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """Whoever may send plans or change the registry needs a code, and nobody has one yet."""
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        put_office(connection)
        for login in ("late", "twice", "wrong"):
            add_account(connection, CITY, login, "operator", OPERATOR[1])
    with serve(database_url, MemoryStream(), NOW, one_time_for=NEED_ONE_TIME) as running:
        yield running


@pytest.fixture
def browser(web: Running) -> Iterator[httpx.Client]:
    with closing(httpx.Client(base_url=web.url, timeout=30)) as client:
        yield client


def first_proof(browser: httpx.Client, who: tuple[str, str], suite: str = "") -> httpx.Response:
    return fill_in(browser, f"/connexion?suite={suite}", city=CITY, login=who[0], password=who[1])


def shown_secret(page: str) -> str:
    found = re.search(r'class="secret">([A-Z2-7]{32})<', page)
    assert found
    return found[1]


def code_now(secret: str) -> str:
    return code_at(secret, int(datetime.now(UTC).timestamp()) // STEP_S)


@pytest.mark.parametrize("who", [OPERATOR, PLANNER, TECHNICIAN])
def test_who_sends_or_changes_sets_up_a_code_before_anything_else(
    web: Running, browser: httpx.Client, database_url: str, who: tuple[str, str]
) -> None:
    """The password alone opens nothing; with the app's code they are in, where they wanted to go, and it is told."""
    answer = first_proof(browser, who, "/compte")
    assert answer.headers["location"] == SET_UP
    assert browser.get("/api/v1/session").status_code == 401
    page = browser.get(SET_UP)
    secret = shown_secret(page.text)
    form = hidden_of(page.text)
    assert browser.post(SET_UP, data=form | {"one_time_code": "000000"}).status_code == 422
    answer = browser.post(SET_UP, data=form | {"one_time_code": code_now(secret)})
    assert answer.status_code == 200
    assert 'href="/compte"' in answer.text
    assert len(re.findall(r"<code>[A-Z2-9-]{19}</code>", answer.text)) == 8
    assert browser.get("/compte").status_code == 200
    with connect(database_url, name="test") as connection:
        events = list_events(connection, CITY, datetime(2000, 1, 1, tzinfo=UTC), 1000)
    assert "one_time_on" in {event["what"] for event in events if event["login"] == who[0]}
    order = {"city": CITY, "login": who[0], "password": who[1]}
    with closing(httpx.Client(base_url=web.url)) as program:
        assert program.post("/api/v1/session", json=order).json()["code"] == "one_time_missing"


def test_who_only_reads_needs_none(browser: httpx.Client) -> None:
    assert first_proof(browser, MAYOR).headers["location"] == "/municipalite"


def test_page_of_the_second_proof_opens_for_nobody_else(web: Running, browser: httpx.Client) -> None:
    """Nor to a browser that has shown nothing, nor for the other kind of proof, nor with a cookie that was made up."""
    for path in (SET_UP, "/connexion/code"):
        assert browser.get(path).headers["location"] == "/connexion"
        assert browser.post(path, data={"one_time_code": "123456"}).headers["location"] == "/connexion"
    first_proof(browser, ("late", OPERATOR[1]))
    assert browser.get("/connexion/code").headers["location"] == "/connexion"
    with closing(httpx.Client(base_url=web.url, cookies={"tournee_half": "made.up.token"})) as other:
        assert other.get(SET_UP).headers["location"] == "/connexion"


def test_first_proof_is_over_with_a_new_password_and_the_code_is_set_up_once(
    web: Running, browser: httpx.Client, database_url: str
) -> None:
    """Two browsers with the same password: the second to finish gets nothing, and must show the first one's code."""
    with closing(httpx.Client(base_url=web.url, timeout=30)) as second:
        for one in (browser, second):
            assert first_proof(one, ("twice", OPERATOR[1])).headers["location"] == SET_UP
        pages = [one.get(SET_UP).text for one in (browser, second)]
        secrets = [shown_secret(page) for page in pages]
        assert secrets[0] != secrets[1]
        crossed = hidden_of(pages[1]) | {"shown": hidden_of(pages[0])["shown"], "one_time_code": code_now(secrets[0])}
        assert second.post(SET_UP, data=crossed).status_code == 422  # another browser's secret
        first, late = (
            one.post(SET_UP, data=hidden_of(page) | {"one_time_code": code_now(secret)})
            for one, page, secret in zip((browser, second), pages, secrets, strict=True)
        )
        assert (first.status_code, late.status_code) == (200, 303)
        assert late.headers["location"] == "/connexion"
        assert second.get("/api/v1/session").status_code == 401
    first_proof(browser, ("late", OPERATOR[1]))
    assert browser.get(SET_UP).status_code == 200
    with connect(database_url, name="test") as connection:
        add_account(connection, CITY, "late", "operator", "une autre phrase bien longue")
    assert browser.get(SET_UP).headers["location"] == "/connexion"


def test_first_proof_is_worth_ten_minutes(web: Running, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever leaves a computer at that page leaves it to nobody."""
    del web
    first_proof(browser, ("wrong", OPERATOR[1]))
    assert browser.get(SET_UP).status_code == 200
    now = datetime.now(UTC)
    monkeypatch.setattr("itsdangerous.timed.time.time", (now + timedelta(minutes=11)).timestamp)
    assert browser.get(SET_UP).headers["location"] == "/connexion"


def test_wrong_recovery_codes_are_counted_as_wrong_passwords(web: Running, database_url: str) -> None:
    """Five, and the account rests for who guesses: the right one is not looked at meanwhile."""
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE account SET one_time_secret = 'GEZDGNBVGY3TQOJQ' WHERE login = 'wrong'")

    def asked(one_time: str) -> int:
        order = {"city": CITY, "login": "wrong", "password": OPERATOR[1], "one_time": one_time}
        return httpx.post(f"{web.url}/api/v1/session", json=order).status_code

    assert [asked("AAAA-BBBB-CCCC-DDDD") for _ in range(6)] == [401] * 4 + [429] * 2
