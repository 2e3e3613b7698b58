"""Devices that speak far more often than any of their kind: told once a minute each, and nothing is thrown away.

What the broker has acknowledged is kept, a flood too: a gateway that was offline for a week delivers as fast.
"""

from collections import Counter
from datetime import datetime

USUAL_A_MINUTE = 600
"""A truck's phone says its position each second at most; ten of that come from no device that works."""


class Rates:
    """Of one bridge, by MQTT topic, a minute at a time. Belongs to the MQTT thread."""

    def __init__(self, usual: int = USUAL_A_MINUTE) -> None:
        self._usual = usual
        self._minute: datetime | None = None
        self._counts: Counter[bytes] = Counter()

    def is_flood(self, mqtt_topic: bytes, now: datetime) -> bool:
        """Count a message; whether it is the first of its minute beyond what is usual."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        self._counts[mqtt_topic] += 1
        return self._counts[mqtt_topic] == self._usual + 1
