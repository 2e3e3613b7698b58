"""The page for the municipality, the press and the residents. No login, no cookie, no script needed."""

from datetime import date, timedelta

from fastapi import APIRouter, Request, Response

from services.city.registry import City
from services.store.connection import Connection
from services.web import store as shared
from services.web.city_days import CityDay
from services.web.deps import WithDeps, WithStore
from services.web.pages import get_page
from services.web.period import Period, zone_shares
from services.web.problems import NotFound
from services.web.public import store
from services.web.public.chart import draw_chart
from services.web.public.zones import draw_zone_map

router = APIRouter(include_in_schema=False)

CACHE = "public, max-age=60"  # the ledger changes once a day; a shared link must not weigh on the store


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
    days, ahead = _days_of(connection, chosen, month) if month else ([], [])
    zones = shared.list_zones(connection, chosen.id)
    shares = zone_shares(zones, days[-1] if days else None)
    basemap = deps.basemaps.streets(chosen.id) or shared.find_basemap(connection, chosen.id)
    response = page.render(
        request,
        "public/page.html",
        city=chosen,
        cities=cities,
        period=Period(month or deps.clock.now().date(), days, ahead, chosen.service.period_days),
        months=months,
        month=month,
        previous=_neighbour(months, month, -1),
        following=_neighbour(months, month, 1),
        chart=draw_chart(days),
        shares=shares,
        zone_map=draw_zone_map(zones, shares, basemap),
        population=sum(zone["population"] for zone in zones),
        zone_names={zone["zone_id"]: zone["name"] for zone in zones},
    )
    response.headers["Cache-Control"] = CACHE
    return response


def _days_of(connection: Connection, city: City, month: date) -> tuple[list[CityDay], list[CityDay]]:
    """A month's, and those after it that decide what of its last days counts."""
    last = _last_of(month)
    days = store.list_city_days(connection, city.id, month, last + timedelta(days=city.service.period_days - 1))
    return [day for day in days if day.day <= last], [day for day in days if day.day > last]


def _chosen_month(wish: str | None, months: list[date]) -> date | None:
    """The month asked for as `2026-11`, else the latest that the ledger knows."""
    if wish is not None:
        found = next((month for month in months if month.strftime("%Y-%m") == wish), None)
        if found is None:
            raise NotFound
        return found
    return months[-1] if months else None


def _last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


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
