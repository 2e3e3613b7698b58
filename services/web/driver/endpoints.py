"""The driver's page: works online without JavaScript, and with it for a whole shift without a network."""

from datetime import date
from typing import Annotated, Any, get_args
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from services.city.registry import City
from services.contracts.confirmations import SkipReason
from services.contracts.fields import Day
from services.web.driver import store
from services.web.driver.circuit import find_sent_circuit, read_driver_circuit
from services.web.driver.confirm import parse_confirmations, record_confirmations
from services.web.entry.tokens import Session
from services.web.figures.days import today_in
from services.web.rendering.pages import get_page
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.guards import DriverSession, SessionCity, WithTokens, check_csrf
from services.web.requests.waiting import wait_until

router = APIRouter(include_in_schema=False)

MODULES = (
    "driver/app.js", "driver/drawing.js", "driver/outbox.js", "driver/places.js", "driver/said.js",
    "driver/screens.js", "driver/sender.js", "driver/way.js", "words.js",
)  # fmt: skip
"""Of the page's script: named at once, for on a weak network each import that names the next costs a round trip."""

KEPT_OFFLINE = (
    *MODULES, "driver/first.js", "base.css", "driver/driver.css", "fonts.css", "vendor/atkinson-400.woff2",
    "vendor/atkinson-700.woff2", "icon.svg", "driver/pictograms.svg", "driver/manifest.webmanifest",
)  # fmt: skip
"""What the phone keeps to open the page in flight mode, fonts and pictograms included."""


@router.get("/chauffeur")
def driver_page(
    request: Request,
    session: DriverSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    jour: Day | None = None,
) -> Response:
    day = jour or today_in(city, deps.clock.now())
    page = get_page(request)
    language = page.texts_for(request).language
    truck = session.truck or ""
    found = find_sent_circuit(connection, city, truck, day, lines=deps.lines, language=language)
    circuit = read_driver_circuit(connection, city, found, lines=deps.lines, language=language) if found else None
    return page.render(
        request,
        "driver/page.html",
        city=city,
        session=session,
        csrf=tokens.csrf(session.nonce),
        day=day,
        now=deps.clock.now(),
        circuit=circuit,
        new_id=uuid4,
        modules=MODULES,
        reasons=get_args(SkipReason),
        script=_script_values(request, session, city, day, tokens.csrf(session.nonce), deps),
    )


def _script_values(request: Request, session: Session, city: City, day: date, csrf: str, deps: Deps) -> dict[str, Any]:
    texts = get_page(request).texts_for(request)
    return {
        "truck": session.truck,
        "city": city.id,
        "timezone": city.timezone,
        # In a simulated day the phone's clock is not the city's: its reports are stamped with the city's.
        "clock_lead_ms": round((deps.clock.now() - deps.wall_now()).total_seconds() * 1000),
        "day": day.isoformat(),
        "csrf": csrf,
        "language": texts.language,
        "texts": texts.under("driver"),
        "reasons": list(get_args(SkipReason)),
    }


@router.post("/chauffeur/confirmer")
def confirm_form(
    session: DriverSession,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    confirmation_id: Annotated[UUID, Form()],
    plan_id: Annotated[UUID, Form()],
    kind: Annotated[str, Form()],
    place: Annotated[str, Form()],
    outcome: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """One stop, by a plain form. The id was made with the form, so a double press counts once."""
    check_csrf(csrf_token, session, tokens)
    entry = {
        "id": confirmation_id,
        "plan_id": plan_id,
        "kind": kind,
        "place": place,
        "outcome": outcome,
        "reason": reason or None,
        "happened_at": deps.clock.now(),
    }
    record_confirmations(deps, transaction, session, parse_confirmations([entry]))

    def is_stored() -> bool:
        with deps.looking() as connection:
            said = store.list_said(connection, session.city, plan_id, session.truck or "")
        return any(word.place == place for word in said)

    wait_until(is_stored)
    return RedirectResponse(f"/chauffeur#{place}", status_code=303)


@router.get("/chauffeur.js")
def service_worker(request: Request) -> Response:
    """The service worker, from the root because its place decides what it may keep."""
    assets = get_page(request).assets
    kept = [assets.url(name) for name in KEPT_OFFLINE if assets.has(name)]
    code = assets.read("driver/worker.js").replace("__BUILD__", assets.build).replace('"__KEPT__"', repr(kept))
    return PlainTextResponse(code, media_type="text/javascript", headers={"Cache-Control": "no-cache"})
