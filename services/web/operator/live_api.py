"""The day as server-sent events, for pages that stay open."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from services.contracts.fields import Day
from services.errors import StoreAway
from services.web.figures import store as shared
from services.web.operator.day import read_day
from services.web.operator.live import Live, Scope
from services.web.operator.schemas import DayState
from services.web.requests.deps import Deps
from services.web.requests.fleets import AskedFleet
from services.web.requests.guards import OperatorSession, SessionCity

router = APIRouter(tags=["operator"])

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "events `state`, `change`, `away`, `back`, `here`"},
}


def live_of(deps: Deps) -> Live:
    """The channels of a process, over its store and clock."""

    def read(scope: Scope) -> DayState:
        with deps.looking() as connection:
            city = shared.find_city(connection, scope.city)
            if city is None:
                raise StoreAway(f"{scope.city} is no city any more")
            now = deps.clock.now()
            return read_day(connection, city, scope.fleet, scope.day, now, deps.wall_now()).state()

    return Live(read, deps.turns)


@router.get("/live", response_class=StreamingResponse, responses=EVENTS)
async def get_live(
    request: Request,
    _session: OperatorSession,
    city: SessionCity,
    fleet: AskedFleet,
    day: Day,
    last_event_id: Annotated[str, Header(max_length=64)] = "",
    last: Annotated[str, Query(max_length=64)] = "",
) -> StreamingResponse:
    """A fleet's day, at once and then whenever it changes, for two minutes.

    `change` holds the fields that changed; of trucks and circuits the rows that did. Come back with `Last-Event-ID` and
    hear what you missed; `last` says the same. `here` comes where nothing else does.
    """
    live: Live = request.app.state.live
    scope = Scope(city.id, fleet.id, day)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(live.events(scope, last_event_id or last), media_type="text/event-stream", headers=headers)
