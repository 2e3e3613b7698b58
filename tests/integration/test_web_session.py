"""Who may enter: passwords, throttle, sessions, roles and forged requests, against a real store."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from infra.stack.stack import Stack
from services.store.connection import connect
from services.web.entry.accounts import Account, AccountRefused, add_account
from services.web.entry.login_limits import LoginLimits
from services.web.entry.passwords import Knock, Resting, check_password
from services.web.entry.phones import find_phone
from services.web.entry.sessions import Origin
from tests.support.web_seed import CITY, DRIVER, MAYOR, NOW, OPERATOR, key_of, put_phone
from tests.support.web_server import LogIn, Running

pytestmark = pytest.mark.usefixtures("web")


def test_login_says_role_and_truck(web: Running) -> None:
    """The phone learns whose circuit it shows; the cookie is out of reach of scripts."""
    order = {"city": CITY, "login": "C-01", "password": DRIVER[1]}
    phone = {"X-Truck-Phone": key_of("C-01")}
    answer = httpx.post(f"{web.url}/api/v1/session", json=order, headers=phone)
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
    """From the fifth wrong guess on it is said until when, and the right password is refused until then."""
    with connect(database_url, name="test") as connection:
        add_account(connection, CITY, "C-03", "driver", "918273", "C-03")
        phone = find_phone(connection, key_of("C-03"))
    limits = LoginLimits()

    def guess(password: str, after: timedelta = timedelta(0)) -> object:
        knock = Knock(CITY, "C-03", password, Origin("192.0.2.7"), phone=phone)
        return check_password(lambda: connect(database_url, name="test"), limits, knock, NOW + after)

    five = Resting(NOW + timedelta(minutes=5))
    assert [guess("0000") for _ in range(5)] == [None, None, None, None, five]
    assert guess("918273", timedelta(minutes=4)) == five
    # The next five rest twice as long: from 6 minutes on, until 16 minutes after the first.
    later = timedelta(minutes=6)
    assert [guess("0000", later) for _ in range(5)][-1] == Resting(NOW + timedelta(minutes=16))
    again = guess("918273", timedelta(minutes=17))
    assert isinstance(again, Account)
    assert again.truck == "C-03"


def test_guesses_made_together_are_counted_one_by_one(database_url: str) -> None:
    """Twenty guesses at once are five guesses and fifteen refusals, as if they had come one after the other."""
    with connect(database_url, name="test") as connection:
        add_account(connection, CITY, "tous", "operator", "a long secret")
    limits = LoginLimits(places=64)

    def guess(number: int) -> object:
        knock = Knock(CITY, "tous", f"guess {number}", Origin("192.0.2.8"))
        return check_password(lambda: connect(database_url, name="test"), limits, knock, NOW)

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(guess, range(20)))
    assert (told.count(None), told.count(Resting(NOW + timedelta(minutes=5)))) == (4, 16)


def test_rest_is_told_with_its_minutes(web: Running, database_url: str) -> None:
    """A driver who typed wrong five times learns why the right digits fail, for how long, and who can help."""
    with connect(database_url, name="test") as connection:
        add_account(connection, CITY, "T-04", "driver", "135792", "T-04")
        put_phone(connection, "T-04")
    order = {"city": CITY, "login": "T-04"}
    phone = {"X-Truck-Phone": key_of("T-04")}
    for _ in range(4):
        assert (
            httpx.post(f"{web.url}/api/v1/session", json=order | {"password": "0000"}, headers=phone).status_code == 401
        )
    for password in ("0000", "135792"):
        answer = httpx.post(f"{web.url}/api/v1/session", json=order | {"password": password}, headers=phone)
        assert (answer.status_code, answer.json()["code"]) == (429, "resting")
        assert 290 < int(answer.headers["retry-after"]) <= 300
        assert "dans 5 min" in answer.json()["detail"]
        assert "L'exploitation peut rouvrir" in answer.json()["detail"]
    with httpx.Client(base_url=web.url, cookies={"tournee_phone": key_of("T-04")}) as browser:
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/connexion").text)
        assert token is not None
        form = {"csrf_token": token[1], "city": CITY, "login": "T-04", "password": "135792"}
        page = browser.post("/connexion", data=form)
    assert page.status_code == 429
    assert "se repose encore 5 min" in html.unescape(page.text)


def test_names_without_an_account_rest_too(web: Running) -> None:
    """Else five guesses would tell which accounts exist."""
    order = {"city": CITY, "login": "maire-adjoint", "password": "wrong-guess"}
    answers = [httpx.post(f"{web.url}/api/v1/session", json=order).status_code for _ in range(6)]
    assert answers == [401, 401, 401, 401, 429, 429]


def test_truck_code_may_be_typed_in_small_letters(web: Running) -> None:
    """`c-02` on a phone's keyboard, with a space after it, is C-02; the session is the account's own."""
    order = {"city": CITY, "login": "c-02 ", "password": DRIVER[1]}
    phone = {"X-Truck-Phone": key_of("C-02")}
    answer = httpx.post(f"{web.url}/api/v1/session", json=order, headers=phone)
    assert (answer.status_code, answer.json()["truck"]) == (200, "C-02")


def test_login_in_other_letters_is_not_made_twice(database_url: str) -> None:
    """Two accounts that differ by a capital would leave nobody sure which is whose."""
    with connect(database_url, name="test") as connection:
        with pytest.raises(AccountRefused, match="written 'C-01'"):
            add_account(connection, CITY, "c-01", "driver", "135792", "C-01")
        with pytest.raises(AccountRefused, match="no truck 'T77'; its trucks are C-01, C-02, C-03, T-04, T-05"):
            add_account(connection, CITY, "T77", "driver", "135792", "T77")
        with pytest.raises(AccountRefused, match="no such city"):
            add_account(connection, "nulle-part", "maire", "municipality", "a long secret")


def test_weak_accounts_are_refused(database_url: str) -> None:
    """A code of four digits or an easy one, eleven letters for an operator, a driver without a truck: none is made."""
    with connect(database_url, name="test") as connection:
        for role, password, truck in (
            ("driver", "4821", "C-01"),
            ("driver", "123456", "C-01"),
            ("operator", "eleven sign", None),
            ("operator", "MotDePasse2026!", None),
            ("operator", None, None),
            ("driver", "482193", None),
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
        (MAYOR, ["/", "/municipalite", "/api/v1/containers.csv"], ["/operateur", "/chauffeur", "/api/v1/state"]),
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


def test_login_returns_to_the_day_that_was_asked_for(web: Running) -> None:
    """A session that ended over night opens again on the same day and fleet, with its whole address."""
    wanted = "/operateur?jour=2026-11-23&flotte=ouest"
    sent_to = httpx.get(web.url + wanted).headers["location"]
    assert sent_to == "/connexion?suite=%2Foperateur%3Fjour%3D2026-11-23%26flotte%3Douest"
    assert f'name="suite" value="{wanted.replace("&", "&amp;")}"' in httpx.get(web.url + sent_to).text


def test_stack_is_real(stack: Stack) -> None:
    """These tests speak to PostgreSQL, not to a stand-in."""
    assert stack.database_url.startswith("postgresql://")
