"""What leaves the simulated hardware: MQTT messages and drivers' confirmations."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

MQTT_ROOT = "tournee/v1"


class Outgoing(NamedTuple):
    """A device's MQTT message. `happened_at` is the true instant, even where the payload lies about it."""

    topic: str
    payload: bytes
    happened_at: datetime


class Confirmation(NamedTuple):
    """What a driver's phone posts about one visit: `body` is the JSON object of the order to confirm it."""

    truck: str
    body: dict[str, Any]
    happened_at: datetime


Event = Outgoing | Confirmation


def instant(at_s: float) -> datetime:
    """Seconds since 1970 as an instant in UTC."""
    return datetime.fromtimestamp(at_s, UTC)


def iso_z(at_s: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC with milliseconds and a Z, the way the devices write it."""
    return instant(at_s).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by_time(event: Event) -> datetime:
    """The key that merges streams in time order."""
    return event.happened_at
