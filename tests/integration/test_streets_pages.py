"""The page of closed streets: what it takes, what it refuses and how it says so, with the writer behind it."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from infra.stack.stack import Stack
from services.city.store import store_registry
from services.contracts import topics
from services.contracts.streets import StreetSaid
from services.roads.osm.build import build_roads
from services.roads.osm.store import RoadStore
from services.store.connection import connect
from services.web.entry.accounts import add_account
from tests.support.roads_town import at, town, write_town
from tests.support.stored_reports import StoringStream
from tests.support.web_server import Running, serve

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")

NOW = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
CITY, LOGIN, PASSWORD = "ville", "awa", "une-longue-matinee"
PLACES = {"SUD": (402, 30), "NORD": (398, 380), "LAC": (900, -5)}


def drawn(*points: tuple[float, float]) -> str:
    """A line as the map's script sends it; metres east and north of the depot."""
    return " ".join("{:.6f},{:.6f}".format(*at(*point)) for point in points)


MARKET = drawn((400, 2), (400, 396))


class Office:
    """An operator at the page, as a browser without scripts would."""

    def __init__(self, web: Running, stream: StoringStream) -> None:
        self.client = httpx.Client(base_url=web.url, timeout=30)
        answer = self.client.post("/api/v1/session", json={"city": CITY, "login": LOGIN, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.csrf, self.stream, self.clock = answer.json()["csrf"], stream, web.clock

    def close(self, street: UUID | None = None, **fields: str) -> httpx.Response:
        form = {"name": "Rue du Marché", "reason": "Travaux", "line": MARKET} | fields
        return self.act("fermer", street or uuid4(), **form)

    def act(self, what: str, street: UUID, **fields: str) -> httpx.Response:
        form = {"csrf_token": self.csrf, "street_id": str(street)} | fields
        return self.client.post(f"/rues-fermees/{what}", data=form)

    @property
    def said(self) -> list[StreetSaid]:
        return [StreetSaid.model_validate_json(v) for topic, _, v in self.stream.sent if topic == topics.STREETS]

    @property
    def streets(self) -> list[dict[str, Any]]:
        return list(self.client.get("/api/v1/closed_streets.geojson").json()["features"])


def faults(answer: httpx.Response) -> list[str]:
    """The sentences beside fields, and that of the place in the alert."""
    assert answer.status_code == 422, (answer.status_code, answer.headers.get("location"))
    alert = re.search(r'role="alert">(.*?)</p>', answer.text)
    assert alert is not None
    return [alert[1].partition("corriger.")[2].strip(), *re.findall(r'class="fault" id="[^"]+">(.*?)</p>', answer.text)]


def seed(database_url: str) -> None:
    with connect(database_url, name="seed") as connection:
        store_registry(connection, town(PLACES, kerb_side=False), who="mairie", now=NOW - timedelta(days=9))
        add_account(connection, CITY, LOGIN, "operator", PASSWORD)


@pytest.fixture(scope="module")
def stream(database_url: str, stack: Stack) -> StoringStream:
    del stack
    seed(database_url)
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("data")
    extract = write_town(data / "roads.osm.pbf")
    build_roads(RoadStore(data, CITY), town(PLACES, kerb_side=False), extract, now=NOW, told=lambda *_: None)
    with serve(database_url, stream, NOW, data_folder=data) as running:
        yield running


@pytest.fixture(scope="module")
def estimated(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with serve(database_url, stream, NOW) as running:
        yield running


@pytest.fixture
def office(web: Running, stream: StoringStream, database_url: str) -> Iterator[Office]:
    with connect(database_url, name="test") as connection:
        connection.execute("DELETE FROM street_said")
        connection.commit()
    stream.sent.clear()
    web.clock.at = NOW
    there = Office(web, stream)
    with closing(there.client):
        yield there


def test_street_is_closed_and_opened_and_closed_again(office: Office, database_url: str) -> None:
    """Each word an event with its author; the map has the streets of the network, and not the drawn line."""
    street = uuid4()
    answer = office.close(street, until="2026-03-03T18:00")
    assert (answer.status_code, answer.headers["location"]) == (303, "/rues-fermees?note=closed")
    page = office.client.get("/rues-fermees?note=closed").text
    assert "1 rue est fermée." in page
    assert "400 m de rues" in page
    assert "Rue du Marché" in page
    assert "Travaux" in page
    assert "Fermée par awa" in page
    (feature,) = office.streets
    assert feature["properties"]["metres"] == pytest.approx(400, abs=2)
    assert feature["properties"]["until"] == "2026-03-03T17:00:00Z"  # an hour ahead of Greenwich
    assert feature["geometry"]["type"] == "MultiLineString"

    assert office.act("rouvrir", street).headers["location"] == "/rues-fermees?note=opened"
    assert office.streets == []
    assert "Rouverte par awa" in office.client.get("/rues-fermees").text
    assert office.act("refermer", street).status_code == 303
    assert [f["properties"]["until"] for f in office.streets] == ["2026-03-03T17:00:00Z"]
    assert [(said.street_id, said.closed, said.said_by) for said in office.said] == [
        (street, True, "awa"), (street, False, "awa"), (street, True, "awa"),
    ]  # fmt: skip
    with connect(database_url, name="test") as connection:
        rows = connection.execute("SELECT what, who FROM audit WHERE what LIKE 'street %'")
        assert {(row["what"], row["who"]) for row in rows} == {("street closed", "awa"), ("street opened", "awa")}


def test_buttons_pressed_twice_say_nothing_new(office: Office) -> None:
    street = uuid4()
    for _ in range(2):
        assert office.close(street).headers["location"] == "/rues-fermees?note=closed"
        assert office.act("refermer", street).headers["location"] == "/rues-fermees?note=closed"
    for _ in range(2):
        assert office.act("rouvrir", street).headers["location"] == "/rues-fermees?note=opened"
    assert [said.closed for said in office.said] == [True, False]


def test_street_opens_by_itself_at_its_end(office: Office) -> None:
    street = uuid4()
    office.close(street, until="2026-03-03T06:00")
    office.clock.at = NOW + timedelta(hours=2)
    assert office.streets == []
    page = office.client.get("/rues-fermees").text
    assert "Rouverte d&#39;elle-même" in page
    # Closed again: its end is past, so somebody has to open it.
    office.act("refermer", street)
    assert [f["properties"]["until"] for f in office.streets] == [None]


def test_street_between_two_containers_is_found_along_the_streets(office: Office) -> None:
    """Without a map and by keyboard: a container's number, its name, or a position."""
    answer = office.close(line="", begin="SUD", end="nord")
    assert answer.status_code == 303, faults(answer)
    assert [f["properties"]["metres"] for f in office.streets] == [pytest.approx(400, abs=2)]
    lon, lat = at(600, 0)
    east = at(1300, 0)
    answer = office.close(line="", begin=f"{lat:.6f}, {lon:.6f}", end=f"{east[1]:.6f}, {east[0]:.6f}")
    assert answer.status_code == 303, faults(answer)
    assert len(office.streets) == 2


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"line": drawn((400, 2))}, ["Il faut deux points différents au moins."]),
        ({"line": drawn((400, 2), (400, 2))}, ["Il faut deux points différents au moins."]),
        ({"line": drawn((400, 2), (400, 6))}, ["La ligne fait moins de 10 m."]),
        ({"line": drawn(*((400, n / 50) for n in range(10_000)))}, ["La ligne a 10 000 points ; au plus 200."]),
        ({"line": drawn((400, 2), (400, 90_000))}, ["La ligne sort de la ville, de 88,0 km."]),
        ({"line": drawn((400, 2), (400, 8_000))}, ["La ligne fait 8,0 km ; au plus 5."]),
        ({"line": drawn((150, 150), (150, 280))}, ["Aucune rue ne suit cette ligne à moins de 15 m"]),
        ({"line": "2.43,6.37 nan,6.38"}, ["La ligne ne peut pas être lue"]),
        ({"line": "<script>"}, ["La ligne ne peut pas être lue"]),
        ({"until": "2026-03-03T03:00"}, ["", "Cette heure est passée"]),
        ({"until": "demain"}, ["", "Ce n&#39;est ni une date ni une heure."]),
        ({"until": "9999-12-31T23:00"}, ["", "Ce n&#39;est ni une date ni une heure."]),
        ({"reason": "x" * 201}, ["", "201 signes ; au plus 200."]),
        ({"reason": " "}, ["", "Dites pourquoi elle est fermée."]),
        ({"name": "a\x07b"}, ["", "Un signe ne peut pas s&#39;écrire"]),
        ({"line": "", "begin": "SUD", "end": "PARTI"}, ["", "Aucun bac « PARTI »"]),
        ({"line": "", "begin": "", "end": ""}, ["", "Dites où.", "Dites où."]),
        ({"line": "", "begin": "SUD", "end": "6.37, 200"}, ["", "Aucun bac « 6.37, 200 »"]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(office: Office, fields: dict[str, str], told: list[str]) -> None:
    answer = office.close(**fields)
    found = faults(answer)
    assert len(found) == max(len(told), 1)
    for sentence, expected in zip(found, told, strict=True):
        assert sentence.replace("\u202f", " ").replace("\xa0", " ").startswith(expected), found
    assert office.said == []


def test_street_that_is_closed_already_is_named(office: Office) -> None:
    """Also drawn the other way, and a little beside."""
    office.close()
    answer = office.close(name="Le marché", line=drawn((404, 390), (404, 5)))
    assert faults(answer) == ["Cette rue est déjà fermée : Rue du Marché."]
    assert "Le marché" in answer.text  # what was typed is still there
    assert len(office.said) == 1


def test_drawn_line_is_shown_before_it_is_closed(office: Office) -> None:
    page = office.client.get("/rues-fermees", params={"ligne": MARKET}).text
    assert "2 points" in page
    assert 'class="draft-street"' in page
    assert 'name="begin"' not in page


def test_unknown_street_is_not_found(office: Office) -> None:
    assert office.act("rouvrir", uuid4()).status_code == 404
    assert office.act("refermer", uuid4()).status_code == 404


def test_form_of_another_session_is_stale(office: Office) -> None:
    assert office.close(csrf_token="guess").status_code == 403
    assert office.said == []


def test_kafka_away_is_told_and_nothing_is_closed(office: Office) -> None:
    office.stream.away = True
    try:
        assert office.close().status_code == 503
    finally:
        office.stream.away = False
    assert office.streets == []


@pytest.mark.usefixtures("office")
def test_city_without_streets_says_that_distances_do_not_change(estimated: Running, stream: StoringStream) -> None:
    there = Office(estimated, stream)
    with closing(there.client):
        page = there.client.get("/rues-fermees").text
        assert "planifiée à vol d&#39;oiseau" in page
        assert there.close().status_code == 303
        (feature,) = there.streets
        assert feature["properties"]["metres"] is None
        assert len(feature["geometry"]["coordinates"][0]) == 2
        assert "déjà fermée" in faults(there.close())[0]
