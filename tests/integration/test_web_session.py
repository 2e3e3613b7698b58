"""Who may enter: passwords, throttle, sessions, roles and forged requests, against a real store."""

import html
from datetime import timedelta

import httpx
import pytest

from infra.stack.stack import Stack
from services.store.connection import connect
from services.web.accounts import AccountRefused, add_account, check_password
from tests.support.web_seed import CITY, DRIVER, MAYOR, NOW, OPERATOR
from tests.support.web_server import LogIn, Running

pytestmark = pytest.mark.usefixtures("web")


def test_login_says_role_and_truck(web: Running) -> None:
    """The phone learns whose circuit it shows; the cookie is out of reach of scripts."""
    answer = httpx.post(f"{web.url}/api/v1/session", json={"city": CITY, "login": "C-01", "password": DRIVER[1]})
    assert answer.json() | {"csrf": ""} == {"csrf": "", "role": "driver", "truck": "C-01"}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_unknown_login_and_wrong_password_look_alike(web: Running) -> None:
    """Nobody can find out which accounts exist."""
    answers = [
        httpx.post(f"{web.url}/api/v1/session", json={"city": CITY, "login": login, "password": "wrong-guess"})
        for login in (OPERATOR[0], "nobody")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].content == answers[1].content


def test_five_wrong_guesses_rest_the_account(database_url: str) -> None:
    """The right password is refused for five minutes after the fifth wrong one, then taken."""
    with connect(database_url, name="test") as connection:
        add_account(connection, CITY, "C-03", "driver", "9999", "C-03")
        for _ in range(5):
            assert check_password(connection, CITY, "C-03", "0000", NOW) is None
        assert check_password(connection, CITY, "C-03", "9999", NOW + timedelta(minutes=4)) is None
        assert check_password(connection, CITY, "C-03", "9999", NOW + timedelta(minutes=6)) is not None


def test_weak_accounts_are_refused(database_url: str) -> None:
    """Three digits for a driver, seven letters for an operator, a driver without a truck: none is made."""
    with connect(database_url, name="test") as connection:
        for role, password, truck in (
            ("driver", "123", "C-01"),
            ("operator", "short12", None),
            ("driver", "1234", None),
        ):
            with pytest.raises(AccountRefused):
                add_account(connection, CITY, "x", role, password, truck)  # type: ignore[arg-type]


def test_new_password_ends_sessions(database_url: str, log_in: LogIn) -> None:
    """A lost phone is shut out by giving its truck new digits."""
    client = log_in(("C-02", DRIVER[1]))
    assert client.get("/api/v1/session").status_code == 200
    with connect(database_url, name="test") as connection:
        add_account(connection, CITY, "C-02", "driver", DRIVER[1], "C-02")
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    ("who", "allowed", "refused"),
    [
        (OPERATOR, ["/operateur", "/api/v1/state"], ["/chauffeur", "/api/v1/driver/circuit"]),
        (DRIVER, ["/chauffeur", "/api/v1/driver/circuit"], ["/operateur", "/api/v1/state", "/api/v1/containers.csv"]),
        (MAYOR, ["/", "/api/v1/containers.csv"], ["/operateur", "/chauffeur", "/api/v1/state"]),
    ],
    ids=["operator", "driver", "municipality"],
)
def test_roles_are_enforced(who: tuple[str, str], allowed: list[str], refused: list[str], log_in: LogIn) -> None:
    """Each face opens to its own people only; the refusal is a page in the reader's language."""
    client = log_in(who)
    assert {path: client.get(path).status_code for path in allowed} == dict.fromkeys(allowed, 200)
    assert {path: client.get(path).status_code for path in refused} == dict.fromkeys(refused, 403)
    assert "Cette page n'est pas pour ce compte" in html.unescape(
        client.get("/chauffeur" if who != DRIVER else "/operateur").text
    )


def test_orders_need_the_token_of_the_session(log_in: LogIn) -> None:
    """A forged request from another page has the cookie but not the token."""
    client = log_in(OPERATOR)
    del client.headers["X-CSRF-Token"]
    assert client.post("/api/v1/plan", json={}).status_code == 403
    assert client.post("/api/v1/plan", json={}, headers={"X-CSRF-Token": "guess"}).status_code == 403


def test_token_of_another_session_is_refused(log_in: LogIn) -> None:
    """An attacker's own valid token does not fit somebody else's session."""
    victim, other = log_in(OPERATOR), log_in(DRIVER)
    answer = victim.post("/api/v1/plan", json={}, headers={"X-CSRF-Token": other.headers["X-CSRF-Token"]})
    assert answer.status_code == 403


def test_foreign_origin_is_refused(web: Running, log_in: LogIn) -> None:
    """A browser that names another site is turned away before anything is read."""
    client = log_in(OPERATOR)
    assert client.post("/api/v1/plan", json={}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/api/v1/plan", json={}, headers={"Origin": web.url}).status_code == 202


def test_large_bodies_are_refused(log_in: LogIn) -> None:
    """More than a megabyte is not from our pages, whether announced or streamed."""
    client = log_in(DRIVER)
    big = b"[" + b" " * 1_100_000 + b"]"
    json_type = {"Content-Type": "application/json"}
    assert client.post("/api/v1/driver/confirmations", content=big, headers=json_type).status_code == 413
    parts = (big[i : i + 65536] for i in range(0, len(big), 65536))
    assert client.post("/api/v1/driver/confirmations", content=parts, headers=json_type).status_code == 413


def test_every_answer_carries_the_security_headers(web: Running) -> None:
    """Pages, errors and files alike: no inline script, no framing, no sniffing."""
    for path in ("/", "/nowhere", "/connexion", "/api/v1/public/savings.csv", "/api/v1/state"):
        headers = httpx.get(web.url + path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_public_page_sets_no_cookie(web: Running) -> None:
    """No cookie banner because no cookie."""
    assert "set-cookie" not in httpx.get(web.url).headers


def test_login_returns_to_our_own_pages_only(web: Running) -> None:
    """A link that somebody sent must not lead away after the login."""
    page = httpx.get(f"{web.url}/connexion", params={"suite": "//evil.example/"})
    assert "evil.example" not in page.text


def test_stack_is_real(stack: Stack) -> None:
    """These tests speak to PostgreSQL, not to a stand-in."""
    assert stack.database_url.startswith("postgresql://")
