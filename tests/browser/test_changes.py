"""Changing a plan on the operator's page: menu, price, drop, Ctrl-Z, two operators, by keyboard, without a fault."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from services.contracts.planning import PlanMade
from tests.support.axe import faults
from tests.support.hand_city import AWA, KOSSI, NOW, PASSWORD, put_plan_anew, serve_hand_city
from tests.support.hand_town import DAY, FIRST, SECOND, order_of
from tests.support.web_browser import Watched
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]
DAYS_PAGE = f"/operateur?jour={DAY.isoformat()}"


@pytest.fixture(scope="module")
def town(database_url: str) -> Iterator[Running]:
    with serve_hand_city(database_url) as running:
        yield running


@pytest.fixture
def plan(town: Running, database_url: str) -> PlanMade:
    town.clock.at = NOW
    return put_plan_anew(database_url)


def come_in(page: Page, town: Running, who: tuple[str, str] = AWA, circuit: int | None = 1) -> None:
    """Log in, and open one circuit of the day."""
    page.goto(f"{town.url}/connexion")
    page.fill("[name=login]", who[1])
    page.fill("[name=password]", PASSWORD)
    page.click("button.go")
    page.wait_for_load_state()
    page.goto(town.url + DAYS_PAGE)
    page.wait_for_selector("#list.tabbed")
    if circuit is not None:
        page.click(f"[data-open='{circuit}']")


def stops_shown(page: Page, circuit: int) -> list[str]:
    rows = page.locator(f"tbody[data-circuit='{circuit}'] li[data-container]")
    return [row.get_attribute("data-container") or "" for row in rows.all()]


def test_stop_is_moved_and_taken_back_by_keyboard_alone(
    town: Running, plan: PlanMade, open_context: Open, shoot: Shoot
) -> None:
    """From the list: its menu, the cheapest other truck, done; then Ctrl-Z, and Ctrl-Y again."""
    page = open_context(1366, 768).new_page()
    watched = Watched(page, town.url)
    come_in(page, town)
    name = order_of(plan, FIRST)[1]
    menu = page.locator(f"tbody[data-circuit='1'] li[data-container='{name}'] .stop-menu")
    menu.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog")
    expect(dialog.locator("h2").first).to_have_text("Où le mettre ?")
    shoot(page, "change-stop")
    button = dialog.get_by_role("button", name=f"sur {SECOND}")
    button.focus()
    page.keyboard.press("Enter")
    expect(dialog).not_to_be_visible()
    expect(page.locator("#pending-title")).to_have_text("1 changement, pas encore envoyé")
    assert name in stops_shown(page, 2)
    page.click("[data-open='2']")
    expect(page.locator(f"li[data-container='{name}'] .changed")).to_contain_text(f"venu de {FIRST}")
    shoot(page, "change-pending")
    page.keyboard.press("Control+z")
    expect(page.locator(f"tbody[data-circuit='1'] li[data-container='{name}']")).to_have_count(1)
    assert stops_shown(page, 1) == order_of(plan, FIRST)
    page.keyboard.press("Control+y")
    expect(page.locator(f"tbody[data-circuit='2'] li[data-container='{name}']")).to_have_count(1)
    assert watched.errors == []
    assert watched.foreign == []


def test_focus_comes_back_to_the_menu_that_was_left(town: Running, plan: PlanMade, open_context: Open) -> None:
    """Whoever works without a mouse goes on where they were."""
    page = open_context(1366, 768).new_page()
    come_in(page, town)
    name = order_of(plan, FIRST)[0]
    page.locator(f"tbody[data-circuit='1'] li[data-container='{name}'] .stop-menu").press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f"tbody[data-circuit='1'] li[data-container='{name}'] .stop-menu")).to_be_focused()


def test_second_operator_is_asked_before_the_first_s_change_is_covered(
    town: Running, plan: PlanMade, open_context: Open, shoot: Shoot
) -> None:
    first, second = open_context(1366, 768).new_page(), open_context(1366, 768).new_page()
    come_in(first, town)
    come_in(second, town, KOSSI)
    ours, theirs = order_of(plan, FIRST)[1:3]
    second.click(f"tbody[data-circuit='1'] li[data-container='{theirs}'] .stop-menu")
    expect(second.locator("dialog")).to_be_visible()
    first.click(f"tbody[data-circuit='1'] li[data-container='{ours}'] .stop-menu")
    first.locator("dialog").get_by_role("button", name=f"sur {SECOND}").click()
    expect(first.locator("#pending-title")).to_be_visible()
    second.locator("dialog").get_by_role("button", name="Un rang plus tôt").click()
    expect(second.locator("dialog h1")).to_have_text("Quelqu'un vient de changer ce circuit")
    expect(second.locator("dialog")).to_contain_text("awa")
    shoot(second, "change-conflict")
    second.click("text=Faire le mien par-dessus")
    # The stop it was to stand before is gone.
    expect(second.locator("dialog [role=alert]")).to_contain_text("Rien n'a été changé")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (360, 640)])
def test_pages_of_changes_have_no_fault_that_axe_finds(
    town: Running, plan: PlanMade, open_context: Open, shoot: Shoot, scheme: str, size: tuple[int, int]
) -> None:
    """Each page as it stands alone, and the plan's own with something pending and something broken."""
    page = open_context(*size, color_scheme=scheme, bypass_csp=True).new_page()
    come_in(page, town)
    name = order_of(plan, FIRST)[1]
    page.click(f"tbody[data-circuit='1'] li[data-container='{name}'] .stop-menu")
    page.locator("dialog").get_by_role("button", name=f"sur {SECOND}").click()
    expect(page.locator("#pending-title")).to_be_visible()
    expect(page.locator("dialog")).not_to_be_visible()
    page.click("text=Fermer un site")
    page.fill("dialog [name=reason] >> nth=0", "grève")
    page.get_by_role("button", name="Fermer Décharge communale").click()
    expect(page.locator(".pending .urgent")).to_be_visible()
    look = f"{size[0]}-{scheme}"
    found = {"plan": faults(page)}
    shoot(page, f"changes-plan-{look}")
    page.click("[data-open='2']")
    page.click(f"li[data-container='{name}'] .stop-menu")
    expect(page.locator("dialog")).to_be_visible()
    found["dialog"] = faults(page)
    shoot(page, f"changes-dialog-{look}")
    head = page.locator("#bar").get_attribute("data-plan")
    for path in (
        f"arret?bac={name}&",
        f"circuit?camion={SECOND}&",
        "ajouter?q=march&",
        "sites?",
        "changements?",
        "comparer?",
    ):
        page.goto(f"{town.url}/operateur/{path}plan={head}")
        page.wait_for_selector("h1")
        found[path] = faults(page)
        shoot(page, f"changes-{path.split('?')[0]}-{look}", whole=True)
    assert {where: what for where, what in found.items() if what} == {}
