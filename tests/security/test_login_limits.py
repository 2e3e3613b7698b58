"""Floods, sprays and lock-outs at the login, as they were tried: codes open nothing, and their owners come in."""

import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import httpx
import pytest

from services.store.connection import connect
from services.web.entry.accounts import AccountRefused, add_account, list_accounts
from services.web.entry.login_limits import WRONG_AN_ADDRESS, Budget, Busy, LoginLimits, Slowed, network_of
from services.web.entry.passwords import Knock, Resting, check_password
from services.web.entry.phones import accept_invitation, find_phone, invite_phone, list_phones, remove_phone
from services.web.entry.security_log import list_attacks, list_events
from services.web.entry.sessions import Origin
from services.web.entry.strength import fault_of_code, new_code
from services.web.rendering.qr import qr_code
from tests.support.login_flood import flooding
from tests.support.web_seed import CITY, DRIVER, NOW, OPERATOR, TRUCKS, key_of, put_everything
from tests.support.web_server import Running, client_of, serve
from tests.twins.stream import MemoryStream


@pytest.fixture(scope="module")
def seeded_url(database_url: str) -> str:
    put_everything(database_url)
    return database_url


@pytest.fixture
def web(seeded_url: str) -> Iterator[Running]:
    """Limits of each test's own: what one test spends is nothing to the next."""
    with serve(seeded_url, MemoryStream(), NOW) as running:
        yield running


def session_order(login: str, password: str) -> dict[str, str]:
    return {"city": CITY, "login": login, "password": password}


def on_phone(key: str) -> dict[str, str]:
    return {"X-Truck-Phone": key}


def test_flood_of_logins_leaves_other_pages_quick(web: Running) -> None:
    """Forty at once, from a process of their own: a page's 95th of 100 answers stays below 300 ms.

    Two hundred, from machines of their own, are measured by `tests/benchmarks/login_flood.py`.
    """
    with closing(client_of(web, OPERATOR)) as office:
        office.get("/api/v1/state")
        with flooding(web.url, 40, 5.0) as flood:
            took_ms = [_timed_ms(office, "/api/v1/state") for _ in range(100)]
            statuses = flood.result()
    assert statuses["429"] > statuses["401"] > 0
    assert set(statuses) == {"401", "429"}
    assert statistics.quantiles(took_ms, n=20)[18] < 300, sorted(took_ms)[-10:]


def _timed_ms(client: httpx.Client, path: str) -> float:
    began_s = time.monotonic()
    assert client.get(path).status_code == 200
    return (time.monotonic() - began_s) * 1000


def test_spray_of_codes_opens_nothing_and_is_seen(web: Running, seeded_url: str) -> None:
    """Weak codes and the right one, over all trucks: without the phone they open nothing, and the technician sees."""
    answers = [
        httpx.post(f"{web.url}/api/v1/session", json=session_order(truck, code))
        for code in ("000000", "123456", DRIVER[1])
        for truck in (*TRUCKS, "T-77", "T-78", "T-79", "T-80")
    ]
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[401] == WRONG_AN_ADDRESS
    assert statuses[429] == len(answers) - WRONG_AN_ADDRESS
    assert answers[-1].json()["code"] == "slowed"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 600
    with connect(seeded_url, name="test") as connection:
        since = web.clock.at.replace(year=2000)
        (attack,) = [a for a in list_attacks(connection, CITY, since, 10) if a["address"] == "127.0.0.1"]
        assert attack["guesses"] >= WRONG_AN_ADDRESS
        told = {event["what"] for event in list_events(connection, CITY, since, 100)}
        assert {"wrong_password", "address_slowed"} <= told
        assert all(DRIVER[1] not in str(event) for event in list_events(connection, CITY, since, 100))
    # The truck's own phone, at the same address, is not slowed; and it opens with the right code alone.
    own = session_order("C-01", DRIVER[1])
    assert httpx.post(f"{web.url}/api/v1/session", json=own, headers=on_phone(key_of("C-01"))).status_code == 200
    with closing(httpx.Client(base_url=web.url)) as office:
        answer = office.post("/api/v1/session", json=session_order(*OPERATOR))
        assert answer.status_code == 429  # a stranger's browser at a slowed address
    assert web.clock.at == NOW


@pytest.mark.parametrize("key", ["", "guess", key_of("C-02"), "x" * 128], ids=["none", "invented", "anothers", "long"])
def test_right_code_without_the_trucks_own_phone_is_a_wrong_code(web: Running, key: str) -> None:
    """The same answer as for a name that nobody has: a sprayer learns neither names nor codes."""
    right = httpx.post(f"{web.url}/api/v1/session", json=session_order("C-01", DRIVER[1]), headers=on_phone(key))
    nobody = httpx.post(f"{web.url}/api/v1/session", json=session_order("C-99", DRIVER[1]), headers=on_phone(key))
    assert (right.status_code, right.content) == (401, nobody.content)


