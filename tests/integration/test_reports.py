"""A resident's report from the label to the operator's page: answered, joined, kept, and forgotten."""

import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from PIL import Image

from infra.accounts.local import as_role
from services.contracts.reports import alert_of
from services.fill.store import load_beliefs
from services.store.connection import connect
from services.web.requests.waiting import PATIENCE_S
from services.writer.beliefs import keep_beliefs
from services.writer.evidence import Observation, store_observations
from services.writer.reports import KEPT_FOR, forget_private, store_reports
from tests.support.stored_reports import StoringStream
from tests.support.web_seed import CITY, MAYOR, NOW, OPERATOR, containers, make_plan
from tests.support.web_server import LogIn, Running, serve_city

NOON = NOW + timedelta(hours=6)
PLANNED = {stop.place: stop.start_at for circuit in make_plan().circuits for stop in circuit.stops}
UNPLANNED = [row["id"] for row in containers() if row["id"] not in PLANNED]


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with serve_city(database_url, stream) as running:
        yield running


@pytest.fixture(autouse=True)
def _afresh(web: Running, stream: StoringStream, database_url: str) -> None:
    """No report and no observation; each test has containers of its own, for the page remembers whose was the same."""
    web.clock.at = NOW
    stream.is_late = stream.away = False
    stream.sent.clear()
    with connect(database_url, name="test") as connection:
        connection.execute("TRUNCATE report, report_private, alert_seen, container_belief, kept_belief")
        connection.execute("ALTER TABLE observation DISABLE TRIGGER only_added")
        connection.execute("DELETE FROM observation")
        connection.execute("ALTER TABLE observation ENABLE TRIGGER only_added")
        connection.execute("UPDATE container_state SET last_emptied_at = NULL, news_from = NULL, folding_from = NULL")


def emptied(database_url: str, container: str, at: object) -> None:
    """A crew's word on a container."""
    told = Observation(
        id=alert_of("emptied", f"{container} {at}"), city=CITY, kind="emptied", container=container, truck="C-01",
        site=None, happened_at=at, received_at=at, fill_ratio=None, weight_kg=None, reason=None, remark=None,
        said_by="C-01",
    )  # type: ignore[arg-type]  # fmt: skip
    with connect(database_url, name="test") as connection:
        store_observations(connection, [told])


def words(page: str) -> str:
    told = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(told))).replace("\u202f", " ")


def report(web: Running, container: str, kind: str = "full", **fields: str) -> httpx.Response:
    """Open the page of the label and send it, as a browser without scripts would; the page that follows."""
    path = f"{web.url}/signaler/{CITY}/{container}"
    seed = re.findall(r'name="seed" value="([^"]+)"', httpx.get(path).text)[0]
    photo = fields.pop("photo", None)
    files = {"photo": ("photo.jpg", photo)} if photo else None
    return httpx.post(path, data={"seed": seed, "kind": kind} | fields, files=files, follow_redirects=True)


def observations(database_url: str) -> list[tuple[object, ...]]:
    with connect(database_url, name="test") as connection:
        rows = connection.execute(
            "SELECT container_id, fill_ratio, reason FROM observation WHERE kind = 'report' ORDER BY happened_at"
        )
        return [tuple(row.values()) for row in rows]


def test_container_that_was_just_emptied_is_answered_at_once(web: Running, database_url: str, log_in: LogIn) -> None:
    """At 06:12 by the crew, at 06:40 by the resident: the time is told, the belief is left alone, nobody is sent."""
    container = UNPLANNED[0]
    emptied(database_url, container, NOW + timedelta(minutes=12))
    web.clock.at = NOW + timedelta(minutes=40)
    page = words(report(web, container).text)
    assert "Le camion est passé à 06:12 et a vidé ce bac." in page
    assert "Répondu" in page
    assert observations(database_url) == [(container, None, "full")]
    assert "signalement" not in log_in(OPERATOR).get("/operateur").text


def test_who_sees_it_full_after_the_truck_says_so_and_somebody_looks(
    web: Running, database_url: str, log_in: LogIn
) -> None:
    """The page that answers has the button; what comes of it is evidence, and a dispute on the operator's page."""
    container = UNPLANNED[1]
    emptied(database_url, container, NOW)
    web.clock.at = NOW + timedelta(minutes=30)
    page = report(web, container).text
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    assert action
    fields = dict(re.findall(r'name="(\w+)" value="([^"]+)"', page))
    again = httpx.post(f"{web.url}{action[1]}", data=fields, follow_redirects=True)
    assert "C'est noté" in words(again.text)
    assert observations(database_url)[-1] == (container, 1.0, "full")
    office = words(log_in(OPERATOR).get("/operateur").text)
    assert "1 signalement d'habitant à regarder" in office
    assert "quelqu'un le voit encore plein" in office


