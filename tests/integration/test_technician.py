"""The technician's page: what roads leave out, by name, with what it means; also with thousands of findings."""

import csv
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.roads.built import swap_document
from services.roads.inspection import Inspected
from services.roads.osm.places import PlacesChecked, places_file
from services.store.connection import connect
from tests.support.web_seed import CITY, DRIVER, MAYOR, NOW, OPERATOR
from tests.support.web_server import Running, client_of, serve_city
from tests.twins.stream import MemoryStream

TRUCK = "C-01"

type Page = Callable[..., str]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def web(database_url: str, data: Path) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream(), data) as running:
        yield running


def place(number: int, served: str = "all", **changes: object) -> Inspected:
    trouble, metres = ("too_far", 900 - number % 400) if served == "none" else ("on_island", 61 + number % 300)
    row = {
        "kind": "container", "id": f"B-{number:05}", "name": f"Rue {number}", "zone": "Vossa",
        "lon": 2.4 + number * 1e-6, "lat": 6.36, "served": served, "trouble": trouble, "metres": metres, "without": (),
        "added_s": 0 if served == "none" else 2 * metres,
    }  # fmt: skip
    return Inspected(**(row | changes))  # type: ignore[arg-type]


def keep(data: Path, *places: Inspected) -> None:
    file = places_file(data, CITY)
    file.parent.mkdir(parents=True, exist_ok=True)
    checked = PlacesChecked(
        city=CITY, checked_at=datetime(2026, 11, 20, 3, 0, tzinfo=UTC), extract="roads.osm.pbf", containers=9000,
        timestamp="2026-10-01T00:00:00Z", bounds=(2.39, 6.34, 2.48, 6.4), places=places,
    )  # fmt: skip
    swap_document(file, checked)


@pytest.fixture(scope="module")
def page(web: Running) -> Iterator[Page]:
    """Reads a page as the operator does, in a language."""
    with closing(client_of(web, OPERATOR)) as client:

        def read(address: str = "/technicien", language: str = "fr") -> str:
            answer = client.get(address, headers={"Accept-Language": language})
            assert answer.status_code == 200, answer.text
            return answer.text

        yield read


def test_each_place_is_told_by_name_with_what_it_means(page: Page, data: Path) -> None:
    """Never emptied, some trucks only, the walk as service time, the landfill: each in its list, both languages."""
    site = place(4, kind="disposal_site", id="centre", name="Centre", zone="", added_s=0, metres=700)
    some = place(2, "some", trouble="no_way", without=("Benne 16 t",), added_s=0)
    keep(data, place(1, "none"), some, place(3, metres=150, added_s=300), site)
    first = page()
    assert "Un bac ne peut pas être vidé" in first
    assert "Rue 1" in first
    assert "899\u202fm" in first or "899 m" in first
    assert "Rue 3" not in re.sub(r"<title>.*?</title>", "", first)
    assert "sans\u00a0: Benne 16 t" in page("/technicien?liste=some")
    assert "+\u00a05,0\u00a0min à chaque passage" in page("/technicien?liste=walk")
    assert "+\u00a05.0\u00a0min at each visit" in page("/technicien?liste=walk", "en")
    assert "hors carte" in page("/technicien?liste=sites")
    for language in ("fr", "en"):
        assert "{" not in re.sub(r"<(script|style).*?</\1>", "", page("/technicien?liste=walk", language), flags=re.S)


def table_of(text: str) -> str:
    """The table of places: others are beside it."""
    return text.partition('<table class="reached">')[2].partition("</table>")[0]


