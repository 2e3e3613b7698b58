"""What the writer hands over when it has stored something: into the outbox, where somebody wants to hear of it."""

from collections import defaultdict
from collections.abc import Sequence

from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import PlanDispatched, PlanMade
from services.store.connection import Connection
from services.webhook.store import is_anybody_told, list_circuits, queue
from services.webhook.telling import of_confirmation, of_dispatch, of_plan


def queue_plans(connection: Connection, plans: Sequence[PlanMade]) -> None:
    if plans and is_anybody_told(connection, [plan.city for plan in plans]):
        queue(connection, map(of_plan, plans))


def queue_dispatches(connection: Connection, dispatches: Sequence[PlanDispatched]) -> None:
    """Each circuit of what was sent. Nobody can send a plan that is not stored, so they are there."""
    if not is_anybody_told(connection, [sent.city for sent in dispatches]):
        return
    circuits = defaultdict(list)
    for circuit in list_circuits(connection, [sent.plan_id for sent in dispatches]):
        circuits[circuit["plan_id"]].append(circuit)
    queue(connection, (of_dispatch(sent, circuit) for sent in dispatches for circuit in circuits[sent.plan_id]))


def queue_confirmations(connection: Connection, confirmations: Sequence[VisitConfirmed]) -> None:
    """Those that count; what was set aside is told to nobody."""
    if is_anybody_told(connection, [said.city for said in confirmations]):
        queue(connection, map(of_confirmation, confirmations))
