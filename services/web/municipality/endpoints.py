"""The municipality's pages: a month day by day, and a day's sheet. Both print; neither needs a script."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from services.city.assumed import KG_A_PERSON_DAY
from services.city.registry import City
from services.contracts.fields import Day
from services.contracts.ledger import DayFigures
from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.figures.coverage import find_coverage
from services.web.figures.days import today_in
from services.web.figures.litres import read_fuel_tests, read_metered
from services.web.figures.period import Period, zone_shares
from services.web.municipality import store
from services.web.municipality.days import MonthDay, last_of, month_of, read_days
from services.web.municipality.sdg import read_sdg_sheet
from services.web.municipality.sheet import read_sheet
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.rendering.tables import csv_answer
from services.web.requests.deps import Deps, WithDeps, WithStore
from services.web.requests.guards import OfficeSession, SessionCity, WithTokens

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["downloads"])

COLUMNS = (
    "day", "state", "planned_circuits", "planned_stops", "planned_distance_m", "planned_fuel_l", "driven_from",
    "driven_stops", "driven_distance_m", "driven_fuel_l", "baseline_stops", "baseline_distance_m", "baseline_fuel_l",
    "fuel_saved_l", "served_people", "population", "simulated",
)  # fmt: skip
FUEL_COLUMNS = ("truck", "first", "last", "fillings", "modelled_l", "metered_l", "off_ratio")
MONTH = timedelta(days=31)
PATHS: Mapping[str, Any] = {
    "shared": None,
    "month_path": "/municipalite?mois=",
    "day_path": "/municipalite/journee?jour=",
}
"""Where the office's own pages lead."""


@pages.get("/municipalite")
def municipality_page(
    request: Request,
    session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    mois: str | None = None,
) -> Response:
    """The month that is asked for as `2026-11`, else the one under way."""
    return get_page(request).render(
        request, "municipality/page.html", city=city, session=session, csrf=tokens.csrf(session.nonce), **PATHS,
        **month_values(connection, deps, city, mois),
    )  # fmt: skip


def month_values(connection: Connection, deps: Deps, city: City, wish: str | None) -> dict[str, Any]:
    """What the page of a month shows.

    Raises:
        NotFound: nothing is known of that month.
    """
    today = today_in(city, deps.clock.now())
    months = store.list_months(connection, city.id, today)
    month = month_of(wish, months, today)
    if month is None:
        raise NotFound
    days = read_days(connection, city, month, last_of(month), today)
    counted = [day.counted for day in reversed(days) if day.is_published and day.counted]
    after, period_days = last_of(month) + timedelta(days=1), city.service.period_days
    following = read_days(connection, city, after, after + timedelta(days=period_days - 2), today)
    ahead = [day.counted for day in reversed(following) if day.is_published and day.counted]
    zones = shared.list_zones(connection, city.id)
    names = {zone["zone_id"]: zone["name"] for zone in zones}
    lines = [line for day in counted for line in day.lines]
    period = Period(month, counted, ahead, period_days)
    return {
        "month": month,
        "last": last_of(month),
        "days": days,
        "period": period,
        "open_days": [day for day in days if not day.is_published],
        "shares": zone_shares(zones, counted[-1] if counted else None),
        "previous": max((other for other in months if other < month), default=None),
        "following": min((other for other in months if other > month), default=None),
        "most_l": max(map(_most_l, days), default=0.0),
        "metered": read_metered(connection, city, lines, month, last_of(month)),
        "tested": read_fuel_tests(connection, city.id, lines, period.savings),
        "covered": find_coverage(connection, city.id, names),
        "zone_names": names,
    }


@pages.get("/municipalite/journee")
def sheet_page(
    request: Request,
    session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    jour: Day,
) -> Response:
    """What was planned, driven and burnt on a day, circuit by circuit."""
    return get_page(request).render(
        request, "municipality/day.html", city=city, session=session, csrf=tokens.csrf(session.nonce), **PATHS,
        **sheet_values(connection, deps, city, jour),
    )  # fmt: skip


def sheet_values(connection: Connection, deps: Deps, city: City, day: date) -> dict[str, Any]:
    """What a day's sheet shows."""
    now = deps.clock.now()
    return {
        "day": day,
        "sheet": read_sheet(connection, city, day, today_in(city, now)),
        "now": now,
        "day_before": day - timedelta(days=1),
        "day_after": day + timedelta(days=1),
    }


@pages.get("/municipalite/odd")
def sdg_page(
    request: Request,
    session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
) -> Response:
    """The city's figures for SDG indicator 11.6.1, on one sheet."""
    zones = shared.list_zones(connection, city.id)
    covered = find_coverage(connection, city.id, {zone["zone_id"]: zone["name"] for zone in zones})
    population = sum(zone["population"] for zone in zones)
    sheet = read_sdg_sheet(connection, city, population, covered, today_in(city, deps.clock.now()))
    return get_page(request).render(
        request, "municipality/sdg.html", city=city, session=session, csrf=tokens.csrf(session.nonce), sheet=sheet,
        kg_a_person_day=KG_A_PERSON_DAY,
    )  # fmt: skip


def _asked_days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The 31 days up to today, or up to the last that is asked for, unless a first is named."""
    until = last or max(today, first or today)
    return first or until - MONTH, until


@api.get("/days.csv")
def get_days_csv(
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    first: Day | None = None,
    last: Day | None = None,
) -> Response:
    """What was planned and driven, a line a day, published or not: the 31 days up to today unless others are named."""
    today = today_in(city, deps.clock.now())
    days = read_days(connection, city, *_asked_days(first, last, today), today)
    return csv_answer(f"{city.id}-days", COLUMNS, map(_row, reversed(days)))


@api.get("/fuel.csv")
def get_fuel_csv(
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    first: Day | None = None,
    last: Day | None = None,
) -> Response:
    """Metered litres beside modelled ones, a line a truck: over the days from one filling to the next, and no other.

    Of the 31 days up to today unless others are named. `off_ratio` is metered above modelled, as a share of modelled.
    """
    since, until = _asked_days(first, last, today_in(city, deps.clock.now()))
    lines = [line for line in store.list_lines(connection, city.id, since, until) if line.finished]
    found = read_metered(connection, city, lines, since, until)
    rows = [] if found is None else [{**vars(row), "off_ratio": row.off_ratio} for row in found.trucks]
    return csv_answer(f"{city.id}-fuel", FUEL_COLUMNS, rows)


def _row(line: MonthDay) -> dict[str, Any]:
    row: dict[str, Any] = {"day": line.day, "state": line.state}
    if line.planned:
        row |= {f"planned_{name}": value for name, value in vars(line.planned).items()}
    if line.counted:
        sides: dict[str, DayFigures | None] = {"driven": line.counted.driven, "baseline": line.counted.baseline}
        for side, figures in sides.items():
            if figures:
                row |= {f"{side}_{name}": getattr(figures, name) for name in ("stops", "distance_m", "fuel_l")}
        kept = ("driven_from", "fuel_saved_l", "served_people", "population", "simulated")
        row |= {name: getattr(line.counted, name) for name in kept}
    return row


def _most_l(line: MonthDay) -> float:
    """The most litres that a bar of the day stands for."""
    sides = (line.planned, line.counted and line.counted.driven, line.counted and line.counted.baseline)
    return max((side.fuel_l for side in sides if side), default=0.0)
