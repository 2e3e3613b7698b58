"""Labels: each container's own code, and nothing of a name that is markup."""

import re
from pathlib import Path

import segno

from services.reports.labels import ON_A_SHEET, SHEETS_IN_A_FILE, label_of, page_of, write_labels
from services.reports.store import Place


def place(number: int, name: str = "Marché") -> Place:
    return Place(f"C-{number:04}", name, 2.4, 6.3, "Akpakpa")


def test_code_opens_the_page_of_its_container() -> None:
    """The drawing is the one of that very link."""
    label = label_of("cotonou", place(1042), "https://tournee.example.org/")
    assert label.link == "https://tournee.example.org/signaler/cotonou/C-1042"
    expected = re.search(r'd="(M[^"]+)"', segno.make(label.link, error="q", micro=False).svg_inline(border=3))
    assert expected
    assert expected[1] in page_of([label])


def test_names_are_text_and_texts_are_offered_where_they_are_taken() -> None:
    page = page_of([label_of("cotonou", place(1, "<script>"), "https://t.example", sms="+229 01")])
    assert "<script>" not in page
    assert "SMS +229 01 : C-0001 plein" in page
    assert "SMS" not in page_of([label_of("cotonou", place(1), "https://t.example")])


def test_large_city_has_several_files(tmp_path: Path) -> None:
    """400 to a file: 401 containers are two."""
    count = ON_A_SHEET * SHEETS_IN_A_FILE + 1
    files = write_labels(tmp_path, [label_of("cotonou", place(n), "https://t.example") for n in range(count)])
    assert [file.name for file in files] == ["labels-001.html", "labels-002.html"]
    assert files[0].read_text(encoding="utf-8").count('<section class="sheet">') == SHEETS_IN_A_FILE
