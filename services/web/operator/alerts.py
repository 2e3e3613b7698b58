"""What crews met on the road, and what sensors warn of, that somebody has to look into, until somebody has."""

from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from services.city.registry import City
from services.contracts import topics
from services.contracts.alerts import ALARMING, AlertSeen
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.entry.security_log import audit
from services.web.entry.tokens import Session
from services.web.figures.store import rows_of
from services.web.requests.deps import Deps
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction

SQL = load_queries(__name__)

SHOWN_FOR = timedelta(days=7)
"""What nobody has seen to in a week is no alert any more: it stays in the container's history."""


SENSOR_ALARMS = ("temperature_alarm", "tilt")
"""What a truck, or the fire brigade, is sent for; a distance out of bounds is the technician's."""
QUIET = timedelta(hours=24)
"""A sensor's alarm that was seen to is not shown again before."""


class AlertRow(TypedDict):
    confirmation_id: UUID
    truck_id: str
    container_id: str
    name: str
    zone_name: str
    reason: str
    happened_at: datetime


class SensorAlarmRow(TypedDict):
    """What a container's sensor warns of."""

    confirmation_id: UUID
    """Made of container, alarm and instant."""
    container_id: str
    name: str
    zone_name: str
    alarm: str
    happened_at: datetime


class SetAsideRow(TypedDict):
    """What came from a truck's phone and was no visit of its circuits."""

    confirmation_id: UUID
    """The latest; who sees to it has seen all before it."""
    truck_id: str
    happened_at: datetime
    confirmations: int


def list_set_aside(connection: Connection, city: str, fleet: str, now: datetime) -> list[SetAsideRow]:
    """One a truck of the fleet."""
    values = {"city": city, "fleet": fleet, "since": now - SHOWN_FOR}
    return rows_of(SetAsideRow, connection.execute(SQL["list_set_aside"], values))


def list_alerts(connection: Connection, city: str, fleet: str, now: datetime) -> list[AlertRow]:
    """A fleet's, fires first, then the newest first."""
    values = {"city": city, "fleet": fleet, "since": now - SHOWN_FOR, "reasons": sorted(ALARMING)}
    return rows_of(AlertRow, connection.execute(SQL["list_alerts"], values))


def list_sensor_alarms(connection: Connection, city: str, fleet: str, now: datetime) -> list[SensorAlarmRow]:
    """Of a fleet's containers, heat first, then the newest first."""
    values = {
        "city": city, "fleet": fleet, "since": now - SHOWN_FOR, "quiet": QUIET, "alarms": list(SENSOR_ALARMS),
    }  # fmt: skip
    return rows_of(SensorAlarmRow, connection.execute(SQL["list_sensor_alarms"], values))


def is_seen(connection: Connection, city: str, confirmation: UUID) -> bool:
    values = {"city": city, "confirmation": confirmation}
    return connection.execute(SQL["is_seen"], values).fetchone() is not None


def see_to(deps: Deps, transaction: Transaction, city: City, session: Session, confirmation: UUID) -> None:
    """Say that somebody has seen to it. Returns once Kafka has it; the request's transaction ends before."""
    now = deps.clock.now()
    audit(transaction.connection, city.id, session.login, "alert seen to", now, confirmation=confirmation)
    transaction.end()
    seen = AlertSeen(confirmation_id=confirmation, city=city.id, seen_by=session.login, seen_at=now)
    publish_all(deps.stream, topics.ALERTS, city.id.encode(), [seen])
