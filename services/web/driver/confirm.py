"""Taking the phone's outbox: parsed one by one, stamped, and safe in Kafka before the phone may forget it."""

from typing import Any

from pydantic import ValidationError

from services.contracts import topics
from services.contracts.confirmations import ConfirmVisit, VisitConfirmed
from services.contracts.fields import ONLY_FLEET
from services.web.driver.store import find_plan_fleets, find_truck_fleet
from services.web.entry.tokens import Session
from services.web.rendering.problems import WrongInput
from services.web.requests.deps import Deps
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction

MOST_AT_ONCE = 500


def parse_confirmations(entries: list[Any]) -> list[ConfirmVisit]:
    """Every entry, or the faults of every wrong one: the phone sets those aside and sends the rest.

    Raises:
        WrongInput: names index, id and field of what is wrong; nothing was taken.
    """
    if len(entries) > MOST_AT_ONCE:
        raise WrongInput("too_many", errors=[{"where": ["body"], "message": f"at most {MOST_AT_ONCE} at once"}])
    orders, faults = [], []
    for index, entry in enumerate(entries):
        try:
            orders.append(ConfirmVisit.model_validate(entry))
        except ValidationError as error:
            # Said back so that the phone finds its report; what is no text at all, it cannot have.
            entry_id = entry.get("id") if isinstance(entry, dict) else None
            entry_id = entry_id if isinstance(entry_id, str) else None
            faults += [
                {"index": index, "id": entry_id, "where": ["body", index, *fault["loc"]], "message": fault["msg"]}
                for fault in error.errors()
            ]
    if faults:
        raise WrongInput(errors=faults)
    return orders


def record_confirmations(deps: Deps, transaction: Transaction, session: Session, orders: list[ConfirmVisit]) -> int:
    """Put the crew's reports into Kafka, in order; the request's transaction ends before.

    City and truck are the session's, whatever the phone says. The fleet is that of the plan which a report answers, be
    it of yesterday; of a plan that nobody knows, the truck's.
    """
    connection, truck = transaction.connection, session.truck or ""
    fleets = find_plan_fleets(connection, session.city, {order.plan_id for order in orders})
    usual = find_truck_fleet(connection, session.city, truck) or ONLY_FLEET
    transaction.end()
    received_at = deps.clock.now()
    confirmed = [
        VisitConfirmed(
            **order.model_dump(exclude={"happened_at"}),
            # A phone whose clock is ahead must not lose its day.
            happened_at=min(order.happened_at, received_at),
            city=session.city,
            fleet=fleets.get(order.plan_id, usual),
            truck=truck,
            driver=session.login,
            received_at=received_at,
        )
        for order in orders
    ]
    publish_all(deps.stream, topics.CONFIRMATIONS, topics.key(session.city, truck), confirmed)
    return len(confirmed)
