"""The contract sheet as its readers see it: what is proposed, answered and signed, on screen, telephone and A4."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pypdfium2
import pytest
from playwright.sync_api import BrowserContext, Page

from services.store.connection import connect
from services.web.entry.accounts import add_account
from tests.support.axe import faults
from tests.support.contract_town import LATE, StoringStream, contract_town, note_strike, put_half_a_day, put_overflow
from tests.support.ledger_town import CITY, DAY, Town
from tests.support.web_browser import SCREENSHOTS, Watched
from tests.support.web_server import Running, serve

Open = Callable[..., BrowserContext]
PASSWORD = "une-longue-matinee"
SHEET = "/contrat?mois=2026-03&flotte=lorries"


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """A day half done, late and without GPS; a container that overflowed; a strike in the log."""
    with connect(database_url, name="seed") as connection:
        town = Town(connection, contract_town())
        put_half_a_day(town, late=LATE)
        put_overflow(connection)
        note_strike(connection, str(DAY))
        add_account(connection, CITY, "awa", "operator", PASSWORD)
        add_account(connection, CITY, "mairie", "municipality", PASSWORD)
    with serve(database_url, StoringStream(database_url), datetime(2026, 3, 12, 9, tzinfo=UTC)) as running:
        yield running


def enter(page: Page, web: Running, login: str) -> None:
    page.goto(f"{web.url}/connexion")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("button.go")
    page.wait_for_load_state()
    page.goto(web.url + SHEET)
    page.wait_for_selector("h1")


def test_month_is_answered_signed_and_printed(web: Running, open_context: Open, shoot: Callable[..., None]) -> None:
    """By hand, with the keyboard's and the reader's rules kept, in light, in dark and on a telephone."""
    contractor = open_context(bypass_csp=True).new_page()
    watched = Watched(contractor, web.url)
    enter(contractor, web, "awa")
    contractor.click("main details summary >> nth=0")
    assert faults(contractor) == []
    shoot(contractor, "contract-operator", whole=True)
    contractor.fill("textarea >> nth=0", "Route coupée par le marché.\nRepassés à 14 h.")
    contractor.click("text=Envoyer la réponse >> nth=0")
    contractor.wait_for_selector("blockquote")
    assert "Repassés à 14 h." in contractor.inner_text("blockquote")
    assert watched.errors == []
    assert watched.foreign == []

    web.clock.at = datetime(2026, 4, 20, 9, tzinfo=UTC)
    for scheme in ("light", "dark"):
        mayor = open_context(color_scheme=scheme, bypass_csp=True).new_page()
        enter(mayor, web, "mairie")
        assert faults(mayor) == []
        shoot(mayor, f"contract-{scheme}", whole=True)
    mayor.check(".breaches input >> nth=0")
    mayor.fill("[name=remarque]", "Marché annuel.")
    mayor.click("form#sign button")
    mayor.wait_for_selector(".state.is-signed")
    small = open_context(360, 640, bypass_csp=True).new_page()
    enter(small, web, "mairie")
    assert faults(small) == []
    assert small.evaluate("document.documentElement.scrollWidth") <= 360
    shoot(small, "contract-phone", whole=True)

    small.emulate_media(media="print")
    file = SCREENSHOTS / "contract.pdf"
    small.pdf(path=file, prefer_css_page_size=True)
    told = " ".join(sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(file))
    assert "Signé par mairie" in told
    assert "Remettre" not in told
