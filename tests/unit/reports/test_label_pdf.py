"""Labels as a PDF, read back by a reader that nobody here wrote."""

import pypdfium2
import pytest

from services.reports.label_pdf import PdfLabel, pdf_of, plain


def label(number: int) -> PdfLabel:
    link = f"https://tournee.example.org/signaler/cotonou/B-{number:03}"
    return PdfLabel(
        link, "Plein ? Cassé ? Scannez.", "Full? Broken? Scan.", f"B-{number:03}", ["Marché (nord) à l'est"]
    )


def test_sheets_hold_eight_labels_with_their_words() -> None:
    """Seventeen are three sheets of A4, and what people read is there in their letters."""
    document = pypdfium2.PdfDocument(pdf_of([label(n) for n in range(17)], "Étiquettes"))
    assert len(document) == 3
    width, height = document[0].get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
    text = document[2].get_textpage().get_text_range()
    assert "B-016" in text
    assert "Marché (nord) à l'est" in text
    assert "Plein ? Cassé ?" in text
    assert "B-015" not in text


@pytest.mark.parametrize(
    ("name", "printed"),
    [("Hɔ̀nmɛ̀", "Honme"), ("Ọ̀wọ̀", "Owo"), ("Élysée", "Élysée"), ("市场", "??"), ("a\tb", "ab"), ("Ɖekɔ", "Deko")],
)
def test_letters_that_no_printer_has_become_the_nearest(name: str, printed: str) -> None:
    assert plain(name) == printed


def test_long_ids_stay_on_their_label() -> None:
    """64 letters are the longest id there is: wrapped, none lost."""
    long = "A" * 30 + "-" + "B" * 33
    document = pypdfium2.PdfDocument(pdf_of([label(1)._replace(number=long)], "x"))
    text = document[0].get_textpage().get_text_range()
    assert "".join(text.split()).count("A" * 5) >= 4
    assert sum(letter == "B" for letter in text) >= 33
