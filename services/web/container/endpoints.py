"""A container's page, and the same for programs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from services.city.registry import City
from services.contracts.fields import Id
from services.fill.outlook import MOST_SHOWN_RATIO
from services.store.connection import Connection
from services.web.container import store
from services.web.container.chart import draw_chart
from services.web.container.history import History, read_history
from services.web.container.outlook import AHEAD, Believed, Forecast, find_forecast, learn_forecast, read_belief
from services.web.container.schemas import (
    Changed,
    ContainerTold,
    Emptied,
    Evidence,
    Expected,
    Level,
    Sensor,
)
from services.web.figures.days import today_in
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithTransaction
from services.web.requests.guards import OfficeSession, SessionCity, WithTokens

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["containers"])

SHOWN_DAYS = (14, 90)
MOST_DAYS = 730
ALARMS_WITHIN = timedelta(days=30)
MOST_UPLINKS = 5


@dataclass(frozen=True)
class Found:
    """A container as the store has it."""

    row: store.ContainerRow
    believed: Believed
    history: History
    levels: list[store.LevelRow]


@pages.get("/bacs/{container_id}")
def container_page(
    request: Request,
    container_id: Id,
    session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    jours: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 14,
    prevision: Literal["oui"] | None = None,
) -> Response:
    """With `prevision` the city's model is learned where nobody has asked for it today: some seconds."""
    connection, now = transaction.connection, deps.clock.now()
    found = _read(connection, city, container_id, now, timedelta(days=jours))
    values: dict[str, Any] = {
        "uplinks": store.list_uplinks(connection, city.id, container_id, MOST_UPLINKS),
        "alarms": store.list_alarms(connection, city.id, container_id, now - ALARMS_WITHIN),
        "visits": store.list_next_visits(connection, city.id, container_id, today_in(city, now)),
    }
    forecast = find_forecast(deps, connection, city, container_id, found.believed, now)
    if forecast is None and prevision:
        transaction.end()
        forecast = learn_forecast(deps, city, container_id, found.believed, now)
    span = (now - timedelta(days=jours), now, now + AHEAD)
    doubted_since = found.believed.fault_since if not found.believed.by_sensor else None
    chart = draw_chart(
        found.levels, found.history.emptyings, forecast, span, city.zone_info,
        full_at=city.planning.full_at_fill_ratio, doubted_since=doubted_since,
    )  # fmt: skip
    return get_page(request).render(
        request, "container/page.html", city=city, session=session, csrf=tokens.csrf(session.nonce), now=now,
        container=found.row, believed=found.believed, history=found.history, levels=found.levels, forecast=forecast,
        chart=chart, days=jours, choices=SHOWN_DAYS, most=MOST_SHOWN_RATIO, **values,
    )  # fmt: skip


@api.get("/containers/{container_id}")
def get_container(
    container_id: Id,
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    transaction: WithTransaction,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 14,
) -> ContainerTold:
    """A container's levels, forecast, emptyings, evidence, sensor and changes. A day's first takes some seconds."""
    connection, now = transaction.connection, deps.clock.now()
    found = _read(connection, city, container_id, now, timedelta(days=days))
    forecast = find_forecast(deps, connection, city, container_id, found.believed, now)
    if forecast is None:
        transaction.end()
        forecast = learn_forecast(deps, city, container_id, found.believed, now)
    return _told(found, forecast)


def _read(connection: Connection, city: City, container: str, now: datetime, span: timedelta) -> Found:
    row = store.find_container(connection, city.id, container)
    if row is None:
        raise NotFound
    believed = read_belief(connection, city, container, now)
    # Some three hundred steps: as many as a screen can tell apart.
    levels = store.list_levels(connection, city.id, container, now - span, now, span / 336)
    return Found(row, believed, read_history(connection, city, container, believed, now), levels)


def _told(found: Found, forecast: Forecast) -> ContainerTold:
    row, believed, history = found.row, found.believed, found.history
    sensor = None
    if believed.health is not None or row["sensor"]:
        sensor = Sensor(
            fault=believed.health.fault if believed.health else "silent",
            since=believed.fault_since,
            battery_ratio=row["battery_ratio"],
            readings=row["readings"],
            believed=believed.by_sensor,
        )
    return ContainerTold(
        container=row["container_id"], name=row["name"], zone=row["zone_id"], kind=row["kind_id"],
        stream=row["stream"], fleet=row["fleet_id"], capacity_l=row["capacity_l"], lon=row["lon"], lat=row["lat"],
        in_service=row["active"], sensor=sensor, fill_per_day=forecast.fill_per_day,
        levels=[Level.model_validate(level) for level in found.levels],
        forecast=[Expected.model_validate(ahead._asdict()) for ahead in forecast.rows],
        emptyings=[Emptied(at=e.at, level=e.level, truck=e.truck) for e in history.emptyings],
        evidence=[Evidence.model_validate(vars(piece)) for piece in history.pieces],
        changes=[
            Changed(
                at=change.at, by=change.by, kind=change.kind,
                fields={name: (before, after) for name, before, after in change.fields},
                plan_change=change.plan.kind if change.plan else None,
            )
            for change in history.changes
        ],
    )  # fmt: skip
