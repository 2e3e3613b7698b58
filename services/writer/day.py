"""What happens in a day, into the store: plans, dispatches, confirmations, ledger lines. Each counted once."""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.alerts import AlertSeen
from services.contracts.changes import PlanChange
from services.contracts.confirmations import VisitConfirmed
from services.contracts.coverage import CoverageComputed
from services.contracts.fields import Message, MessagePart
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanDispatched, PlanMade, PlanningProgressed
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import JsonDocument
from services.webhook.queueing import queue_confirmations, queue_dispatches, queue_plans
from services.writer.aside import list_theirs, set_aside, take_back
from services.writer.evidence import observation_of, store_observations

SQL = load_queries(__name__)

SCOPE = {"city", "day", "finished"}


def store_planning(connection: Connection, news: Sequence[PlanningProgressed]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["upsert_planning_run"], [_with_document(n) for n in news])


def store_plans(connection: Connection, plans: Sequence[PlanMade]) -> None:
    """Each plan whole, and its circuits and stops as rows for the pages.

    A plan is changed by hand once. Of two changes of the same plan the first counts; the plan of the second is not
    stored, and who made it is told so by whoever looks whether it came.
    """
    fresh = []
    for plan in plans:
        if plan.change is not None and _is_overtaken(connection, plan, plan.change):
            continue
        row = _with_document(plan) | {
            "circuits": plan.totals.circuits,
            "stops": plan.totals.stops,
            "distance_m": plan.totals.distance_m,
            "fuel_l": plan.totals.fuel_l,
        }
        if not connection.execute(SQL["insert_plan"], row).rowcount:
            continue  # an order answered twice: the first answer stands, whole
        if plan.change is not None:
            connection.execute(SQL["insert_plan_change"], _change_row(plan, plan.change))
        with connection.cursor() as cursor:
            cursor.executemany(SQL["insert_circuit"], _circuit_rows(plan))
            cursor.executemany(SQL["insert_stop"], _stop_rows(plan))
        fresh.append(plan)
    queue_plans(connection, fresh)
    look_again(connection, [plan.plan_id for plan in plans])


def store_dispatches(connection: Connection, dispatches: Sequence[PlanDispatched]) -> None:
    """What was sent, and that the ledger has to look at the days."""
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_dispatch"], [d.model_dump() for d in dispatches])
    columns = {"cities": [d.city for d in dispatches], "days": [d.day for d in dispatches]}
    connection.execute(SQL["touch_dispatched_days"], columns)
    queue_dispatches(connection, dispatches)
    look_again(connection, [d.plan_id for d in dispatches])


def look_again(connection: Connection, plans: Sequence[UUID] | None = None) -> int:
    """Let those count that were set aside only because their plan or its dispatch had not come yet; how many.

    Where everything is read from Kafka anew, or several writers share the topics, the order is anybody's guess.
    `plans`: of these alone; None: of all.
    """
    found = take_back(connection, plans)
    if found:
        _store_own(connection, found)
    return len(found)


def store_confirmations(connection: Connection, confirmations: Sequence[VisitConfirmed]) -> int:
    """The confirmations, what they say of their containers, and that the ledger has to look at the days.

    Only those count that are of a visit in a circuit sent to their truck, on its day or the one after. The others are
    set aside and change nothing: a truck's phone must not empty a city.

    Returns:
        How many were set aside.
    """
    theirs = list_theirs(connection, confirmations)
    own = [confirmed for confirmed in confirmations if confirmed.id in theirs]
    if own:
        _store_own(connection, own)
    set_aside(connection, [confirmed for confirmed in confirmations if confirmed.id not in theirs])
    return len(confirmations) - len(own)


def _store_own(connection: Connection, confirmations: Sequence[VisitConfirmed]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_confirmation"], [c.model_dump() for c in confirmations])
    said = {"cities": [c.city for c in confirmations], "instants": [c.happened_at for c in confirmations]}
    connection.execute(SQL["touch_confirmed_days"], {**said, "received_at": max(c.received_at for c in confirmations)})
    store_observations(connection, [told for told in map(observation_of, confirmations) if told is not None])
    queue_confirmations(connection, confirmations)


def store_alerts_seen(connection: Connection, alerts: Sequence[AlertSeen]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_alert_seen"], [alert.model_dump() for alert in alerts])


def store_savings(connection: Connection, lines: Sequence[SavingsComputed]) -> None:
    """Further lines; one that is there stays as it is."""
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_savings_line"], [_with_document(line) for line in lines])
        cursor.executemany(SQL["touch_unfinished_day"], [line.model_dump(include=SCOPE) for line in lines])


def store_coverage(connection: Connection, lines: Sequence[CoverageComputed]) -> None:
    """Further lines; one that is there stays as it is."""
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_coverage_line"], [_with_document(line) for line in lines])


def _with_document(message: Message) -> dict[str, object]:
    """The message's plain fields, and the whole of it as `document`."""
    plain = {k: v for k, v in message.__dict__.items() if not isinstance(v, MessagePart | tuple)}
    return plain | {"document": JsonDocument(message.model_dump(mode="json"))}


def _is_overtaken(connection: Connection, plan: PlanMade, change: PlanChange) -> bool:
    asked = {"parent": change.parent, "plan_id": plan.plan_id}
    return connection.execute(SQL["find_other_change"], asked).fetchone() is not None


def _change_row(plan: PlanMade, change: PlanChange) -> dict[str, object]:
    return {
        "plan_id": plan.plan_id,
        "parent": change.parent,
        "root": plan.by_hand.root or change.parent,
        "city": plan.city,
        "fleet": plan.fleet,
        "day": plan.day,
        "changed_by": change.changed_by,
        "changed_at": change.changed_at,
        "document": JsonDocument(change.model_dump(mode="json")),
    }


def _circuit_rows(plan: PlanMade) -> list[dict[str, object]]:
    of_plan = {"plan_id": plan.plan_id, "city": plan.city, "day": plan.day}
    return [
        of_plan | c.model_dump(include={"number", "truck", "distance_m", "fuel_l", "duty_s"}) for c in plan.circuits
    ]


def _stop_rows(plan: PlanMade) -> list[dict[str, object]]:
    return [
        {"plan_id": plan.plan_id, "number": c.number, "sequence": i}
        | visit.model_dump(include={"kind", "place", "start_at", "leave_at"})
        for c in plan.circuits
        for i, visit in enumerate(c.visits)
    ]