def test_container_of_a_circuit_that_was_sent_is_answered_with_its_hour(web: Running, log_in: LogIn) -> None:
    """It comes today; the operator has nothing to look at. An hour that has passed is not promised again."""
    container, at = next(iter(PLANNED.items()))
    page = words(report(web, container).text)
    assert "Le camion passe aujourd'hui, vers" in page
    assert "signalement" not in log_in(OPERATOR).get("/operateur").text
    web.clock.at = at + timedelta(minutes=30)
    page = words(httpx.get(f"{web.url}/signaler/{CITY}/{container}").text)
    assert "Le camion passe aujourd'hui." in page


def test_truck_that_came_and_could_not_is_told(web: Running, database_url: str) -> None:
    """The seed's third stop of C-02 was blocked."""
    circuit = next(c for c in make_plan().circuits if c.truck == "C-02")
    web.clock.at = NOON
    page = words(report(web, circuit.stops[2].place).text)
    assert "n'a pas pu vider ce bac : accès bloqué" in page
    assert len(observations(database_url)) == 1


def test_second_resident_joins_the_first_and_follows_it(
    web: Running, stream: StoringStream, database_url: str, log_in: LogIn
) -> None:
    """Two ids, one thing: the operator sees one line with two voices, and both are done when the truck has been."""
    container = UNPLANNED[2]
    first = report(web, container)
    made = stream.reports[-1]
    other = made.model_copy(update={"id": "0123456789", "made_at": NOW + timedelta(minutes=20)})
    with connect(database_url, name="test") as connection:
        store_reports(connection, [other])
        store_reports(connection, [other])
    second = httpx.get(f"{web.url}/signalement/01234-56789")
    assert "Vous êtes 2 à le dire" in words(second.text)
    assert "Vous êtes 2 à le dire" in words(httpx.get(str(first.url)).text)
    office = words(log_in(OPERATOR).get("/operateur").text)
    assert "1 signalement d'habitant à regarder" in office
    assert "2 personnes le disent" in office
    assert observations(database_url) == [(container, 1.0, "full")] * 2
    emptied(database_url, container, NOW + timedelta(hours=1))
    for page in (httpx.get(str(first.url)).text, httpx.get(str(second.url)).text):
        assert "Vidé le 23 nov. 07:00." in words(page)
        assert "Fait" in words(page)
    third = made.model_copy(update={"id": "1123456789", "made_at": NOW + timedelta(hours=5)})
    with connect(database_url, name="test") as connection:
        store_reports(connection, [third])
    assert "Vous êtes" not in words(httpx.get(f"{web.url}/signalement/1123456789").text)


def test_sent_twice_over_a_poor_line_is_one_report(web: Running, stream: StoringStream, database_url: str) -> None:
    """The same form, and the same container again from the same address within the hour."""
    path = f"{web.url}/signaler/{CITY}/{UNPLANNED[3]}"
    fields = {"seed": "drawn-once-for-this", "kind": "full"}
    first, again = (httpx.post(path, data=fields) for _ in range(2))
    later = httpx.post(path, data=fields | {"seed": "another-opening-of-it"})
    assert len({answer.headers["location"] for answer in (first, again, later)}) == 1
    assert len(stream.reports) == 1
    other = httpx.post(path, data=fields | {"kind": "damaged"})
    assert other.headers["location"] != first.headers["location"]
    assert len(observations(database_url)) == 2


def test_full_report_raises_the_belief_that_planners_read(web: Running, database_url: str) -> None:
    """By the writer's own folding, from the account."""
    container = UNPLANNED[4]
    report(web, container)
    with connect(database_url, name="test") as connection:
        beliefs = load_beliefs(connection, CITY, NOON)
        assert beliefs[container].reported == 1
        keep_beliefs(connection, now=NOON, keep_readings_days=730, stopping=lambda _s=0.0: False)
        assert load_beliefs(connection, CITY, NOON)[container].reported == 1


