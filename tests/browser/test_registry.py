"""The registry in a browser: table and map are one, a click moves a container, a folder is taken after a look."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from infra.stack.stack import Stack
from services.city.store import store_registry
from services.store.connection import connect
from tests.support.axe import faults
from tests.support.example_town import EXAMPLE, example_town
from tests.support.registry_town import AWA, KOSSI, NOW, PASSWORD, registry_town, stored
from tests.support.stored_reports import StoringStream
from tests.support.web_browser import Watched, log_in
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]


@pytest.fixture(scope="module")
def web(database_url: str, stack: Stack) -> Iterator[Running]:
    del stack
    with registry_town(database_url, StoringStream(database_url)) as running:
        yield running


@pytest.fixture(autouse=True)
def town(web: Running, database_url: str) -> None:
    del web
    with connect(database_url, name="test") as connection:
        store_registry(connection, example_town(), who="mairie", now=NOW)


def opened(web: Running, open_context: Open, path: str, who: str = AWA, **options: object) -> Page:
    page = open_context(1366, 768, **options).new_page()
    log_in(page, web, (who, PASSWORD), path)
    return page


def test_place_chosen_on_the_map_is_chosen_in_the_table_and_the_other_way(
    web: Running, open_context: Open, shoot: Shoot
) -> None:
    page = opened(web, open_context, "/registre/bacs")
    watched = Watched(page, web.url)
    page.locator("a.dot[data-choose='HOU-005']").click()
    expect(page.locator("tr.chosen")).to_have_attribute("data-row", "HOU-005")
    assert "choisi=HOU-005" in page.url
    shoot(page, "registry-chosen")
    page.locator("tr[data-row='HOU-002'] .on-map").click()
    expect(page.locator("a.dot.chosen")).to_have_attribute("data-choose", "HOU-002")
    page.reload()
    expect(page.locator("tr.chosen")).to_have_attribute("data-row", "HOU-002")
    assert (watched.errors, watched.foreign) == ([], [])


def test_click_on_the_small_map_moves_a_container_once_it_is_saved(
    web: Running, open_context: Open, shoot: Shoot, database_url: str
) -> None:
    page = opened(web, open_context, "/registre/bacs/HOU-001", bypass_csp=True)
    before = example_town().containers[0]
    page.locator("#place svg").click(position={"x": 120, "y": 90})
    assert float(page.input_value("[name='c.lon']")) < before.lon
    assert float(page.input_value("[name='c.lat']")) > before.lat
    page.fill("[name=reason]", "Déplacé devant l'école")
    shoot(page, "registry-moved", whole=True)
    page.click("button[value=save]")
    page.wait_for_selector(".notice.saved")
    expect(page.locator(".edits")).to_contain_text("Déplacé devant l'école")
    shoot(page, "registry-saved", whole=True)
    moved = stored(database_url)[0].containers[0]
    assert moved.lon < before.lon
    assert moved.lat > before.lat
    assert faults(page) == []


def test_second_of_two_keeps_or_takes(web: Running, open_context: Open, shoot: Shoot, database_url: str) -> None:
    first = opened(web, open_context, "/registre/camions/RB-1021")
    second = opened(web, open_context, "/registre/camions/RB-1021", KOSSI, bypass_csp=True)
    first.select_option("[name='c.in_service']", "no")
    first.fill("[name=reason]", "À l'atelier")
    first.click("button[value=save]")
    first.wait_for_selector(".notice.saved")
    second.fill("[name='c.shift_to']", "14:00")
    second.click("button[value=save]")
    expect(second.locator("h1")).to_contain_text("avant vous")
    shoot(second, "registry-conflict")
    assert faults(second) == []
    second.click("text=Garder la leur")
    expect(second.locator("[name='c.in_service']")).to_have_value("no")
    assert stored(database_url)[0].trucks[0].in_service is False


def test_wrong_cell_is_seen_where_it_is(web: Running, open_context: Open, shoot: Shoot) -> None:
    page = opened(web, open_context, "/registre/bacs/HOU-001", bypass_csp=True)
    page.fill("[name='c.lat']", "96,4")
    page.fill("[name='c.capacity_l']", "6.500")
    page.click("button[value=save]")
    page.wait_for_selector(".fault")
    assert page.locator(".field.wrong").count() == 2
    shoot(page, "registry-wrong", whole=True)
    assert faults(page) == []


def test_folder_is_looked_at_and_taken(
    web: Running, open_context: Open, shoot: Shoot, database_url: str, tmp_path: Path
) -> None:
    lines = (EXAMPLE / "containers.csv").read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(",6000,", ",7000,")
    table = tmp_path / "containers.csv"
    table.write_text("\n".join([*lines, lines[2].replace("HOU-002", "HOU-900")]), encoding="utf-8")
    page = opened(web, open_context, "/registre/importer", bypass_csp=True)
    shoot(page, "registry-import")
    page.set_input_files("#files", table)
    page.click("button.go")
    page.wait_for_selector("button[value=take]", timeout=60_000)
    shoot(page, "registry-preview", whole=True)
    assert faults(page) == []
    page.fill("[name=reason]", "Recensement")
    page.click("button[value=take]")
    page.wait_for_selector("h1:has-text('Le dossier est pris')", timeout=60_000)
    assert stored(database_url)[0].containers[-1].id == "HOU-900"


def test_roll_is_called(web: Running, open_context: Open, shoot: Shoot, database_url: str) -> None:
    page = opened(web, open_context, "/presences", bypass_csp=True)
    page.uncheck("[name=crew][value='RB-1021']")
    page.fill("[name='why.RB-1021']", "Chauffeur malade")
    page.click("button.go")
    page.wait_for_selector(".notice.noted")
    expect(page.locator("tr.out")).to_contain_text("awa")
    shoot(page, "presence")
    assert faults(page) == []
    with connect(database_url, name="test") as connection:
        rows = connection.execute("SELECT truck_id, truck_there, crew_there, reason, said_by FROM presence").fetchall()
    assert [tuple(row.values()) for row in rows] == [("RB-1021", True, False, "Chauffeur malade", "awa")]
    page.check("[name=crew][value='RB-1021']")
    page.click("button.go")
    expect(page.locator("tr.out")).to_have_count(0)


def test_pages_in_the_dark_and_on_a_phone(web: Running, open_context: Open, shoot: Shoot) -> None:
    page = opened(web, open_context, "/registre/bacs", color_scheme="dark", bypass_csp=True)
    shoot(page, "registry-dark")
    assert faults(page) == []
    page.set_viewport_size({"width": 360, "height": 640})
    shoot(page, "registry-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
