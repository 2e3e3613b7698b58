"""What a resident is told at once, and how a report stands."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from services.contracts.reports import ALPHABET, ReportKind, ReportMade, read_report_id, report_id
from services.reports.answering import Answered, Known, answer_to, state_of

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
AT_NINE = NOW - timedelta(minutes=28)
LATER = NOW + timedelta(hours=1)


def test_container_just_emptied_is_answered_with_the_time() -> None:
    """The crew confirmed it at 09:12, the resident reports it full at 09:40: within two hours."""
    assert answer_to("full", Known(emptied_at=AT_NINE), NOW) == Answered("just_emptied", AT_NINE)
    assert answer_to("missed", Known(emptied_at=AT_NINE), NOW) == Answered("just_emptied", AT_NINE)


def test_emptying_of_the_morning_answers_nothing_in_the_afternoon() -> None:
    """A market's container is full again by then."""
    assert answer_to("full", Known(emptied_at=NOW - timedelta(hours=2, minutes=1)), NOW).answer == "noted"


def test_container_of_a_circuit_that_was_sent_is_answered() -> None:
    assert answer_to("full", Known(planned_at=LATER), NOW) == Answered("comes_today", LATER)


def test_who_insists_is_noted_whatever_the_crew_said() -> None:
    """Emptied at 09:12, said the crew: a dispute, which somebody has to look at."""
    assert answer_to("full", Known(emptied_at=AT_NINE), NOW, insists=True) == Answered("noted")


@pytest.mark.parametrize("kind", ["dump", "damaged", "burning"])
def test_no_round_settles_a_dump_a_damage_or_a_fire(kind: ReportKind) -> None:
    """A truck that comes today neither repairs nor extinguishes."""
    assert answer_to(kind, Known(emptied_at=AT_NINE, planned_at=LATER), NOW) == Answered("noted")
    assert state_of(kind, "noted", emptied_at=NOW, seen_at=None, planned_at=LATER) == "open"
    assert state_of(kind, "noted", emptied_at=None, seen_at=NOW, planned_at=None) == "done"


def test_report_is_open_answered_and_done() -> None:
    """Open until a circuit is sent that has it; open again where that did not come; done when it is emptied."""

    def state(answer: str = "noted", **known: datetime) -> str:
        nothing = {"emptied_at": None, "seen_at": None, "planned_at": None}
        return state_of("full", answer, **(nothing | known))  # type: ignore[arg-type]

    assert state() == "open"
    assert state(planned_at=LATER) == "answered"
    assert state("comes_today") == "open"
    assert state("just_emptied") == "answered"
    assert state("comes_today", emptied_at=LATER) == "done"
    assert state(seen_at=LATER) == "done"


def test_id_is_the_same_of_the_same_seed_and_read_as_people_write_it() -> None:
    """By heart, over the telephone: small letters, hyphens, O for 0 and l for 1."""
    one = report_id("a seed")
    assert one == report_id("a seed") != report_id("another")
    assert len(one) == 10
    assert set(one) <= set(ALPHABET)
    assert read_report_id(f" {one[:5].lower()}-{one[5:].lower()} ") == one
    assert read_report_id("o123456789") == read_report_id("0l23456789") == "0123456789"
    assert [read_report_id(wrong) for wrong in ("", "012345678", "0123456789A", "012345678U")] == [None] * 4


def test_report_is_of_somewhere_and_its_photo_of_a_size() -> None:
    """A container, a place, or an address; a photo comes as base64 and is bounded."""
    made = {"id": "0123456789", "city": "cotonou", "kind": "dump", "door": "page", "made_at": NOW}
    with pytest.raises(ValidationError, match="of a place"):
        ReportMade.model_validate(made | {"lon": 2.4})
    assert ReportMade.model_validate(made | {"lon": 2.4, "lat": 6.3}).container is None
    photo = ReportMade.model_validate(made | {"container": "C-1", "photo": b64encode(b"\xff" * 200_000)})
    assert ReportMade.model_validate_json(photo.to_bytes()) == photo
    with pytest.raises(ValidationError):
        ReportMade.model_validate(made | {"container": "C-1", "photo": b64encode(b"\xff" * 200_001)})