def test_photo_is_shown_to_the_office_alone_and_forgotten(
    web: Running, database_url: str, log_in: LogIn, stream: StoringStream
) -> None:
    """Without its metadata; a mayor and an operator see it, nobody else; after thirty days nobody."""
    exif = Image.Exif()
    exif[0x010F] = "Maker of telephones"
    written = io.BytesIO()
    Image.new("RGB", (1600, 1200), "green").save(written, "JPEG", exif=exif)
    answer = report(web, UNPLANNED[5], "dump", photo=written.getvalue())  # type: ignore[arg-type]
    number = stream.reports[-1].id
    assert str(answer.url).endswith(number)
    path = f"/signalement/{number}/photo"
    assert httpx.get(f"{web.url}{path}").headers["location"].startswith("/connexion")
    for who in (OPERATOR, MAYOR):
        shown = log_in(who).get(path)
        assert shown.headers["content-type"] == "image/jpeg"
        assert b"Maker" not in shown.content
    assert path in log_in(OPERATOR).get("/operateur").text
    with connect(as_role(database_url, "writer"), name="test") as connection:
        assert forget_private(connection, NOW + KEPT_FOR - timedelta(seconds=1)) == 0
        assert forget_private(connection, NOW + KEPT_FOR + timedelta(seconds=1)) == 1
        store_reports(connection, stream.reports)  # read from Kafka anew: what was forgotten stays so
        assert forget_private(connection, NOW + 2 * KEPT_FOR) == 0
    assert log_in(OPERATOR).get(path).status_code == 404


def test_photo_that_is_none_costs_no_report(web: Running, stream: StoringStream) -> None:
    answer = report(web, UNPLANNED[6], "dump", photo=b"GIF89a, or anything")  # type: ignore[arg-type]
    assert "La photo n'a pas pu être lue" in words(answer.text)
    assert stream.reports[-1].photo is None


def test_operator_sees_to_it_and_the_resident_is_told(web: Running, log_in: LogIn) -> None:
    """Fires first; gone from the list when somebody has dealt with it, and the state of the day says what changed."""
    report(web, UNPLANNED[7], "dump")
    page = report(web, UNPLANNED[8], "burning")
    assert "Appelez d'abord les pompiers" in words(page.text)
    number = str(page.url).rsplit("/", maxsplit=1)[-1]
    office = log_in(OPERATOR)
    told = office.get("/operateur").text
    assert told.index("Feu.") < told.index("Dépôt sauvage.")
    alert = str(alert_of(CITY, number))
    assert alert in office.get("/api/v1/state").json()["alerts"]
    form = {"csrf_token": office.headers["X-CSRF-Token"], "confirmation": alert, "day": str(NOW.date())}
    assert office.post("/operateur/vu", data=form).status_code == 303
    assert alert not in office.get("/operateur").text
    assert "L'exploitation s'en est occupée" in words(httpx.get(str(page.url)).text)
    again = report(web, UNPLANNED[8], "burning")  # within the hour, from the same address: it burns again
    assert again.url != page.url
    assert "C'est noté" in words(again.text)
    assert "Feu." in office.get("/operateur").text


def test_page_speaks_english_and_unknown_labels_are_told(web: Running) -> None:
    english = {"Accept-Language": "en"}
    page = httpx.get(f"{web.url}/signaler/{CITY}/b-001", headers=english)
    assert "What do you see?" in page.text
    for path in ("/signaler/port-azur/B-999", "/signaler/nowhere/B-001", "/signalement/0000000000", "/signalement/x"):
        missing = httpx.get(f"{web.url}{path}", headers=english)
        assert missing.status_code == 404
        assert "known" in missing.text or "Report not found" in missing.text


def test_container_is_found_by_its_number(web: Running) -> None:
    """A code that is scratched: the number is enough, in small letters too; a wrong one is told."""
    path = f"{web.url}/signaler/{CITY}"
    assert "Numéro du bac" in httpx.get(path).text
    assert httpx.get(path, params={"bac": " b-001 "}).headers["location"] == f"/signaler/{CITY}/B-001"
    assert "Aucun bac en service ne porte le numéro &lt;b&gt;" in httpx.get(path, params={"bac": "<b>"}).text
    assert httpx.get(f"{web.url}/signaler/nowhere").status_code == 404


def test_writer_that_is_behind_loses_nothing(web: Running, stream: StoringStream) -> None:
    """After a moment's wait the number is given all the same; Kafka has it. Without Kafka nothing is promised."""
    stream.is_late = True
    answer = report(web, UNPLANNED[9])
    assert answer.elapsed.total_seconds() < PATIENCE_S + 2
    assert "pas encore enregistré" in words(answer.text)
    assert stream.reports[-1].container == UNPLANNED[9]
    stream.away = True
    assert report(web, UNPLANNED[10]).status_code == 503
