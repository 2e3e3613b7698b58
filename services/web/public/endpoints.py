"""The page for the municipality, the press and the residents. No login, no cookie, no script needed."""

from datetime import date

from fastapi import APIRouter, Request, Response

from services.city.registry import City
from services.ledger.metered import Metered
from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.figures.coverage import Covered, find_coverage
from services.web.figures.litres import read_metered
from services.web.figures.period import Period, zone_shares
from services.web.public import store
from services.web.public.badge import draw_badge
from services.web.public.chart import draw_chart
from services.web.public.report import Report, draw_report
from services.web.public.trend import draw_trend, last_of, read_months, read_period
from services.web.public.zones import draw_zone_map
from services.web.rendering.catalogue import LANGUAGES, texts_in
from services.web.rendering.pages import get_page
from services.web.rendering.pdf import pdf_answer
from services.web.rendering.problems import NotFound
from services.web.rendering.words import Words
from services.web.requests.deps import WithDeps, WithStore

router = APIRouter(include_in_schema=False)

CACHE = "public, max-age=60"  # the ledger changes once a day; a shared link must not weigh on the store


@router.get("/badge.svg")
def badge(request: Request, deps: WithDeps, connection: WithStore, city: str | None = None) -> Response:
    """The latest month in one line, to stand on other people's pages: an image, with no script and no cookie."""
    chosen = chosen_city(connection, city)
    months = store.list_savings_months(connection, chosen.id)
    page = get_page(request)
    words, texts = page.words_for(request, chosen), page.texts_for(request)
    period = read_period(connection, chosen, months[-1]) if months else Period(deps.clock.now().date(), ())
    headers = {"Cache-Control": CACHE, "Vary": "Accept-Language, Cookie"}
    return Response(draw_badge(chosen, period, texts, words), media_type="image/svg+xml", headers=headers)


@router.get("/")
def public_page(
    request: Request, deps: WithDeps, connection: WithStore, city: str | None = None, mois: str | None = None
) -> Response:
    cities = shared.list_cities(connection)
    page = get_page(request)
    if not cities:
        return page.render(request, "public/empty.html")
    chosen = next((c for c in cities if c.id == city), None) if city else cities[0]
    if chosen is None:
        raise NotFound
    months = store.list_savings_months(connection, chosen.id)
    month = _chosen_month(mois, months)
    period = read_period(connection, chosen, month) if month else Period(deps.clock.now().date(), ())
    days = period.days
    zones = shared.list_zones(connection, chosen.id)
    shares = zone_shares(zones, days[-1] if days else None)
    names = {zone["zone_id"]: zone["name"] for zone in zones}
    basemap = deps.basemaps.streets(chosen.id) or shared.find_basemap(connection, chosen.id)
    response = page.render(
        request,
        "public/page.html",
        city=chosen,
        cities=cities,
        period=period,
        months=months,
        month=month,
        previous=_neighbour(months, month, -1),
        following=_neighbour(months, month, 1),
        chart=draw_chart(days),
        trend=draw_trend(read_months(connection, chosen, deps.months)),
        shares=shares,
        zone_map=draw_zone_map(zones, shares, basemap),
        metered=_metered(connection, chosen, period),
        population=sum(zone["population"] for zone in zones),
        covered=find_coverage(connection, chosen.id, names),
        zone_names=names,
    )
    response.headers["Cache-Control"] = CACHE
    return response


@router.get("/rapport/{city}/{month}.pdf")
def report_pdf(
    request: Request, deps: WithDeps, connection: WithStore, city: str, month: str, langue: str | None = None
) -> Response:
    """A month's report on A4, in the reader's language or the one that the address names.

    The same for everybody, and the same again until the ledger says something else of the month.
    """
    chosen = chosen_city(connection, city)
    asked = _chosen_month(month, store.list_savings_months(connection, chosen.id))
    period = read_period(connection, chosen, asked) if asked else None
    if asked is None or period is None or not period.days:
        raise NotFound
    zones = shared.list_zones(connection, chosen.id)
    names = {zone["zone_id"]: zone["name"] for zone in zones}
    told = store.list_coverage(connection, {"city": chosen.id, "first": asked, "last": last_of(asked)})
    report = Report(
        city=chosen,
        period=period,
        months=[row for row in read_months(connection, chosen, deps.months) if row.month <= asked],
        shares=zone_shares(zones, period.days[-1]),
        covered=Covered(told[-1], names) if told else None,
        metered=_metered(connection, chosen, period),
        zone_names=names,
        made_at=max(line.computed_at for day in period.days for line in day.lines),
    )
    texts = next((texts_in(name) for name in LANGUAGES if name == langue), get_page(request).texts_for(request))
    answer = pdf_answer(f"{chosen.id}-{month}", draw_report(report, texts, Words(texts, chosen.zone_info)), CACHE)
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


def _metered(connection: Connection, city: City, period: Period) -> Metered | None:
    lines = [line for day in period.days for line in day.lines]
    return read_metered(connection, city, lines, period.month, last_of(period.month)) if lines else None


def _chosen_month(wish: str | None, months: list[date]) -> date | None:
    """The month asked for as `2026-11`, else the latest that the ledger knows."""
    if wish is not None:
        found = next((month for month in months if month.strftime("%Y-%m") == wish), None)
        if found is None:
            raise NotFound
        return found
    return months[-1] if months else None


def _neighbour(months: list[date], month: date | None, step: int) -> date | None:
    if month is None:
        return None
    index = months.index(month) + step
    return months[index] if 0 <= index < len(months) else None


def chosen_city(connection: Connection, wish: str | None) -> City:
    """The city asked for, else the first."""
    cities = shared.list_cities(connection)
    city = next((c for c in cities if wish is None or c.id == wish), None)
    if city is None:
        raise NotFound
    return city
