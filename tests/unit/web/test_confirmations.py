"""The phone's outbox, and what the crew has already said."""

from uuid import uuid4

import pytest

from services.web.driver.confirm import parse_confirmations
from services.web.figures.outcomes import Said, outcomes_of
from services.web.rendering.problems import WrongInput
from tests.support.web_seed import NOW


def _entry(**changes: object) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "plan_id": str(uuid4()),
        "kind": "stop",
        "place": "B-001",
        "outcome": "done",
        "happened_at": NOW.isoformat(),
        **changes,
    }


def test_wrong_entry_is_named_by_index_id_and_field() -> None:
    """The phone sets aside exactly the report that cannot be read, and sends the rest."""
    wrong = _entry(outcome="skipped")  # a skipped stop without a reason
    with pytest.raises(WrongInput) as caught:
        parse_confirmations([_entry(), wrong, _entry(kind="depot")])
    named = {(fault["index"], fault["id"] == wrong["id"], fault["where"][-1]) for fault in caught.value.errors}
    assert named == {(1, True, 1), (2, False, "kind")}


def test_outbox_is_bounded() -> None:
    """501 reports at once are refused whole."""
    with pytest.raises(WrongInput):
        parse_confirmations([_entry() for _ in range(501)])


VISITS = [("depot", "depot"), ("stop", "B-001"), ("stop", "B-002"), ("disposal", "centre"), ("disposal", "centre")]


def test_later_word_on_a_stop_counts() -> None:
    """Skipped because the way was blocked, emptied an hour later: emptied."""
    said = [Said("stop", "B-001", "skipped"), Said("stop", "B-001", "done")]
    assert outcomes_of(VISITS, said) == {1: "done"}


def test_disposal_confirmations_fill_visits_in_order() -> None:
    """One unloading confirms the first of two visits to the site, not both."""
    assert outcomes_of(VISITS, [Said("disposal", "centre", "done")]) == {3: "done"}
