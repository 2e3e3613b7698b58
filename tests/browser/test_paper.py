"""The public page on A4: what the mayor's office prints and hangs up."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import BrowserContext, Page

from services.store.connection import connect
from tests.support.web_browser import SCREENSHOTS, log_in
from tests.support.web_districts import put_districts
from tests.support.web_seed import CITY, MAYOR
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]

A4_HIGH_PT = 842
HEADINGS = (
    "À distance de marche",
    "Qui n'est pas desservi",
    "Jour par jour, en litres de gazole",
    "Quartiers desservis",
    "Comment c'est calculé",
    "Ce qui est sûr",
)
LABELS = """() => [...document.querySelectorAll('.zone-name, .zone-number')]
  .filter((e) => getComputedStyle(e).display !== 'none')
  .map((e) => [e.textContent, e.getBoundingClientRect()]).map(([t, b]) => [t, b.left, b.top, b.right, b.bottom])"""


def _print(page: Page, name: str) -> list[Any]:
    """Each page of the print as its text, with places."""
    file = SCREENSHOTS / f"{name}.pdf"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.pdf(path=file, prefer_css_page_size=True)
    return [sheet.get_textpage() for sheet in pypdfium2.PdfDocument(file)]


def _lowest_pt(text: Any) -> float:
    """How far above the sheet's lower edge its last line stands."""
    return min(text.get_charbox(n)[1] for n in range(text.count_chars()) if text.get_text_range(n, 1).strip())


def _lines(text: Any) -> list[str]:
    return [line.strip() for line in text.get_text_bounded().splitlines() if line.strip()]


def test_small_town_fits_on_a_sheet_and_its_back(web: Running, open_context: Open) -> None:
    """Sentence, figures, trend and districts at one look, who is within a walk and how it is computed on the back."""
    page = open_context(794, 1123).new_page()
    page.goto(web.url)
    sheets = _print(page, "public")
    assert len(sheets) == 2
    lines = [line for sheet in sheets for line in _lines(sheet)]
    assert lines[0].startswith("Tournée")
    assert _lines(sheets[1])[0] == "À distance de marche"
    assert "Comment c'est calculé" in _lines(sheets[1])
    assert lines[-1].startswith("Réutilisation libre")
    assert not {"Économies (CSV)", "Connexion", "Voir le tableau"} & set(lines)


@pytest.mark.parametrize(
    ("path", "sheets", "first", "last"),
    [
        ("/municipalite", 1, "Tournée", "10 sur 10"),
        ("/municipalite/journee?jour=2026-11-23", 1, "Tournée", "estimés."),
    ],
)
def test_town_hall_prints_its_month_and_its_days(
    web: Running, open_context: Open, path: str, sheets: int, first: str, last: str
) -> None:
    """Whole tables under their heading, no buttons; a day, or a month of 23 days and its districts, on one sheet."""
    page = open_context(794, 1123).new_page()
    log_in(page, web, MAYOR, path)
    page.goto(web.url + path)
    printed = _print(page, path.split("?", maxsplit=1)[0].strip("/").replace("/", "-"))
    assert len(printed) == sheets
    lines = [line for sheet in printed for line in _lines(sheet)]
    assert lines[0].startswith(first)
    assert lines[-1].endswith(last)
    assert not {"Se déconnecter", "Emporter", "Bacs (CSV)", "Page publique"} & set(lines)
    for sheet in printed:
        assert not _lines(sheet)[-1].startswith(("Quartiers", "Jour par jour", "Circuits", "Bacs passés"))


def test_many_districts_fill_their_sheets(web: Running, database_url: str, open_context: Open) -> None:
    """Forty districts: the list goes on over the page, no heading is left behind at the foot, no sheet half empty."""
    with connect(database_url, name="seed") as connection:
        connection.execute("DELETE FROM container_state WHERE city_id = %s", (CITY,))
        put_districts(connection, 34)
    page = open_context(794, 1123).new_page()
    page.goto(web.url)
    sheets = _print(page, "public-many")
    assert len(sheets) == 3
    # 14 mm of margin are 40 pt; what is empty above it may be a sixth of the sheet.
    assert _lowest_pt(sheets[0]) < 40 + A4_HIGH_PT / 6
    for sheet in sheets:
        lines = _lines(sheet)
        assert not any(lines[-1].startswith(heading) for heading in HEADINGS)
    # The table's head stands on both sheets that have rows of it.
    heads = ["QuartierHabitants" in "".join(_lines(sheet)).replace(" ", "") for sheet in sheets]
    assert heads == [True, True, False]


def _capital_pt(text: Any, word: str) -> float:
    _, bottom, _, top = text.get_charbox(text.get_text_range().find(word))
    return float(top - bottom)


@pytest.mark.parametrize("wide", [688, 1366])
def test_names_on_the_map_of_districts_stay_apart(web: Running, open_context: Open, wide: int) -> None:
    """On paper and on the screen: where a name has no room, the number stands for it, as in the table."""
    page = open_context(wide, 1000).new_page()
    page.goto(web.url)
    if wide < 800:
        page.emulate_media(media="print")
    labels = page.evaluate(LABELS)
    assert {text for text, *_ in labels} >= {"1", "2", "3"}
    names = [label for label in labels if not label[0].isdigit()]
    assert names
    for (one, *a), (other, *b) in combinations(labels, 2):
        if one.isdigit() and other.isdigit():
            continue
        apart = a[2] <= b[0] + 2 or b[2] <= a[0] + 2 or a[3] <= b[1] + 6 or b[3] <= a[1] + 6
        assert apart, f"{one} lies on {other}"
