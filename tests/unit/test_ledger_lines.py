"""Lines of the ledger: ids made of what was computed, a reason each, a chain that nobody can change unseen."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.contracts.ledger import LineReason, PlanCounted, SavingsComputed
from services.ledger.lines import line_after
from services.ledger.savings import ARITHMETIC
from tests.support.web_seed import savings_day

NOW = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)
PLANS = (PlanCounted(plan_id=UUID(int=1), registry_version=3),)


def computed(**changes: Any) -> SavingsComputed:
    """What the ledger computed of a day, not yet a line."""
    usual = {"arithmetic": ARITHMETIC, "registry_version": 3, "plans": PLANS, "computed_at": NOW, "finished": False}
    return savings_day(date(2026, 11, 2)).model_copy(update=usual | changes)


def first_line() -> SavingsComputed:
    line = line_after(None, computed())
    assert line is not None
    return line


def test_first_line_of_a_day() -> None:
    line = first_line()
    assert (line.number, line.follows, line.reasons) == (1, None, ("first",))
    assert line.driven == computed().driven


def test_computed_twice_from_the_same_is_one_line() -> None:
    """A ledger that died between Kafka and its next look computes it again, later: the same id, so it counts once."""
    again = line_after(None, computed(computed_at=NOW + timedelta(hours=1)))
    assert again is not None
    assert again.computation_id == first_line().computation_id
    assert line_after(first_line(), computed(computed_at=NOW + timedelta(hours=1))) is None


def test_what_was_stored_and_read_is_the_same_content() -> None:
    """Through JSON and back nothing becomes other: else each look would write a line."""
    stored = SavingsComputed.model_validate_json(first_line().to_bytes())
    assert line_after(stored, computed()) is None


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"confirmations": 35}, ("events",)),
        ({"fixes": 900}, ("events",)),
        ({"emptyings": 12}, ("events",)),
        ({"latest_fix_at": NOW}, ("events",)),
        ({"finished": True}, ("day_over",)),
        ({"finished": True, "fixes": 900}, ("day_over", "events")),
        ({"plan_id": UUID(int=9)}, ("plan",)),
        ({"plans": (*PLANS, PlanCounted(plan_id=UUID(int=2), registry_version=3))}, ("plan",)),
        ({"registry_version": 4}, ("registry",)),
        ({"arithmetic": ARITHMETIC + 1}, ("arithmetic",)),
        ({"road_factor": 1.07}, ("roads",)),
    ],
)
def test_a_further_line_says_why(changes: dict[str, Any], reasons: tuple[LineReason, ...]) -> None:
    """Whatever of that which it is made of has become other; what is left is the roads."""
    line = line_after(first_line(), computed(**changes))
    assert line is not None
    assert line.reasons == reasons
    assert (line.number, line.follows) == (2, first_line().computation_id)


def test_a_day_that_goes_back_to_earlier_figures_has_a_further_line() -> None:
    """Sent, sent again, and back: the third line says what the first says, and is the third."""
    lines: list[SavingsComputed] = []
    for plan_id in (UUID(int=1), UUID(int=2), UUID(int=1)):
        line = line_after(lines[-1] if lines else None, computed(plan_id=plan_id))
        assert line is not None
        lines.append(line)
    assert [line.number for line in lines] == [1, 2, 3]
    assert len({line.computation_id for line in lines}) == 3


def test_line_of_the_former_release_is_followed_for_the_arithmetic_alone() -> None:
    """What lines of then did not say is no event that came since."""
    old = computed(arithmetic=1, registry_version=None, plans=(), finished=True)
    line = line_after(old, computed(finished=True, fixes=900, emptyings=12))
    assert line is not None
    assert line.reasons == ("arithmetic",)
