"""Every page, in light and dark, has nothing that axe would fault: names, roles, order, contrast."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page
from psycopg.types.json import Jsonb

from services.store.connection import connect
from tests.support.axe import faults
from tests.support.web_browser import log_in
from tests.support.web_seed import DRIVER, MAYOR, OPERATOR, PLAN, PLANNER, put_office
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]
Act = Callable[[Page], object]


@dataclass(frozen=True)
class Seen:
    """A page as somebody looks at it."""

    path: str
    who: tuple[str, str] | None = None
    ready: str = "h1"
    acts: tuple[Act, ...] = ()
    small: bool = False


def _click(selector: str) -> Act:
    return lambda page: page.click(selector)


def _opened(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")


def _share(page: Page) -> None:
    page.fill("[name=shown_to]", "cabinet du maire")
    page.click("form[action='/partages/ouvrir'] button")


CREW = ("C-02", DRIVER[1])
SEEN = {
    "public": Seen("/", acts=(_opened,)),
    "public-phone": Seen("/", small=True),
    "calendar": Seen("/calendrier"),
    "calendar-phone": Seen("/calendrier", small=True),
    "data": Seen("/donnees", acts=(_opened,)),
    "data-phone": Seen("/donnees", small=True),
    "login": Seen("/connexion"),
    "missing": Seen("/nulle-part"),
    "api": Seen("/api/docs", acts=(_opened,)),
    "guide": Seen("/aide"),
    "guide-phone": Seen("/aide", small=True),
    "operator": Seen("/operateur", OPERATOR, "#map[data-live]"),
    "operator-circuit": Seen("/operateur", OPERATOR, "#map[data-live]", (_click("[data-open='2']"),)),
    "operator-due": Seen("/operateur#due", OPERATOR, "#map[data-live]", (_click("#due tr[data-container]"),)),
    "operator-left-out": Seen("/operateur#left-out", OPERATOR, "#map[data-live]"),
    "operator-silent": Seen("/operateur#silent", OPERATOR, "#map[data-live]"),
    "operator-reasons": Seen("/operateur#reasons", OPERATOR, "#map[data-live]"),
    "operator-empty": Seen("/operateur?jour=2026-12-24", OPERATOR, "#map[data-live]"),
    "operator-phone": Seen("/operateur", OPERATOR, "#map[data-live]", small=True),
    "look": Seen(f"/operateur/envoi?plan={PLAN}", OPERATOR),
    "compare": Seen(f"/operateur/comparer?plan={PLAN}", OPERATOR),
    "places": Seen("/technicien", OPERATOR),
    "registry": Seen("/registre/bacs", OPERATOR),
    "registry-chosen": Seen("/registre/bacs?choisi=B-005", OPERATOR, acts=(_click("a.dot.here[data-choose='B-007']"),)),
    "registry-trucks": Seen("/registre/camions", OPERATOR),
    "registry-row": Seen("/registre/bacs/B-001", OPERATOR),
    "registry-zone": Seen("/registre/secteurs/akpakpa", OPERATOR, small=True),
    "registry-phone": Seen("/registre/bacs", OPERATOR, small=True),
    "registry-import": Seen("/registre/importer", OPERATOR),
    "streets": Seen("/rues-fermees", OPERATOR),
    "streets-phone": Seen("/rues-fermees?ligne=2.42,6.36;2.425,6.365", OPERATOR, small=True),
    "presence": Seen("/presences", OPERATOR),
    "presence-phone": Seen("/presences", OPERATOR, small=True),
    "phones": Seen("/telephones", OPERATOR),
    "phones-invited": Seen("/telephones", OPERATOR, acts=(_click("form[action='/telephones/inviter'] button"),)),
    "phones-phone": Seen("/telephones", OPERATOR, small=True),
    "invitation": Seen("/telephone/K7QWM3XZP4HTD9RB", small=True),
    "account": Seen("/compte", OPERATOR),
    "account-phone": Seen("/compte", MAYOR, small=True),
    "people": Seen("/comptes", PLANNER),
    "people-phone": Seen("/comptes", PLANNER, small=True),
    "journal": Seen("/journal", PLANNER),
    "shares": Seen("/partages", MAYOR, acts=(_share,)),
    "share-over": Seen("/partage/K7QWM3XZP4HTD9RB", small=True),
    "invitation-over": Seen("/invitation/K7QWM3XZP4HTD9RB", small=True),
    "municipality": Seen("/municipalite", MAYOR),
    "municipality-phone": Seen("/municipalite", MAYOR, small=True),
    "municipality-sheet": Seen("/municipalite/journee?jour=2026-11-23", MAYOR),
    "municipality-published": Seen("/municipalite/journee?jour=2026-11-20", MAYOR, small=True),
    "municipality-sdg": Seen("/municipalite/odd", MAYOR),
    "municipality-nothing": Seen("/municipalite/journee?jour=2026-10-02", MAYOR),
    "contract-none": Seen("/contrat", MAYOR),
    "logout": Seen("/deconnexion", MAYOR),
    "driver": Seen("/chauffeur", CREW, "#done", small=True),
    "driver-list": Seen("/chauffeur", CREW, "#done", (_click("#to-list"),), small=True),
    "driver-way": Seen("/chauffeur", CREW, "#done", (_click("#to-way"),), small=True),
    "driver-reasons": Seen("/chauffeur", CREW, "#done", (_click("#skip"),), small=True),
    "driver-noted": Seen("/chauffeur", ("C-01", DRIVER[1]), "#done", (_click("#done"),), small=True),
}


@pytest.fixture(scope="module", autouse=True)
def office(web: Running, database_url: str) -> None:
    """Everybody who may have a desk."""
    del web
    with connect(database_url, name="seed") as connection:
        put_office(connection)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SEEN)
def test_page_has_no_fault_that_axe_finds(web: Running, open_context: Open, name: str, scheme: str) -> None:
    """Whoever hears a page, tabs through it or needs contrast finds what everybody finds."""
    seen = SEEN[name]
    size = (360, 640) if seen.small else (1366, 768)
    page = open_context(*size, color_scheme=scheme, bypass_csp=True).new_page()
    if seen.who:
        log_in(page, web, seen.who, seen.path.split("?")[0].split("#")[0])
    page.goto(web.url + seen.path)
    page.wait_for_selector(seen.ready, timeout=60_000)
    for act in seen.acts:
        act(page)
    assert faults(page) == []


def test_page_for_browsers_without_scripts_has_none_either(web: Running, open_context: Open) -> None:
    """The crew's long list, as an old phone shows it."""
    page = open_context(360, 640, bypass_csp=True).new_page()
    page.route("**/driver/*.js", lambda route: route.abort())
    log_in(page, web, CREW, "/chauffeur")
    page.wait_for_selector("#plain h1")
    assert faults(page) == []


