"""The web application: its faces and one API over the same store and stream."""

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from services.operations.web_meter import WebMeter
from services.web.api_docs import endpoints as api_docs
from services.web.calendar import endpoints as calendar
from services.web.container import endpoints as container
from services.web.contract import endpoints as contract
from services.web.driver import api as driver_api
from services.web.driver import endpoints as driver_pages
from services.web.login import account, halfway, invitations, journal, oidc, people, telephones
from services.web.login import endpoints as login
from services.web.maps import endpoints as maps
from services.web.municipality import endpoints as municipality
from services.web.municipality import sharing
from services.web.ngsi_ld import endpoints as ngsi_ld
from services.web.ngsi_ld import problems as ngsi_problems
from services.web.operator import api as operator_api
from services.web.operator import (
    change_api,
    change_pages,
    circuit_files,
    comparing,
    day_pages,
    downloads,
    guide,
    live_api,
    opened,
    playback,
    search,
)
from services.web.operator import endpoints as operator_pages
from services.web.presence import endpoints as presence
from services.web.public import endpoints as public_pages
from services.web.public import open_data
from services.web.registry import endpoints as registry
from services.web.registry import import_pages, label_pages
from services.web.rendering import problems
from services.web.rendering.assets import Assets
from services.web.rendering.pages import Page
from services.web.reports import endpoints as reports
from services.web.reports import open311, sms
from services.web.reports.heard import ReportDoors
from services.web.requests import health
from services.web.requests.deps import Deps
from services.web.requests.flood_guard import FloodGuard
from services.web.requests.security import Guard
from services.web.requests.tracing import API, Traced, Unforeseen
from services.web.streets import endpoints as streets
from services.web.technician import endpoints as technician

DESCRIPTION = """Plan a city's waste rounds, send them to the drivers, follow them, and read what they saved.

Log in with `POST /api/v1/session`; send the answer's `csrf` as the header `X-CSRF-Token` with every order.
Orders are answered 202 once Kafka has confirmed them; 503 with `Retry-After` means: nothing is lost, try again.
What cannot be read is answered 422, with `errors`: where, and what is expected."""


def make_app(deps: Deps, assets: Assets | None = None, meter: WebMeter | None = None) -> FastAPI:
    """The application over real or in-memory adapters."""
    app = FastAPI(
        title="Tournée",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    page = Page(assets or Assets())
    app.state.deps = deps
    meter = meter or WebMeter()
    meter.logins = deps.limits.outcomes
    app.state.page = page
    app.state.servers = health.servers(deps)
    app.state.live = live_api.live_of(deps)
    app.state.report_doors = ReportDoors(deps.stream)
    problems.install(app)
    ngsi_problems.install(app)
    app.add_middleware(Unforeseen, answer=app.exception_handlers[Exception])
    app.add_middleware(FloodGuard, deps=deps, answer=app.exception_handlers[problems.WebProblem])
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_middleware(Guard, over_https=deps.over_https)
    app.add_middleware(Traced, meter=meter)

    v1 = APIRouter(prefix=API)
    for router in (
        login.api,
        account.api,
        telephones.api,
        operator_api.router,
        change_api.router,
        live_api.router,
        playback.router,
        driver_api.router,
        circuit_files.router,
        downloads.router,
        container.api,
        maps.api,
        municipality.api,
        contract.api,
        open_data.router,
        calendar.api,
        technician.api,
        streets.api,
    ):
        v1.include_router(router)
    app.include_router(v1)
    for router in (
        public_pages.router,
        calendar.router,
        ngsi_ld.router,
        open_data.pages,
        operator_pages.router,
        opened.router,
        guide.router,
        change_pages.router,
        comparing.router,
        day_pages.router,
        search.router,
        container.pages,
        driver_pages.router,
        login.pages,
        municipality.pages,
        contract.pages,
        sharing.pages,
        account.pages,
        people.pages,
        journal.pages,
        invitations.pages,
        halfway.pages,
        oidc.pages,
        telephones.pages,
        technician.pages,
        label_pages.router,
        import_pages.router,
        registry.router,
        presence.router,
        streets.router,
        reports.router,
        open311.router,
        open311.media,
        sms.router,
        api_docs.router,
        maps.pages,
        health.router,
        page.assets.router(),
    ):
        app.include_router(router)
    return app
