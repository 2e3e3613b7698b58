"""Sheets of A4: the same sheet is the same file, in letters that everybody can read."""

from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest

from services.web.rendering.pdf import Bar, Column, Sheet

AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
NO_FONT = {"": Path("nowhere.woff"), "B": Path("nowhere.woff")}


def drawn(faces: dict[str, Path] | None = None, rows: int = 3) -> bytes:
    sheet = Sheet("Fiche", language="fr", foot="Bohicon · ɔ", made_at=AT, faces=faces)
    sheet.title("Œuvre d'Abɔmɛ", above="Février")
    sheet.paragraph("1\u202f204 bacs à 3,5 €, −12 L")
    columns = (Column("Bac", 50), Column("Montant", 50, "right"))
    sheet.table(columns, [[f"B-{n:03}", "2\u00a0500"] for n in range(rows)], sums=["Total", "7 500"])
    sheet.bars([Bar("J", 5, 2, 8), Bar("F", -3, -6, 1)], lambda value: f"{value:g} L")
    return sheet.bytes()


def words_of(pdf: bytes) -> list[str]:
    """What somebody reads of each page."""
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.mark.parametrize("faces", [None, NO_FONT], ids=["own font", "no font"])
def test_text_is_readable_with_and_without_the_pages_font(faces: dict[str, Path] | None) -> None:
    """A city that has not fetched the font still has its sheet; letters that no font here has lose their hook."""
    (page,) = words_of(drawn(faces))
    assert "uvre d'Abome" in page
    assert "1 204 bacs à 3,5" in page
    assert "Total 7 500" in page
    assert "Bohicon · o 1 / 1" in page


def test_same_sheet_is_the_same_file() -> None:
    """Whoever has kept one can say whether it is another."""
    assert drawn() == drawn()


def test_table_goes_on_over_pages_with_its_columns_named_on_each() -> None:
    pages = words_of(drawn(rows=150))
    assert len(pages) > 3
    assert all("Bac Montant" in page for page in pages[:-1])
    assert f"{len(pages)} / {len(pages)}" in pages[-1]
