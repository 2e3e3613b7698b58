"""Devices that speak far more often than any of their kind: told once a minute each, and nothing is thrown away.

What the broker has acknowledged is kept, a flood too: a gateway that was offline for a week delivers as fast.
"""

from datetime import UTC, datetime, timedelta

MINUTE = timedelta(minutes=1)
USUAL_A_MINUTE = 600
"""A truck's phone says its position each second at most; ten of that come from no device that works."""


class Rates:
    """Of one bridge, by MQTT topic, a minute at a time. Belongs to the MQTT thread."""

    def __init__(self, usual: int = USUAL_A_MINUTE) -> None:
        self._usual = usual
        self._begins = self._ends = datetime.min.replace(tzinfo=UTC)
        self._counts: dict[bytes, int] = {}

    def is_flood(self, mqtt_topic: bytes, now: datetime) -> bool:
        """Count a message; whether it is the first of its minute beyond what is usual."""
        if not self._begins <= now < self._ends:
            self._begins = now.replace(second=0, microsecond=0)
            self._ends = self._begins + MINUTE
            self._counts.clear()
        count = self._counts.get(mqtt_topic, 0) + 1
        self._counts[mqtt_topic] = count
        return count == self._usual + 1
