"""Short texts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.reports import ReportKind
from services.reports.messages import MOST_CANDIDATES, meaning_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("C-1042 plein", "full"),
        ("Bonjour, le bac C-1042 déborde depuis hier", "full"),
        ("C-1042 PLEINE", "full"),
        ("c-1042 is full", "full"),
        ("camion pas passé C-1042", "missed"),
        ("C-1042 oublié", "missed"),
        ("the truck did not come? C-1042 missed", "missed"),
        ("dépôt sauvage à côté de C-1042", "dump"),
        ("C-1042 plein et dépôt par terre", "dump"),
        ("le bac C-1042 est cassé", "damaged"),
        ("C-1042 plein, ça brûle !", "burning"),
        ("fire at C-1042", "burning"),
        ("C-1042 pas plein", None),
        ("C-1042 not full", None),
        ("le camion est passé C-1042", None),
        ("C-1042", None),
        ("", None),
    ],
)
def test_kind_is_a_word_of_the_list(text: str, kind: ReportKind | None) -> None:
    """With or without accents; of several the most pressing; what is denied is not said."""
    assert meaning_of(text).kind == kind


@pytest.mark.parametrize(
    ("text", "container"),
    [
        ("C-1042 plein", "c-1042"),
        ("plein c1042", "c-1042"),
        ("C 1042 plein", "c-1042"),
        ("bac n° COT-0412 : plein", "cot-0412"),
        ("plein 1042.", "1042"),
    ],
)
def test_number_is_found_as_it_may_be_written(text: str, container: str) -> None:
    assert container in meaning_of(text).containers


def test_language_is_that_of_the_words() -> None:
    """French where nothing tells."""
    assert [meaning_of(text).language for text in ("C-1 plein", "C-1 full", "C-1", "the container C-1")] == [
        "fr", "en", "fr", "en",
    ]  # fmt: skip


def test_id_of_a_report_asks_after_it() -> None:
    assert meaning_of("suivi 7k3m9-q2x1a").report == "7K3M9Q2X1A"
    assert meaning_of("suivi YFXGYTRSQV").report == meaning_of("yfxgy-trsqv").report == "YFXGYTRSQV"
    assert meaning_of("les conteneurs containers").report is None


@given(st.text(max_size=400))
def test_any_text_means_something_or_nothing(text: str) -> None:
    """No text breaks it, and none makes it ask the store for long."""
    assert len(meaning_of(text).containers) <= MOST_CANDIDATES
