"""What lies in Kafka and in the store from before there were fleets is read as the only fleet's."""

from typing import Any

import pytest

from services.contracts.confirmations import VisitConfirmed
from services.contracts.fields import ONLY_FLEET, Message
from services.contracts.planning import PlanDay, PlanDispatched, PlanMade, PlanningProgressed
from tests.support.web_seed import make_plan

ID = "5f0f6f0a-93a6-4a44-9a27-6f7ed7a3f0c1"
AT = "2026-11-22T03:30:00Z"
OF_A_DAY = {"city": "cotonou", "day": "2026-11-22"}


def old_plan() -> dict[str, Any]:
    plan = make_plan().model_dump(mode="json")
    del plan["fleet"]
    return plan


OLD: list[tuple[type[Message], dict[str, Any]]] = [
    (PlanDay, OF_A_DAY | {"request_id": ID, "as_of": AT, "time_limit_s": 30.0, "seed": 1, "ordered_by": "morning",
                          "ordered_at": AT}),
    (PlanningProgressed, OF_A_DAY | {"request_id": ID, "state": "started", "elapsed_s": 0.0, "time_limit_s": 30.0,
                                     "happened_at": AT}),
    (PlanDispatched, OF_A_DAY | {"dispatch_id": ID, "plan_id": ID, "dispatched_by": "awa", "dispatched_at": AT}),
    (VisitConfirmed, {"id": ID, "plan_id": ID, "kind": "stop", "place": "B-001", "outcome": "done", "happened_at": AT,
                      "city": "cotonou", "truck": "T-1", "driver": "T-1", "received_at": AT}),
    (PlanMade, old_plan()),
]  # fmt: skip


@pytest.mark.parametrize(("contract", "document"), OLD, ids=[contract.__name__ for contract, _ in OLD])
def test_message_without_a_fleet_is_of_the_only_one(contract: type[Message], document: dict[str, Any]) -> None:
    """An upgrade in the middle of a day loses none of its orders, plans and confirmations."""
    assert contract.model_validate(document).model_dump()["fleet"] == ONLY_FLEET
