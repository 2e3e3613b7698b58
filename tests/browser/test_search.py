"""Finding a container in list and map: by number, street, zone and truck, by keyboard, and without a script."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.axe import faults
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import DAY, OPERATOR, containers, make_plan
from tests.support.web_server import Running, serve_city
from tests.twins.stream import MemoryStream

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]
DAY_PAGE = f"/operateur?jour={DAY}"
ROWS = "#found li[data-container]"


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        yield running


def come_in(page: Page, web: Running) -> None:
    log_in(page, web, OPERATOR, "/operateur")
    page.goto(web.url + DAY_PAGE)
    page.wait_for_selector("#list.tabbed")


@pytest.mark.parametrize(
    ("search", "name", "count"),
    [
        ("B-014", None, 1),  # its number
        ("steinmetz", "Avenue Steinmetz", 5),  # a street
        ("ecole RITA", "École Sainte-Rita", 5),  # without its accent, two words of three
        ("gbegame", None, 10),  # a zone
    ],
)
def test_containers_are_found_by_number_street_and_zone(
    web: Running, open_context: Open, search: str, name: str | None, count: int
) -> None:
    page = open_context(1366, 768).new_page()
    come_in(page, web)
    page.locator("#search input[type=search]").fill(search)
    expect(page.locator(ROWS)).to_have_count(count)
    expect(page.locator(".tabs a[href='#found'][aria-current]")).to_contain_text(str(count))
    if name:
        expect(page.locator(ROWS).first).to_contain_text(name)


def test_found_container_is_chosen_in_list_and_map_by_keyboard(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Slash, words, Enter: the first is ready; Enter again chooses; Escape lets go, and in the field empties it."""
    page = open_context(1366, 768).new_page()
    watched = Watched(page, web.url)
    come_in(page, web)
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    page.keyboard.press("/")
    page.keyboard.type("marche gbog")
    page.keyboard.press("Enter")
    first = page.locator(ROWS).first
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    second = page.locator(ROWS).nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_class("chosen")
    expect(page.locator("#map-note b")).to_contain_text("Marché Gbogbanou")
    shoot(page, "search-found")
    page.keyboard.press("Escape")
    expect(page.locator("#map-note")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_have_count(0)
    expect(page.locator("#circuits")).to_be_visible()
    assert watched.errors == []


def test_truck_is_found_and_its_circuit_chosen(web: Running, open_context: Open) -> None:
    truck = make_plan().circuits[1].truck
    page = open_context(1366, 768).new_page()
    come_in(page, web)
    page.locator("#search input[type=search]").fill(truck.lower())
    page.locator("#found li[data-of-circuit='2']").click()
    page.click(".tabs a[href='#circuits']")
    expect(page.locator("tbody[data-circuit='2']")).to_have_class("chosen open")


def test_what_was_typed_stays_when_the_list_is_drawn_anew(web: Running, open_context: Open) -> None:
    page = open_context(1366, 768).new_page()
    come_in(page, web)
    page.locator("#search input[type=search]").fill("zongo")
    expect(page.locator(ROWS)).to_have_count(5)
    page.evaluate("document.dispatchEvent(new CustomEvent('tournee:changed'))")
    page.wait_for_function("document.querySelector('#list .tabs a[href=\"#found\"]') !== null")
    page.wait_for_timeout(1500)
    expect(page.locator(ROWS)).to_have_count(5)
    expect(page.locator("#search input[type=search]")).to_be_focused()


def test_search_works_without_a_script_and_says_when_nothing_is_found(web: Running, open_context: Open) -> None:
    page = open_context(1366, 768, java_script_enabled=False).new_page()
    log_in(page, web, OPERATOR, "/operateur")
    page.goto(web.url + DAY_PAGE)
    page.fill("#search input[type=search]", containers()[13]["id"])
    page.click("#search button")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator("#search input[type=search]")).to_have_value("B-014")
    page.fill("#search input[type=search]", "nulle part")
    page.click("#search button")
    expect(page.locator("#found")).to_contain_text("Aucun bac, aucune zone et aucun camion")


@pytest.mark.parametrize("size", [(1366, 768), (360, 640)])
def test_what_was_found_has_no_fault_that_axe_finds(
    web: Running, open_context: Open, shoot: Shoot, size: tuple[int, int]
) -> None:
    page = open_context(*size, bypass_csp=True).new_page()
    come_in(page, web)
    page.locator("#search input[type=search]").fill("zongo")
    expect(page.locator(ROWS)).to_have_count(5)
    shoot(page, f"search-{size[0]}")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