@pytest.mark.usefixtures("web")
def test_strangers_guesses_do_not_keep_the_operator_out(seeded_url: str) -> None:
    """Five guesses an hour locked the office out for good. Now a known browser, and a known address, come in."""

    def looking() -> object:
        return connect(seeded_url, name="test")

    limits = LoginLimits()

    def knock(address: str, password: str, browser: str = "") -> object:
        said = Knock(CITY, OPERATOR[0], password, Origin(address), browser)
        return check_password(looking, limits, said, NOW)  # type: ignore[arg-type]

    def is_in(answer: object) -> bool:
        return answer is not None and not isinstance(answer, Resting)

    assert is_in(knock("198.51.100.1", OPERATOR[1], "home"))
    for n in range(5):
        knock(f"203.0.113.{n}", "guess")
    assert isinstance(knock("203.0.113.77", OPERATOR[1]), Resting)  # a stranger, even with the right one
    assert is_in(knock("203.0.113.78", OPERATOR[1], "home"))  # the browser, elsewhere
    assert is_in(knock("198.51.100.1", OPERATOR[1]))  # another browser, at the known address
    # A thief of the known browser has five guesses of its own.
    assert isinstance([knock("203.0.113.79", "guess", "home") for _ in range(5)][-1], Resting)
    assert isinstance(knock("203.0.113.79", OPERATOR[1], "home"), Resting)
    with connect(seeded_url, name="test") as connection:
        (state,) = [a for a in list_accounts(connection, CITY) if a.login == OPERATOR[0]]
        assert state.rests_at(NOW)
        connection.execute("DELETE FROM known_source")
        connection.execute("UPDATE account SET locked_until = NULL, failed_attempts = 0")


@pytest.mark.usefixtures("web")
def test_city_under_attack_from_everywhere_still_knows_its_own(seeded_url: str) -> None:
    """A thousand addresses with a guess each: strangers wait, phones and known browsers do not."""
    limits = LoginLimits(a_city=10)

    def knock(address: str, login: str, password: str, **more: object) -> object:
        said = Knock(CITY, login, password, Origin(address), **more)  # type: ignore[arg-type]
        return check_password(lambda: connect(seeded_url, name="test"), limits, said, NOW)

    for n in range(10):
        assert knock(f"203.0.113.{n}", f"name{n}", "guess") is None
    with pytest.raises(Slowed):
        knock("203.0.113.99", OPERATOR[0], OPERATOR[1])
    with connect(seeded_url, name="test") as connection:
        phone = find_phone(connection, key_of("C-02"))
    opened = knock("203.0.113.99", "C-02", DRIVER[1], phone=phone)
    assert getattr(opened, "truck", None) == "C-02"
    assert limits.outcomes["slowed"] == 1


def test_places_at_the_hash_are_few_and_half_of_them_for_those_we_know() -> None:
    """Whoever finds none is told at once; nobody stands in a thread."""
    limits = LoginLimits(places=4)
    with limits.place(is_known=False), limits.place(is_known=False):
        with pytest.raises(Busy), limits.place(is_known=False):
            pass
        with limits.place(is_known=True), limits.place(is_known=True), pytest.raises(Busy):
            limits.place(is_known=True).__enter__()
    with limits.place(is_known=False):
        assert limits.outcomes["busy"] == 2


def test_budget_is_of_a_window_and_of_a_network() -> None:
    """Ten minutes later one may try again; a /64 is one person's, however many addresses it has."""
    budget = Budget(2)
    assert [budget.spend("a", NOW), budget.spend("a", NOW)] == [False, True]
    assert budget.rest_of("a", NOW + timedelta(minutes=9)) == 61
    assert budget.rest_of("a", NOW + timedelta(minutes=10)) == 0
    assert budget.rest_of("b", NOW) == 0
    assert network_of("2001:db8:1:2:3::9") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("no address") == "no address"


@pytest.mark.parametrize(
    "weak", ["000000", "123456", "654321", "121212", "123123", "112211", "199012", "311298", "12345"]
)
def test_weak_code_is_refused(weak: str) -> None:
    """Repeats, stairs, mirrors and days of the calendar are what is guessed first."""
    assert fault_of_code(weak) is not None


