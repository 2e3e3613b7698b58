"""A circuit that is replaced while it is driven: progress stays, and a crew called off is told."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from services.planning.problem import totals_of
from services.store.connection import connect
from tests.support.web_browser import log_in
from tests.support.web_phone import put_long_circuit
from tests.support.web_seed import DRIVER, NAMES, NOW, make_plan, put_dispatch, put_plan
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]

ASK = "window.dispatchEvent(new Event('online'))"
"""What makes a phone ask at once, instead of within the minute."""


@pytest.fixture
def send_without(database_url: str) -> Callable[..., UUID]:
    """Send a later plan of the day, where some trucks have no circuit any more."""

    def send(name: str, *trucks: str, hours: int = 1) -> UUID:
        made = make_plan(uuid5(NAMES, name), uuid5(NAMES, f"{name} request"))
        circuits = tuple(circuit for circuit in made.circuits if circuit.truck not in trucks)
        at = NOW + timedelta(hours=hours)
        plan = made.model_copy(update={"circuits": circuits, "totals": totals_of(circuits), "made_at": at})
        with connect(database_url, name="test") as connection:
            put_plan(connection, plan)
            put_dispatch(connection, plan)
            connection.execute("UPDATE dispatch SET dispatched_at = %s WHERE plan_id = %s", (at, plan.plan_id))
        return plan.plan_id

    return send


def _open(web: Running, context: BrowserContext, truck: str) -> Page:
    page = context.new_page()
    log_in(page, web, (truck, DRIVER[1]), "/chauffeur")
    page.wait_for_selector("#done")
    return page


def test_progress_survives_a_new_circuit(
    web: Running, open_context: Open, shoot: Shoot, send_without: Callable[..., UUID]
) -> None:
    """Five of ten behind, and a word that the office does not have yet: the new circuit begins with six of ten."""
    page = _open(web, open_context(360, 740), "C-02")
    expect(page.locator("#count")).to_have_text("5 sur 10")
    page.click("#done")
    expect(page.locator("#count")).to_have_text("6 sur 10")
    send_without("moved")
    page.click("#skip")
    page.evaluate(ASK)
    expect(page.locator("#new-circuit")).to_be_visible(timeout=20_000)
    shoot(page, "driver-new-circuit")
    expect(page.locator("#count")).to_have_text("6 sur 10")
    # Whatever was being asked is asked of nobody else: the reasons are gone with the circuit they were about.
    expect(page.locator("#done")).to_be_visible()
    page.click("#new-circuit button")
    expect(page.locator("#new-circuit")).to_have_count(0)
    page.reload()
    expect(page.locator("#count")).to_have_text("6 sur 10")


def test_crew_called_off_is_told_and_keeps_it_without_a_network(
    web: Running, open_context: Open, shoot: Shoot, send_without: Callable[..., UUID]
) -> None:
    """Unload where, then home: on every screen, also after a reload in flight mode."""
    context = open_context(390, 844)
    page = _open(web, context, "C-02")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("caches.match('/chauffeur').then(Boolean)")
    send_without("called off", "C-02", "C-01", hours=2)
    page.evaluate(ASK)
    expect(page.locator("#called-off")).to_contain_text("Videz la benne : Centre d'enfouissement", timeout=20_000)
    expect(page.locator("h1")).to_have_text("Centre d'enfouissement de Ouèssè")
    shoot(page, "driver-called-off")
    context.set_offline(True)
    page.reload()
    expect(page.locator("#called-off")).to_be_visible()
    page.click("#to-list")
    expect(page.locator("#called-off")).to_be_visible()
    page.click(".thumb button")
    page.click("#done")
    expect(page.locator("h1")).to_have_text("Rien d'autre à vider. Rentrez au dépôt.")
    expect(page.locator(".stop")).to_contain_text("Circuit arrêté : d'autres prennent vos bacs.")
    shoot(page, "driver-called-off-home")


@pytest.mark.parametrize(("wide", "high", "letters"), [(640, 360, 100), (360, 640, 200), (320, 568, 100)])
def test_crew_called_off_finds_its_button_on_any_phone(
    web: Running,
    open_context: Open,
    shoot: Shoot,
    send_without: Callable[..., UUID],
    wide: int,
    high: int,
    letters: int,
) -> None:
    """The word that it is called off takes room: on its side or with large letters, all can still be reached."""
    send_without(f"called off {wide} {letters}", "C-02", "C-01", hours=2)
    page = open_context(wide, high).new_page()
    log_in(page, web, ("C-02", DRIVER[1]), "/chauffeur")
    page.evaluate(f"document.documentElement.style.fontSize = '{letters}%'")
    shoot(page, f"driver-called-off-{wide}-{letters}")
    for selector in ("#called-off", "h1", "#done", "#skip"):
        page.locator(selector).scroll_into_view_if_needed()
        expect(page.locator(selector)).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("document.documentElement.scrollHeight === innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_crew_called_off_in_the_yard_stays_there(
    web: Running, open_context: Open, shoot: Shoot, send_without: Callable[..., UUID]
) -> None:
    """It has nothing to unload and nowhere to go; the page says so from its first opening, and without a script."""
    send_without("in the yard", "C-02", "C-01", hours=3)
    page = open_context(390, 844).new_page()
    log_in(page, web, DRIVER, "/chauffeur")
    expect(page.locator(".stop")).to_contain_text("Rien à faire. Restez au dépôt")
    shoot(page, "driver-called-off-yard")
    plain = open_context(390, 844, java_script_enabled=False).new_page()
    log_in(plain, web, DRIVER, "/chauffeur")
    expect(plain.locator(".called-off")).to_contain_text("Restez au dépôt")


def test_hundred_stops_ninety_done_are_not_none_of_none(web: Running, database_url: str, open_context: Open) -> None:
    """A phone with 90 of 100 behind it must not say 0 of 0 when the circuit is sent once more under another plan."""
    with connect(database_url, name="seed") as connection:
        plan = put_long_circuit(connection, "C-03", 100, 90)
        connection.execute(
            "UPDATE dispatch SET dispatched_at = %s WHERE plan_id = %s", (NOW + timedelta(hours=4), plan.plan_id)
        )
    page = _open(web, open_context(360, 640), "C-03")
    expect(page.locator("#count")).to_have_text("90 sur 100")
    again = plan.model_copy(update={"plan_id": uuid5(NAMES, "long again"), "made_at": NOW + timedelta(hours=5)})
    with connect(database_url, name="seed") as connection:
        put_plan(connection, again)
        put_dispatch(connection, again)
        connection.execute(
            "UPDATE dispatch SET dispatched_at = %s WHERE plan_id = %s", (NOW + timedelta(hours=5), again.plan_id)
        )
    page.evaluate(ASK)
    expect(page.locator("#new-circuit")).to_be_visible(timeout=20_000)
    expect(page.locator("#count")).to_have_text("90 sur 100")


def test_network_that_returns_while_the_day_is_asked_for_is_not_missed(
    web: Running, open_context: Open, send_without: Callable[..., UUID]
) -> None:
    """The answer on its way is of before: one more question follows it, not the next minute's."""
    page = open_context(360, 640).new_page()
    held: list[Route] = []
    page.route("**/api/v1/driver/state*", lambda route: route.continue_() if held else held.append(route))
    log_in(page, web, ("C-02", DRIVER[1]), "/chauffeur")
    page.wait_for_selector("#done")
    while not held:
        page.wait_for_timeout(50)
    answer = held[0].fetch()
    send_without("while it was asked", hours=6)
    page.evaluate(ASK)
    held[0].fulfill(response=answer)
    expect(page.locator("#new-circuit")).to_be_visible()
