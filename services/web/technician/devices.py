"""What the technician should know of devices whose messages are taken, but not whole or not believed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from services.fill.health import SILENT_H
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.figures.store import rows_of

SQL = load_queries(__name__)

WITHIN = timedelta(days=7)
BATTERY_LOW = 0.15
"""Share left, from which on a battery is taken along on the next visit: makers' own warnings stand at 10 to 20 %."""
MOST = 200
"""Lines of a list: a screen nobody reads further."""


class NoteRow(TypedDict):
    kind: str
    device_id: str
    field: str
    messages: int
    last_at: datetime
    example: str


class WholeNumbersRow(TypedDict):
    device_id: str
    messages: int
    days: int


class DoorRow(TypedDict):
    door: str
    messages: int
    left_aside: int
    rejected: int
    last_at: datetime | None
    """None: nothing came, though the door has a key."""
    device: str | None
    aside_example: str | None
    rejected_example: str | None
    key_at: datetime | None


class OutgoingRow(TypedDict):
    """Where something of the city goes to: a portal's broker, the telephone that answers residents, a webhook."""

    kind: str
    id: str
    host: str
    taken_at: datetime | None
    """When it last took something, as the instants below by the clock on the wall."""
    waiting: int
    oldest_at: datetime | None
    failures: int
    """In a row."""
    given_up: int | None
    """None where nobody counts."""
    last_answer: str | None
    stopped_at: datetime | None


class AlarmRow(TypedDict):
    device_id: str
    alarm: str
    messages: int
    last_at: datetime


class SensorRow(TypedDict):
    """A sensor that somebody has to look at."""

    container_id: str
    name: str
    zone_name: str
    fault: str
    """A `Fault`, or 'never_heard' or 'battery_low'."""
    fill_ratio: float | None
    fill_at: datetime | None
    battery_ratio: float | None
    since: datetime | None
    total: int
    """Of all, also those beyond the list."""


@dataclass(frozen=True)
class Devices:
    sensors: list[SensorRow]
    """To visit, the worst first."""
    notes: list[NoteRow]
    """The most frequent first."""
    whole_numbers: list[WholeNumbersRow]
    """Sensors that tell 0 and 1 only."""
    doors: list[DoorRow]
    silent_trackers: list[str]
    outgoing: list[OutgoingRow]
    alarms: list[AlarmRow]

    @property
    def are_well(self) -> bool:
        return not self.notes and not self.whole_numbers


def read_devices(connection: Connection, city: str, now: datetime) -> Devices:
    """Of the last week."""
    since = now - WITHIN
    values = {"city": city, "since": since, "since_day": since.date(), "most": MOST}
    sensors = {"silent_since": now - timedelta(hours=SILENT_H), "battery_low": BATTERY_LOW}
    return Devices(
        rows_of(SensorRow, connection.execute(SQL["list_sensors_to_visit"], values | sensors)),
        rows_of(NoteRow, connection.execute(SQL["list_notes"], values)),
        rows_of(WholeNumbersRow, connection.execute(SQL["list_whole_numbers"], values)),
        rows_of(DoorRow, connection.execute(SQL["list_doors"], values)),
        [row["device_id"] for row in connection.execute(SQL["list_silent_trackers"], values)],
        rows_of(OutgoingRow, connection.execute(SQL["list_outgoing"], values)),
        rows_of(AlarmRow, connection.execute(SQL["list_alarms"], values)),
    )