@pytest.mark.usefixtures("web")
def test_drawn_codes_differ_and_are_not_weak(seeded_url: str) -> None:
    """Nobody chooses 123456 for a truck: it is drawn, told once, and never weak."""
    drawn = [new_code() for _ in range(500)]
    assert len(set(drawn)) > 490
    assert all(len(code) == 6 and fault_of_code(code) is None for code in drawn)
    with connect(seeded_url, name="test") as connection:
        assert fault_of_code(add_account(connection, CITY, "T-05", "driver", None, "T-05")) is None
        with pytest.raises(AccountRefused, match="first that anybody tries"):
            add_account(connection, CITY, "T-05", "driver", "123456", "T-05")


def test_invitation_makes_one_phone_once(web: Running, seeded_url: str) -> None:
    """Whoever previews the link uses nothing up; the second to press the button is told that it is used."""
    with closing(client_of(web, OPERATOR)) as office:
        path = office.post("/api/v1/phones/invitations", json={"truck": "C-03"}).json()["path"]
        assert office.post("/api/v1/phones/invitations", json={"truck": "T-99"}).status_code == 422
        (before,) = [p for p in office.get("/api/v1/phones").json() if p["truck_id"] == "C-03"]
    with httpx.Client(base_url=web.url) as phone, httpx.Client(base_url=web.url) as thief:
        pages = [browser.get(path).text for browser in (phone, thief)]
        tokens = [page.split('name="csrf_token" value="')[1].split('"')[0] for page in pages]
        assert phone.post(path).status_code == 403
        opened = phone.post(path, data={"csrf_token": tokens[0]})
        assert (opened.status_code, opened.headers["location"]) == (303, "/connexion?suite=/chauffeur")
        assert "httponly" in opened.headers["set-cookie"].lower()
        assert thief.post(path, data={"csrf_token": tokens[1]}).status_code == 404
        assert phone.post("/api/v1/session", json=session_order("C-03", DRIVER[1])).status_code == 200
        assert thief.post("/api/v1/session", json=session_order("C-03", DRIVER[1])).status_code == 401
        state = phone.get("/api/v1/driver/state")
        assert state.status_code == 200
        with connect(seeded_url, name="test") as connection:
            (new,) = [
                p for p in list_phones(connection, CITY)
                if p["truck_id"] == "C-03" and str(p["phone_id"]) != before["phone_id"]
            ]  # fmt: skip
            remove_phone(connection, CITY, new["phone_id"])
        # A lost phone: its session is over at once, and its key opens nothing.
        assert phone.get("/api/v1/driver/state").status_code == 401
        assert phone.post("/api/v1/session", json=session_order("C-03", DRIVER[1])).status_code == 401


@pytest.mark.usefixtures("web")
def test_invitation_is_shown_as_a_code_for_the_camera(web: Running) -> None:
    """The office shows it on its screen, once; the drawing holds the link of this very invitation."""
    with closing(client_of(web, OPERATOR)) as office:
        form = {"csrf_token": office.headers["X-CSRF-Token"], "truck": "C-02"}
        page = office.post("/telephones/inviter", data=form).text
        later = office.get("/telephones").text
    link = re.search(rf'href="({web.url}/telephone/[A-Z0-9]+)"', page)
    assert link is not None
    drawn = re.search(r'<svg[^>]*class="qr".*?</svg>', page, re.DOTALL)
    assert drawn is not None
    assert drawn[0] == qr_code(link[1]) != qr_code(f"{web.url}/telephone/ANOTHERCODE22222")
    assert 'class="qr"' not in later


def test_old_invitation_and_another_citys_phone_are_nothing(seeded_url: str) -> None:
    """Two days, and the truck's own: an invitation found later opens nothing; a newer one voids it."""
    with connect(seeded_url, name="test") as connection:
        first = invite_phone(connection, CITY, "C-01", by="awa", now=NOW)
        second = invite_phone(connection, CITY, "C-01", by="awa", now=NOW)
        assert accept_invitation(connection, first, now=NOW) is None
        assert accept_invitation(connection, second, now=NOW + timedelta(hours=49)) is None
        accepted = accept_invitation(connection, f"{second[:4].lower()}-{second[4:]}", now=NOW)
        assert accepted is not None
        assert find_phone(connection, accepted[1]) == accepted[0]
        with pytest.raises(AccountRefused, match="no such phone"):
            remove_phone(connection, "elsewhere", accepted[0].id)
        connection.rollback()


def test_guessing_invitations_is_slowed(web: Running) -> None:
    """Eighty bits are not guessed; who tries is stopped all the same."""
    answers = [httpx.post(f"{web.url}/api/v1/phone", json={"code": "A" * 16}) for _ in range(WRONG_AN_ADDRESS + 2)]
    assert [a.status_code for a in answers] == [404] * WRONG_AN_ADDRESS + [429] * 2
