"""The roll call: trucks and crews ticked off. Who is absent stays out of every plan until ticked again."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.contracts import topics
from services.contracts.presence import PresenceSaid
from services.web.entry.security_log import audit
from services.web.figures.days import next_service_day
from services.web.presence.store import PresenceRow, is_said, list_presence
from services.web.rendering.pages import get_page
from services.web.rendering.problems import WrongInput
from services.web.requests.deps import WithDeps, WithStore, WithTransaction
from services.web.requests.fleets import choose_fleet
from services.web.requests.guards import OperatorSession, SessionCity, WithTokens, check_csrf
from services.web.requests.stream import publish_all
from services.web.requests.waiting import wait_until

router = APIRouter(include_in_schema=False)

MOST_TRUCKS = 2000
LONGEST_REASON = 200


@dataclass(frozen=True)
class Called:
    """The form. What is ticked is there; what it shows and nobody ticked is not."""

    token: str
    call_id: UUID | None
    """None: it is none of our forms."""
    fleet: str | None
    shown: Sequence[str]
    trucks: frozenset[str]
    crews: frozenset[str]
    reasons: dict[str, str]


async def read_called(request: Request) -> Called:
    """Before any connection is taken."""
    async with request.form(max_files=0, max_fields=4 * MOST_TRUCKS) as form:
        fields = [(name, value.replace("\0", "")) for name, value in form.multi_items() if isinstance(value, str)]
    alone = dict(fields)
    call_id = None
    with suppress(ValueError):
        call_id = UUID(alone.get("call_id", ""))
    return Called(
        token=alone.get("csrf_token", ""),
        call_id=call_id,
        fleet=alone.get("flotte") or None,
        shown=[value for name, value in fields if name == "shown"],
        trucks=frozenset(value for name, value in fields if name == "truck"),
        crews=frozenset(value for name, value in fields if name == "crew"),
        reasons={
            name.removeprefix("why."): " ".join(value.split())[:LONGEST_REASON]
            for name, value in fields
            if name.startswith("why.")
        },
    )


@router.get("/presences")
def presence_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    flotte: str | None = None,
    note: int | None = None,
) -> Response:
    """`note`: how many changes were just noted."""
    choice = choose_fleet(connection, city, flotte)
    csrf, now = tokens.csrf(session.nonce), deps.clock.now()
    rows = list_presence(connection, city.id, choice.chosen.id)
    return get_page(request).render(
        request, "presence/page.html", city=city, session=session, csrf=csrf, choice=choice, rows=rows,
        call_id=uuid4(),
        absent=sum(is_absent(row) for row in rows), day=next_service_day(city, now), noted=note,
        there=sum(row["in_service"] and not is_absent(row) for row in rows),
    )  # fmt: skip


@router.post("/presences")
def presence_form(
    called: Annotated[Called, Depends(read_called)], session: OperatorSession, city: SessionCity, deps: WithDeps,
    tokens: WithTokens, transaction: WithTransaction,
) -> Response:  # fmt: skip
    """Only what differs from what was said before is an event: a form sent twice says nothing new."""
    check_csrf(called.token, session, tokens)
    if called.call_id is None:
        raise WrongInput
    choice = choose_fleet(transaction.connection, city, called.fleet)
    rows = list_presence(transaction.connection, city.id, choice.chosen.id)
    now = deps.clock.now()
    said = [
        PresenceSaid(
            presence_id=uuid5(called.call_id, row["truck_id"]), city=city.id, truck=row["truck_id"],
            truck_there=truck, crew_there=crew, reason=reason, said_by=session.login, said_at=now,
        )
        for row, truck, crew, reason in _differing(called, rows)
    ]  # fmt: skip
    if said:
        absent = [each.truck for each in said if not (each.truck_there and each.crew_there)]
        audit(
            transaction.connection, city.id, session.login, "presence said", now, fleet=choice.chosen.id,
            absent=" ".join(absent), there=" ".join(each.truck for each in said if each.truck not in absent),
        )  # fmt: skip
    transaction.end()
    for each in said:
        publish_all(deps.stream, topics.PRESENCE, topics.key(city.id, each.truck), [each])

    def is_stored() -> bool:
        with deps.looking() as connection:
            return is_said(connection, city.id, [each.presence_id for each in said])

    wait_until(is_stored)
    query = f"?note={len(said)}" + (f"&flotte={choice.chosen.id}" if choice.are_several else "")
    return RedirectResponse(f"/presences{query}", status_code=303)


def is_absent(row: PresenceRow) -> bool:
    return row["truck_there"] is False or row["crew_there"] is False


def _differing(called: Called, rows: Sequence[PresenceRow]) -> Iterator[tuple[PresenceRow, bool, bool, str]]:
    for row in rows:
        truck_id = row["truck_id"]
        if truck_id not in called.shown:
            continue
        truck, crew = truck_id in called.trucks, truck_id in called.crews
        reason = "" if truck and crew else called.reasons.get(truck_id, "")
        before = (row["truck_there"] is not False, row["crew_there"] is not False, row["reason"] or "")
        if (truck, crew, reason) != before:
            yield row, truck, crew, reason
