"""Logging in by an identity provider that nobody here wrote: who it vouches for, and nothing that it was not asked."""

import logging
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from services.store.connection import connect
from services.web.entry.identities import link_identity
from services.web.entry.one_time import STEP_S, code_at, new_secret
from services.web.entry.provider import Provider
from services.web.entry.rights import NEED_ONE_TIME
from services.web.entry.security_log import list_events
from tests.support.identity import CLIENT, CLIENT_SECRET, RETURN, free_port, go_through, run_provider
from tests.support.web_forms import fill_in, hidden_of
from tests.support.web_seed import CITY, MAYOR, NOW, OPERATOR, PLANNER, put_everything, put_office
from tests.support.web_server import LogIn, Running, serve
from tests.twins.stream import MemoryStream

START = f"/connexion/oidc?ville={CITY}"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MAYORS_SUBJECT, OPERATORS_SUBJECT = "248289761001", "amina@ville.example"


@pytest.fixture(scope="module")
def issuer() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def web(database_url: str, issuer: str) -> Iterator[Running]:
    """A city whose mayor's office and operator are linked to people of the provider."""
    put_everything(database_url)
    with connect(database_url, name="seed") as connection:
        put_office(connection)
        for login, subject in ((MAYOR[0], MAYORS_SUBJECT), (OPERATOR[0], OPERATORS_SUBJECT)):
            link_identity(connection, CITY, login, issuer, subject, by="test", now=NOW)
    provider = Provider(issuer, CLIENT, CLIENT_SECRET, "Ville ID")
    with (
        serve(database_url, MemoryStream(), NOW, provider=provider) as pages,
        run_provider(urlsplit(issuer).port or 0, pages.url),
    ):
        yield pages


@pytest.fixture
def browser(web: Running) -> Iterator[httpx.Client]:
    with closing(httpx.Client(timeout=30)) as client:
        client.get(f"{web.url}/connexion")
        yield client


def come_back(web: Running, browser: httpx.Client, subject: str, start: str = START) -> httpx.Response:
    """The answer to whoever comes back from the provider as `subject`."""
    return browser.get(go_through(browser, web.url + start, subject, web.url + RETURN))


def ours_of(browser: httpx.Client) -> dict[str, str]:
    """Our cookies, as somebody copied them."""
    return {one.name: one.value or "" for one in browser.cookies.jar if one.name.startswith("tournee")}


def role_of(web: Running, browser: httpx.Client) -> str | None:
    answer = browser.get(f"{web.url}/api/v1/session")
    return str(answer.json()["role"]) if answer.status_code == 200 else None


def test_linked_person_is_in_as_what_the_account_is(
    web: Running, browser: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """By the button of the login page, and back to where they wanted to go; no secret and no token in a log."""
    caplog.set_level(logging.DEBUG)
    page = browser.get(f"{web.url}/connexion", params={"suite": "/municipalite?mois=2026-11"}).text
    link = re.search(r'href="(/connexion/oidc\?[^"]+)"', page)
    assert link
    assert "Entrer avec Ville ID" in page
    back = go_through(browser, web.url + link[1].replace("&amp;", "&"), MAYORS_SUBJECT, web.url + RETURN)
    answer = browser.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/municipalite?mois=2026-11")
    assert role_of(web, browser) == "municipality"
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("services"))
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert "GET /connexion/oidc/retour" in told
    assert [secret for secret in (code, CLIENT_SECRET, "eyJ") if secret in told] == []


def test_person_that_nobody_has_linked_has_no_rights(web: Running, browser: httpx.Client, database_url: str) -> None:
    """Whoever the provider vouches for; the page says what to tell the planner, and the log that somebody came."""
    answer = come_back(web, browser, "a-stranger")
    assert answer.status_code == 403
    assert "a-stranger" in answer.text
    assert role_of(web, browser) is None
    with connect(database_url, name="test") as connection:
        events = list_events(connection, CITY, LONG_AGO, 100)
    assert ("identity_unknown", "a-stranger") in {(event["what"], event["detail"]) for event in events}


@pytest.mark.parametrize("named", [MAYOR[0], OPERATOR[0], "MAIRIE"])
def test_name_of_an_account_is_no_subject(web: Running, browser: httpx.Client, named: str) -> None:
    """Whoever may choose a name at the provider must not choose whose account they open."""
    assert come_back(web, browser, named).status_code == 403
    assert role_of(web, browser) is None


def test_answer_opens_only_the_browser_that_asked(web: Running, browser: httpx.Client) -> None:
    """A link with somebody else's code logs nobody in as them (login CSRF), and a wrong state nobody at all."""
    back = go_through(browser, web.url + START, MAYORS_SUBJECT, web.url + RETURN)
    with closing(httpx.Client()) as victim:
        assert victim.get(back).status_code == 403
        victim.get(f"{web.url}{START}")  # with a state of its own
        assert victim.get(back).status_code == 403
        assert role_of(web, victim) is None
    wrong = re.sub(r"state=[^&]+", "state=guess", back)
    assert browser.get(wrong).status_code == 403
    assert browser.get(back).status_code == 403  # the first try has used up what the browser was sent with
    assert role_of(web, browser) is None


def test_code_is_used_once_and_by_us_alone(web: Running, browser: httpx.Client, issuer: str) -> None:
    """Whoever has seen the address of the way back has a code that is used up; without the verifier it was none."""
    back = go_through(browser, web.url + START, MAYORS_SUBJECT, web.url + RETURN)
    query = parse_qs(urlsplit(back).query)
    order = {"grant_type": "authorization_code", "code": query["code"][0], "redirect_uri": web.url + RETURN}
    stolen = httpx.post(f"{issuer}/token", data=order | {"code_verifier": "x" * 43, "client_id": CLIENT})
    assert stolen.status_code in {400, 401}
    kept = ours_of(browser)
    assert browser.get(back).status_code == 303
    with closing(httpx.Client(cookies=kept)) as again:
        assert again.get(back).status_code == 403
        assert role_of(web, again) is None


