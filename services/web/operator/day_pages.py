"""Pages of a day that is under way or over: the ladder, and the end of the day."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.contracts.fields import Day
from services.web.figures.days import today_in
from services.web.operator.day_sheet import read_sheet
from services.web.operator.following import read_day_of, read_ladder, read_panel_of
from services.web.operator.ladder_stops import drawn_stops
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.fleets import choose_fleet
from services.web.requests.guards import OperatorSession, SessionCity, WithTokens

router = APIRouter(include_in_schema=False)


@router.get("/operateur/frise")
def operator_ladder(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    jour: Day | None = None,
    flotte: str | None = None,
    plan: UUID | None = None,
) -> Response:
    """The ladder alone, for the script that follows the day."""
    now = deps.clock.now()
    fleet = choose_fleet(connection, city, flotte).chosen.id
    day = read_day_of(connection, city, fleet, jour, now, deps.wall_now(), plan)
    ladder = read_ladder(deps, connection, city, day)
    if ladder is None:
        raise NotFound
    return get_page(request).render(
        request, "operator/ladder.html", city=city, session=session, ladder=ladder, drawn_stops=drawn_stops, day=day
    )


@router.get("/operateur/bilan")
def day_sheet_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    jour: Day | None = None,
    flotte: str | None = None,
) -> Response:
    """The end of a day: done, not done and why, what it weighed and burnt, what goes to the next."""
    now = deps.clock.now()
    choice = choose_fleet(connection, city, flotte)
    panel = read_panel_of(connection, city, choice.chosen.id, jour or today_in(city, now), now, deps.wall_now())
    day, sheet = panel.day, read_sheet(connection, city, panel) if panel.circuits else None
    return get_page(request).render(
        request, "operator/day_sheet.html", city=city, session=session, csrf=tokens.csrf(session.nonce), choice=choice,
        panel=panel, day=day, sheet=sheet, day_before=day.day - timedelta(days=1),
        day_after=day.day + timedelta(days=1),
    )  # fmt: skip
