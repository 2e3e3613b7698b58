"""The log is found again: by person, by kind, by days; a screen at a time; of one's own city; with odd input."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.store.connection import connect
from services.web.entry.security_log import audit, note
from services.web.entry.sessions import Origin
from tests.support.web_seed import CITY, NOW, PLANNER, put_everything, put_office
from tests.support.web_server import LogIn, Running, serve
from tests.twins.stream import MemoryStream

THEN = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=100)
"""Noon of a day that is long past and still kept: 400 days are."""
DAYS = [f"{THEN + timedelta(days=n):%Y-%m-%d}" for n in range(3)]
STRANGER = Origin("203.0.113.9")


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """Things that happened long ago, on three days, here and elsewhere."""
    put_everything(database_url)
    with connect(database_url, name="seed") as connection:
        put_office(connection)
        connection.execute("INSERT INTO city SELECT 'ailleurs', name, timezone, document, NULL, now() FROM city")
        for n in range(3):
            at = THEN + timedelta(days=n)
            note(connection, CITY, "wrong_password", at, login=f"awa{n}", origin=STRANGER)
            note(connection, CITY, "phone_removed", at, login="C-01", origin=STRANGER, who=f"chief{n}")
            audit(connection, CITY, "awa", "plan sent", at, plan=f"plan-{n}", fleet="main")
        note(connection, "ailleurs", "wrong_password", THEN, login="awa0", origin=Origin("198.51.100.1"))
        audit(connection, "ailleurs", "awa0", "plan sent", THEN, plan="elsewhere")
        for n in range(120):
            note(connection, CITY, "logged_out", THEN - timedelta(days=1, minutes=n), login="many", origin=STRANGER)
    with serve(database_url, MemoryStream(), NOW) as running:
        yield running


@pytest.fixture
def office(log_in: LogIn) -> httpx.Client:
    return log_in(PLANNER)


def rows(office: httpx.Client, **asked: str) -> list[tuple[str, str]]:
    """What stands in the table: kind and person."""
    answer = office.get("/journal", params=asked)
    assert answer.status_code == 200, answer.text
    cells = re.findall(r'<th scope="row">([^<]*)</th><td>(.*?)</td>', answer.text)
    return [(kind, re.sub(r"<[^>]+>", "", who)) for kind, who in cells]


def test_by_person_as_doer_or_as_whom_it_is_about(office: httpx.Client) -> None:
    """Part of a name is enough, in any letters; and an address finds what came from there."""
    assert rows(office, qui="AWA1") == [("Code ou mot de passe faux", "awa1")]
    assert rows(office, qui="chief2") == [("Téléphone retiré", "chief2 sur C-01")]
    assert len(rows(office, qui="c-01", du=DAYS[0], au=DAYS[2])) == 3
    assert len(rows(office, qui="203.0.113", du=DAYS[0], au=DAYS[2])) == 6


def test_by_kind_and_by_days_of_the_city(office: httpx.Client) -> None:
    """Both days included; the latest first; an act of the office beside what happened at the doors."""
    assert rows(office, quoi="plan sent", du=DAYS[0], au=DAYS[1]) == [("Plan envoyé", "awa")] * 2
    assert [who for _, who in rows(office, quoi="wrong_password", du=DAYS[1])] == ["awa2", "awa1"]
    assert "plan-0" in office.get("/journal", params={"quoi": "plan sent", "au": DAYS[0]}).text
    assert rows(office, du=DAYS[0], au=DAYS[0]).count(("Téléphone retiré", "chief0 sur C-01")) == 1


def test_a_screen_at_a_time(office: httpx.Client) -> None:
    """A hundred and twenty lines are fifty, fifty and twenty; the links keep the search."""
    assert [len(rows(office, qui="many", page=str(n))) for n in (1, 2, 3, 4)] == [50, 50, 20, 0]
    first = office.get("/journal", params={"qui": "many", "quoi": "logged_out"}).text
    assert "/journal?qui=many&amp;quoi=logged_out&amp;page=2" in first
    assert "page=4" not in office.get("/journal", params={"qui": "many", "page": "3"}).text


@pytest.mark.parametrize(
    "asked",
    [{"qui": "%"}, {"qui": "_wa0"}, {"qui": "'; DROP TABLE audit; --"}, {"quoi": "no such kind"}, {"qui": "\\"},
     {"du": DAYS[2], "au": DAYS[0]}],
)  # fmt: skip
def test_odd_words_find_nothing(office: httpx.Client, asked: dict[str, str]) -> None:
    """A sign that means more to a database means itself here."""
    assert rows(office, **asked) == []


def test_odd_days_ask_for_nothing_and_odd_pages_are_refused(office: httpx.Client) -> None:
    assert rows(office, qui="awa1", du="yesterday") == [("Code ou mot de passe faux", "awa1")]
    for asked in ({"page": "0"}, {"page": "100000"}, {"qui": "x" * 65}, {"page": "x"}):
        assert office.get("/journal", params=asked).status_code == 422


def test_another_citys_log_is_not_found(office: httpx.Client) -> None:
    page = office.get("/journal", params={"qui": "awa0"}).text
    assert "198.51.100.1" not in page
    assert "elsewhere" not in office.get("/journal", params={"quoi": "plan sent"}).text