def test_resting_account_is_shown_without_fault(web: Running, database_url: str, open_context: Open) -> None:
    """The notices that a quiet day does not have."""
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE account SET locked_until = now() + interval '5 min' WHERE login = 'C-03'")
    page = open_context(1366, 768, bypass_csp=True).new_page()
    log_in(page, web, OPERATOR, "/operateur")
    page.wait_for_selector(".resting")
    assert faults(page) == []
    page.click(".resting button")
    page.wait_for_load_state()
    assert page.locator(".resting").count() == 0


def test_crew_called_off_is_told_without_fault(web: Running, database_url: str, open_context: Open) -> None:
    """What a day has on which plans change."""
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE plan SET document = document || %s", (Jsonb({"called_off": ["C-02"]}),))
    for scheme in ("light", "dark"):
        page = open_context(360, 640, color_scheme=scheme, bypass_csp=True).new_page()
        log_in(page, web, CREW, "/chauffeur")
        page.wait_for_selector("#called-off")
        assert faults(page) == []


def test_axe_finds_faults_where_there_are_some(open_context: Open) -> None:
    """The check itself works: a picture without a word, grey on grey."""
    page = open_context(bypass_csp=True).new_page()
    page.set_content("<html><body><img src='data:,'><p style='color:#aaa;background:#999'>gris</p></body></html>")
    assert {fault.split()[0] for fault in faults(page)} >= {"image-alt", "color-contrast", "html-has-lang"}
