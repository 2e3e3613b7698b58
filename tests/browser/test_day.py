"""A day on the road in a browser: doubts, the ladder, what changes by itself, a lost line, the day played again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from services.contracts.planning import PlanMade
from services.store.connection import connect
from tests.support.axe import faults
from tests.support.container_seed import put_container_history
from tests.support.day_seed import GHOST, LATE, SKIPPED, put_day_on_the_road
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import CITY, DAY, NOW, OPERATOR, make_plan, put_dispatch, put_plan
from tests.support.web_server import Running, serve_city
from tests.twins.stream import MemoryStream

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]
ON_THE_ROAD = datetime(2026, 11, 23, 6, 35, tzinfo=UTC)
DAY_PAGE = f"/operateur?jour={DAY}"


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        with connect(database_url, name="seed") as connection:
            put_container_history(connection)
        yield running


@pytest.fixture
def plan(web: Running, database_url: str) -> PlanMade:
    """The day at 07:35, and the day before it."""
    web.clock.at = ON_THE_ROAD
    before = make_plan(uuid4(), uuid4(), DAY - timedelta(days=1))
    with connect(database_url, name="seed") as connection:
        made = put_day_on_the_road(connection, ON_THE_ROAD)
        put_plan(connection, before)
        put_dispatch(connection, before)
        connection.execute(
            "UPDATE container_state SET last_emptied_at = %s WHERE container_id = ANY(%s)",
            (NOW - timedelta(days=5), [made.unserved[0].container, "B-012"]),
        )
    return made


def come_in(page: Page, web: Running, tab: str = "") -> None:
    log_in(page, web, OPERATOR, "/operateur")
    page.goto(web.url + DAY_PAGE + tab)
    page.wait_for_selector("#list.tabbed")


def truck_row(page: Page, plan: PlanMade, truck: str):  # type: ignore[no-untyped-def]
    number = next(circuit.number for circuit in plan.circuits if circuit.truck == truck)
    return page.locator(f".ladder li[data-of-circuit='{number}']")


def test_doubt_opens_with_its_thing_selected(web: Running, plan: PlanMade, open_context: Open) -> None:
    """By keyboard: the row is chosen, and the map says what it is about."""
    page = open_context(1366, 768).new_page()
    watched = Watched(page, web.url)
    come_in(page, web, "#doubts")
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    row = page.locator(f"#doubts li[data-container='{plan.unserved[0].container}']").first
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#map-note")).to_be_visible()
    expect(row).to_have_class("chosen")
    assert watched.errors == []


def test_ladder_chooses_what_list_and_map_choose(web: Running, plan: PlanMade, open_context: Open) -> None:
    page = open_context(1366, 768).new_page()
    come_in(page, web, "#ladder")
    row = truck_row(page, plan, LATE)
    expect(row).to_contain_text("min de retard")
    expect(truck_row(page, plan, GHOST)).to_contain_text("Muet depuis")
    expect(truck_row(page, plan, SKIPPED)).to_contain_text("accès bloqué")
    row.focus()
    page.keyboard.press("Enter")
    expect(row).to_have_class("hue-2 chosen")
    page.click(".tabs a[href='#circuits']")
    expect(page.locator("tbody[data-circuit='2']")).to_have_class("chosen open")


def test_page_hears_by_itself_and_survives_a_lost_line(
    web: Running, plan: PlanMade, database_url: str, open_context: Open
) -> None:
    """A crew's word moves the bar without a question being asked; offline it is said, and caught up with after."""
    context = open_context(1366, 768)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    come_in(page, web, "#circuits")
    handled = page.locator("[data-handled='1']")
    before = int(handled.inner_text())
    ahead = [stop.place for stop in plan.circuits[0].stops][-3:]
    page.wait_for_timeout(1000)
    asked.clear()
    say_done(database_url, plan, ahead[0])
    expect(handled).to_have_text(str(before + 1), timeout=8_000)
    assert [url for url in asked if "/api/v1/state" in url] == []
    context.set_offline(True)
    expect(page.locator("#net")).to_contain_text("Sans réseau", timeout=30_000)
    say_done(database_url, plan, ahead[1])
    context.set_offline(False)
    expect(handled).to_have_text(str(before + 2), timeout=45_000)
    expect(page.locator("#net")).not_to_contain_text("Sans réseau", timeout=15_000)


def say_done(database_url: str, plan: PlanMade, place: str | None) -> None:
    with connect(database_url, name="test") as connection:
        connection.execute(
            "INSERT INTO confirmation VALUES (%s, %s, %s, %s, 'stop', %s, 'done', NULL, NULL, %s, %s, %s)",
            (uuid4(), CITY, GHOST, plan.plan_id, place, ON_THE_ROAD, ON_THE_ROAD, GHOST),
        )


@pytest.mark.usefixtures("plan")
def test_day_is_played_again_on_the_map(web: Running, open_context: Open, shoot: Shoot) -> None:
    """The slider says where everybody was and what was said by then; back to now by a button."""
    page = open_context(1366, 768).new_page()
    watched = Watched(page, web.url)
    come_in(page, web, "#ladder")
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    page.click("#replay")
    expect(page.locator("#played-words")).to_have_text("Rien n'a encore été dit.")
    page.locator("#instant").fill("2400")
    expect(page.locator("#played-words")).to_contain_text("vidé")
    page.wait_for_timeout(1000)
    shoot(page, "day-playback")
    at = page.locator("#played-at").inner_text()
    page.click("#play")
    expect(page.locator("#played-at")).not_to_have_text(at, timeout=5_000)
    page.click("#stop-playback")
    expect(page.locator("#replay")).to_be_focused()
    assert watched.errors == []
    assert watched.foreign == []


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (360, 640)])
def test_pages_of_the_day_have_no_fault_that_axe_finds(
    web: Running, open_context: Open, shoot: Shoot, scheme: str, size: tuple[int, int]
) -> None:
    page = open_context(*size, color_scheme=scheme, bypass_csp=True).new_page()
    look, found = f"{size[0]}-{scheme}", {}
    log_in(page, web, OPERATOR, "/operateur")
    for tab in ("doubts", "ladder", "due"):
        page.goto(f"{web.url}{DAY_PAGE}&vue={tab}#{tab}")
        page.wait_for_selector("#map[data-live]", timeout=60_000)
        found[tab] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        shoot(page, f"day-{tab}-{look}")
        if size[0] < 500:
            shoot(page, f"day-{tab}-{look}-whole", whole=True)
    page.click("#replay")
    page.locator("#instant").fill("2400")
    found["playback"] = faults(page)
    page.goto(f"{web.url}/operateur/bilan?jour={DAY}")
    found["sheet"] = faults(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    shoot(page, f"day-sheet-{look}", whole=True)
    assert {where: what for where, what in found.items() if what} == {}
