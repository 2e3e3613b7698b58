"""Shared pages: whoever has the link reads that page until it expires, and has nothing else by it."""

import logging
import re
from contextlib import closing
from datetime import UTC, datetime

import httpx
import psycopg
import pytest

from services.store.connection import connect
from services.web.entry.security_log import list_events
from tests.support.web_seed import CITY, DRIVER, MAYOR, OPERATOR
from tests.support.web_server import LogIn, Running

DAY_SHOWN, OTHER_DAY = "2026-11-20", "2026-11-19"


def share(by: httpx.Client, to: str, **more: str) -> httpx.Response:
    form = {"csrf_token": by.headers["X-CSRF-Token"], "shown_to": to, "days": "30"} | more
    return by.post("/partages/ouvrir", data=form)


def link_of(answer: httpx.Response) -> str:
    found = re.search(r'href="http://[^/"]+(/partage/[A-Z2-9]{26})"', answer.text)
    assert found, answer.text
    return found[1]


def test_link_shows_months_and_days_to_who_has_no_account(log_in: LogIn, web: Running) -> None:
    """As the municipality sees them, to read alone."""
    path = link_of(share(log_in(MAYOR), "cabinet du maire"))
    month = httpx.get(web.url + path)
    assert month.status_code == 200
    assert "Port-Azur" in month.text
    assert "cabinet du maire" in month.text
    day = httpx.get(web.url + path, params={"jour": DAY_SHOWN})
    assert day.status_code == 200
    assert "vendredi 20 novembre" in day.text.lower()


def test_link_is_no_session_and_leads_nowhere_else(log_in: LogIn, web: Running) -> None:
    """No cookie, no form, no order; every page of the office asks for a login as before."""
    path = link_of(share(log_in(MAYOR), "press"))
    with closing(httpx.Client(base_url=web.url)) as guest:
        page = guest.get(path)
        assert "set-cookie" not in page.headers
        assert dict(guest.cookies) == {}
        assert "<form" not in page.text
        hrefs = set(re.findall(r'href="([^"]+)"', page.text))
        kinds = ("/static/", "/langue/", "/?city=", path)
        assert {href for href in hrefs if not href.startswith(kinds)} == set()
        for inside in ("/municipalite", "/municipalite/odd", "/operateur", "/compte", "/partages", "/technicien"):
            assert guest.get(inside).headers["location"].startswith("/connexion")
        for inside in ("/api/v1/session", "/api/v1/days.csv", "/api/v1/state", "/api/v1/containers.csv"):
            assert guest.get(inside).status_code == 401
        assert guest.post(path).status_code == 405 or guest.post(path).status_code == 404


def test_address_goes_to_no_other_site_and_into_no_index_cache_or_log(
    log_in: LogIn, web: Running, caplog: pytest.LogCaptureFixture, database_url: str
) -> None:
    """The address is the secret: here it stands as a hash, and in no log."""
    caplog.set_level(logging.DEBUG, logger="services")
    path = link_of(share(log_in(MAYOR), "quiet"))
    answers = [
        httpx.get(web.url + path),
        httpx.get(f"{web.url}{path[:-1]}2" if path[-1] != "2" else f"{web.url}{path}3"),
    ]
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["cache-control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in answers[0].text
    code = path.rpartition("/")[2]
    with psycopg.connect(database_url) as connection:
        rows = [
            str(r) for table in ("shared_view", "security_event", "audit") for r in connection.execute(f"TABLE {table}")
        ]
    assert any("quiet" in row for row in rows)
    assert [row for row in rows if code in row] == []
    assert "GET /partage/…" in caplog.text
    assert code not in caplog.text


def test_link_of_one_day_shows_no_other(log_in: LogIn, web: Running) -> None:
    """Whatever the address asks for beside it."""
    path = link_of(share(log_in(MAYOR), "one day", jour=DAY_SHOWN))
    for asked in ({}, {"jour": OTHER_DAY}, {"mois": "2026-11"}):
        text = httpx.get(web.url + path, params=asked).text
        assert "vendredi 20 novembre" in text.lower()
        assert "jeudi 19 novembre" not in text.lower()
        assert "?jour=" not in re.sub(r"retour=[^\"]*", "", text)


def test_expired_and_withdrawn_links_open_nothing(log_in: LogIn, web: Running, database_url: str) -> None:
    """From that moment on; what is withdrawn is withdrawn once."""
    office = log_in(MAYOR)
    expired, withdrawn = link_of(share(office, "expired")), link_of(share(office, "withdrawn"))
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE shared_view SET expires_at = now() WHERE shown_to = 'expired'")
        row = connection.execute("SELECT view_id FROM shared_view WHERE shown_to = 'withdrawn'").fetchone()
    assert row is not None
    form = {"csrf_token": office.headers["X-CSRF-Token"], "view": str(row[0])}
    assert office.post("/partages/retirer", data=form).status_code == 303
    assert office.post("/partages/retirer", data=form).status_code == 404
    assert [httpx.get(web.url + path).status_code for path in (expired, withdrawn)] == [404, 404]
    page = office.get("/partages").text
    assert "expired" not in page


def test_no_link_lasts_longer_than_ninety_days(log_in: LogIn, database_url: str) -> None:
    """The form says so, the service, and the store itself."""
    office = log_in(MAYOR)
    assert share(office, "long", days="91").status_code == 422
    assert share(office, "long", days="-1").status_code == 422
    assert share(office, "odd", jour="tomorrow").status_code == 422
    assert share(office, "longest", days="90").status_code == 200
    change = "UPDATE shared_view SET expires_at = expires_at + interval '1 day' WHERE shown_to = 'longest'"
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(change)


def test_link_shows_its_own_city_alone(log_in: LogIn, database_url: str) -> None:
    """And only that city's office sees and withdraws it."""
    link_of(share(log_in(MAYOR), "here"))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT view_id FROM shared_view WHERE shown_to = 'here'").fetchone()
        assert row is not None
        connection.execute("INSERT INTO city SELECT 'ailleurs', name, timezone, document, NULL, now() FROM city")
        connection.execute("UPDATE shared_view SET city_id = 'ailleurs' WHERE view_id = %s", row)
    office = log_in(MAYOR)
    assert ">here<" not in office.get("/partages").text
    form = {"csrf_token": office.headers["X-CSRF-Token"], "view": str(row[0])}
    assert office.post("/partages/retirer", data=form).status_code == 404


def test_crews_share_nothing_and_forged_forms_neither(log_in: LogIn) -> None:
    assert share(log_in(DRIVER), "friend").status_code == 403
    office = log_in(OPERATOR)
    assert share(office, "friend", csrf_token="guess").status_code == 403
    assert share(office, "a\nb").status_code == 422


def test_who_shared_and_withdrew_is_told(log_in: LogIn, database_url: str) -> None:
    share(log_in(OPERATOR), "told of")
    with connect(database_url, name="test") as connection:
        events = list_events(connection, CITY, datetime(2000, 1, 1, tzinfo=UTC), 1000)
    assert ("view_shared", OPERATOR[0], "told of, months, 30 days") in {
        (event["what"], event["login"], event["detail"]) for event in events
    }