def test_way_back_with_another_issuer_is_refused(web: Running, browser: httpx.Client) -> None:
    """RFC 9207: an answer that another provider could have sent."""
    back = go_through(browser, web.url + START, MAYORS_SUBJECT, web.url + RETURN)
    assert "iss=" in back
    assert browser.get(re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back)).status_code == 403
    assert role_of(web, browser) is None


def test_provider_that_says_no_opens_nothing(web: Running, browser: httpx.Client) -> None:
    """Somebody turned back at its login page."""
    browser.get(f"{web.url}{START}")
    answer = browser.get(f"{web.url}{RETURN}", params={"error": "access_denied", "state": "x"})
    assert answer.status_code == 403
    assert "Ville ID n" in answer.text


def test_nobody_is_sent_elsewhere_after(web: Running, browser: httpx.Client) -> None:
    answer = come_back(web, browser, MAYORS_SUBJECT, f"{START}&suite=https://evil.example/")
    assert answer.headers["location"] == "/municipalite"


def test_unknown_city_is_not_asked_for(web: Running) -> None:
    assert httpx.get(f"{web.url}/connexion/oidc?ville=nulle-part").status_code in {303, 404}


def test_who_needs_a_one_time_code_needs_it_here_too(web: Running, browser: httpx.Client, database_url: str) -> None:
    """A provider that has asked for a password alone is no second proof; the code is counted and used up as ever."""
    secret = new_secret()
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE account SET one_time_secret = %s, one_time_step = 0 WHERE login = %s", (secret, OPERATOR[0])
        )
    answer = come_back(web, browser, OPERATORS_SUBJECT)
    assert answer.headers["location"] == "/connexion/code"
    assert role_of(web, browser) is None
    browser.base_url = httpx.URL(web.url)
    assert fill_in(browser, "/connexion/code", one_time_code="000000").status_code == 401
    code = code_at(secret, int(datetime.now(UTC).timestamp()) // STEP_S)
    page = browser.get("/connexion/code").text
    assert browser.post("/connexion/code", data={"one_time_code": code}).status_code == 403  # no token of the form
    answer = browser.post("/connexion/code", data=hidden_of(page) | {"one_time_code": code})
    assert answer.headers["location"] == "/operateur"
    assert role_of(web, browser) == "operator"
    with closing(httpx.Client(base_url=web.url)) as other:
        come_back(web, other, OPERATORS_SUBJECT)
        assert fill_in(other, "/connexion/code", one_time_code=code).status_code == 401
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE account SET one_time_secret = NULL WHERE login = %s", (OPERATOR[0],))


def test_logout_ends_ours_and_offers_the_providers(web: Running, browser: httpx.Client, issuer: str) -> None:
    """On a shared computer the next one would be let in without a word."""
    come_back(web, browser, MAYORS_SUBJECT)
    csrf = browser.get(f"{web.url}/api/v1/session").json()["csrf"]
    copied = ours_of(browser)
    answer = browser.post(f"{web.url}/deconnexion", data={"csrf_token": csrf})
    assert answer.headers["location"] == "/deconnexion/fournisseur"
    assert httpx.get(f"{web.url}/api/v1/session", cookies=copied).status_code == 401
    page = browser.get(f"{web.url}/deconnexion/fournisseur").text
    link = re.search(rf'href="({issuer}/session/end\?[^"]+)"', page)
    assert link
    assert browser.get(link[1].replace("&amp;", "&")).status_code == 200


def test_planner_links_and_unlinks_and_sessions_end(
    web: Running, browser: httpx.Client, log_in: LogIn, database_url: str
) -> None:
    """By the subject that the person was shown; one subject opens one account."""
    office = log_in(PLANNER)
    form = {"csrf_token": office.headers["X-CSRF-Token"]}

    def said(path: str, **more: str) -> int:
        return office.post(f"/comptes/{path}", data=form | more).status_code

    assert said("lier", login=MAYOR[0], subject=OPERATORS_SUBJECT) == 422
    assert said("lier", login=MAYOR[0], subject="two\nlines") == 422
    assert said("lier", login="C-01", subject="crew") == 404
    assert said("lier", login=PLANNER[0], subject="myself") == 403
    come_back(web, browser, MAYORS_SUBJECT)
    assert role_of(web, browser) == "municipality"
    assert MAYORS_SUBJECT in office.get("/comptes").text
    assert said("delier", login=MAYOR[0]) == 303
    assert said("delier", login=MAYOR[0]) == 404
    assert role_of(web, browser) is None
    assert come_back(web, browser, MAYORS_SUBJECT).status_code == 403
    assert said("lier", login=MAYOR[0], subject=f" {MAYORS_SUBJECT} ") == 303
    assert come_back(web, browser, MAYORS_SUBJECT).status_code == 303
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT who FROM audit WHERE what IN ('identity_linked', 'identity_unlinked')")
        assert rows.fetchall() == [(PLANNER[0],)] * 2


def test_without_a_provider_there_is_no_such_page(database_url: str, web: Running) -> None:
    del web
    with serve(database_url, MemoryStream(), NOW, one_time_for=NEED_ONE_TIME) as plain:
        assert "oidc" not in httpx.get(f"{plain.url}/connexion").text
        assert httpx.get(f"{plain.url}{START}").status_code == 404
        assert httpx.get(f"{plain.url}{RETURN}?code=x&state=y").status_code == 404
