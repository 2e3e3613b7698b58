"""What of an event is told outside, and what is not."""

from datetime import UTC, datetime
from uuid import uuid4

from services.contracts.confirmations import VisitConfirmed
from services.webhook.telling import of_confirmation, of_overflow, of_plan
from tests.support.web_seed import CITY, make_plan

AT = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)


def confirmation(**changes: object) -> VisitConfirmed:
    said = {
        "id": uuid4(), "plan_id": uuid4(), "kind": "stop", "place": "B-001", "outcome": "skipped", "reason": "burning",
        "fill_ratio_seen": 0.7, "happened_at": AT, "city": CITY, "truck": "C-01", "driver": "awa.d",
        "received_at": AT.replace(hour=9),
    }  # fmt: skip
    return VisitConfirmed.model_validate(said | changes)


def test_plan_is_told_in_figures_not_whole() -> None:
    """A plan of a large city is megabytes; who wants it whole asks the API."""
    plan = make_plan()
    told = of_plan(plan)
    data = told.data.model_dump()
    assert (data["circuits"], data["stops"]) == (4, plan.totals.stops)
    assert data["left_out"] == sum(each.due is not None for each in plan.unserved) > 0
    assert data["by_hand"] is False
    assert len(told.data.model_dump_json()) < 600


def test_driver_is_named_to_nobody() -> None:
    said = confirmation()
    told = of_confirmation(said)
    assert told is not None
    assert "awa" not in told.data.model_dump_json()
    assert (told.happened_at, told.known_at) == (said.happened_at, said.received_at)


def test_visit_to_a_disposal_site_is_no_stop() -> None:
    assert of_confirmation(confirmation(kind="disposal", outcome="done", reason=None)) is None


def test_same_fact_has_the_same_id_and_another_another() -> None:
    said = confirmation()
    first, again, other = (of_confirmation(each) for each in (said, said, confirmation()))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.message_id == again.message_id != other.message_id
    assert "." not in first.message_id


def test_overflow_says_where() -> None:
    told = of_overflow(
        {"city": CITY, "container": "B-002", "name": "Marché", "lon": 2.4, "lat": 6.4, "fill_ratio": 1.05,
         "happened_at": AT}
    )  # fmt: skip
    assert told.data.model_dump()["fill_ratio"] == 1.05
    assert told.event == "container.overflowing"