def test_thousands_of_findings_stay_a_page(web: Running, page: Page, data: Path) -> None:
    """Fifty rows at a time, a search over all of them, and all of them in one file; nothing is hidden."""
    keep(data, *(place(n, "none") for n in range(300)), *(place(n) for n in range(300, 8000)))
    text = page("/technicien?liste=walk&page=154")
    assert "300 bacs ne peuvent pas être vidés" in text
    assert table_of(text).count("<tr>") == 1 + 50
    assert "154 sur 154" in text
    assert len(text) < 400_000
    assert table_of(page("/technicien?liste=walk&page=9999")).count("<tr>") == 1 + 50
    found = page("/technicien?liste=walk&cherche=rue+7123")
    assert "B-07123" in found
    assert table_of(found).count("<tr>") == 1 + 1
    assert "Rien ne correspond" in page("/technicien?liste=walk&cherche=zzz")
    with closing(client_of(web, MAYOR)) as client:
        rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/places.csv").text.lstrip("\ufeff"))))
    assert len(rows) == 8000
    assert (rows[0]["served"], rows[-1]["added_s"]) == ("none", str(2 * place(7999).metres))


def test_sensors_to_visit_stand_the_worst_first(database_url: str, page: Page) -> None:
    """One that tells what is not so before a silent one, a nearly empty battery last; with all counted."""
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE container_state SET fill_at = %s, battery_ratio = 0.9", (NOW,))
        ids = [
            row["container_id"]
            for row in connection.execute("SELECT container_id FROM container ORDER BY container_id LIMIT 4")
        ]
        low, silent, stuck, jumping = ids
        connection.execute("UPDATE container_state SET battery_ratio = 0.1 WHERE container_id = %s", (low,))
        connection.execute(
            "UPDATE container_state SET fill_at = %s WHERE container_id = %s", (NOW - timedelta(hours=49), silent)
        )
        for container, fault, since in ((stuck, "stuck", NOW - timedelta(days=5)), (jumping, "jumping", None)):
            connection.execute(
                "INSERT INTO container_belief VALUES (%s, %s, 2, %s, %s, 1, '{}', %s, %s)",
                (CITY, container, NOW, NOW, fault, since),
            )
    for language, title in (("fr", "4 capteurs à visiter"), ("en", "4 sensors to visit")):
        text = page(language=language)
        assert title in text
        table = text.partition('id="sensors"')[2].partition("</table>")[0]
        assert re.findall(r"<small>([^ <]+)", table) == [jumping, stuck, silent, low]
        assert "{" not in table
    with connect(database_url, name="test") as connection:
        connection.execute("DELETE FROM container_belief")
        connection.execute("UPDATE container_state SET fill_at = %s, battery_ratio = NULL", (NOW,))
    assert 'id="sensors"' not in page()


def test_a_city_without_roads_is_told_what_to_do(page: Page, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No empty list that would look like good news; a file that nobody can read is not good news either."""
    places_file(data, CITY).unlink(missing_ok=True)
    assert "tournee roads build" in page()
    assert "Jamais vidés" not in page()
    places_file(data, CITY).parent.mkdir(parents=True, exist_ok=True)
    places_file(data, CITY).write_text("{")
    assert "ne sont pas construites" in page()
    assert os.fspath(places_file(data, CITY)) in caplog.text


def test_a_city_where_all_is_well_says_so(page: Page, data: Path) -> None:
    """The good news in one sentence, with how many containers it is about."""
    keep(data)
    text = page()
    assert "Un camion arrive à chaque bac." in text
    assert "9\u202f000 bacs" in text


def test_no_time_to_come_is_told(page: Page, data: Path, web: Running) -> None:
    """In a simulated day roads are built by the machine's clock, which may be ahead of the city's."""
    keep(data)
    assert "vérifiés le 20 nov. 04:00" in page()
    web.clock.at = datetime(2026, 11, 20, 2, 59, tzinfo=UTC)
    try:
        assert "9\u202f000 bacs vérifiés, sur les rues" in page()
        assert "04:00" not in page()
    finally:
        web.clock.at = NOW


def test_drivers_are_not_shown_the_offices_page(web: Running) -> None:
    """Only the office sees where the city's containers are not emptied; nobody without a login."""
    with closing(client_of(web, (TRUCK, DRIVER[1]))) as client:
        assert client.get("/technicien").status_code == 403
        assert client.get("/api/v1/places.csv").status_code == 403
        client.cookies.clear()
        assert client.get("/api/v1/places.csv").status_code == 401
