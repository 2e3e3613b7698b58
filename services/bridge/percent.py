"""Sensors that tell percent where a share is asked for.

Everything from 2 on is refused, which somebody notices. But 1 % reads as a container that is full, and nothing in that
message says otherwise: only what its sensor has said before does.
"""

import json

from services.bridge.devices import KnownDevice
from services.contracts.telemetry import Reading
from services.edges.mending import BEHIND

MOST_PERCENT = 100


class PercentSensors:
    """Those that have told percent since they last told a fraction, as far as this bridge has heard them."""

    def __init__(self) -> None:
        self._told: dict[bytes, int] = {}
        """By MQTT topic of registered sensors, so there are never more than these."""

    def refused(self, mqtt_topic: bytes, device: KnownDevice, payload: bytes) -> int | None:
        """Look at a reading that its contract refuses; the percent it tells, where that is what it seems to do."""
        if device.kind.contract is not Reading:
            return None
        value = _whole_number(payload)
        if value is None or not 1 < value <= MOST_PERCENT:
            return None
        self._told[mqtt_topic] = value
        return value

    def fault(self, mqtt_topic: bytes, reading: Reading, payload: bytes) -> str | None:
        """Why this reading, right by itself, cannot be believed."""
        percent = self._told.get(mqtt_topic)
        if percent is None:
            return None
        if reading.fill_ratio not in {0.0, 1.0} or _whole_number(payload) is None:
            del self._told[mqtt_topic]
            return None
        if reading.fill_ratio == 0:
            return None
        return f"fill_ratio: 1 of a sensor that told {percent} before: 1 % or full? A share is expected, 0 to 1"

    @property
    def any_known(self) -> bool:
        return bool(self._told)


def _whole_number(payload: bytes) -> int | None:
    """The fill ratio, where it is written as a whole number: 1, not 1.0; in quotes or not."""
    try:
        fields = json.loads(payload.rstrip(BEHIND).decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    value = fields.get("fill_ratio") if isinstance(fields, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if type(value) is int else None
