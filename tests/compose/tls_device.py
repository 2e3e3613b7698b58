"""A sensor as a city's network sees it: MQTT over TLS, with the authority and the password it was given."""

import json
import ssl
import threading
from datetime import UTC, datetime

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.compose.installed import ADDRESS, CITY, Installed

PORT = 8883


class TlsDevice:
    """Counts what was acknowledged to it, over every fall of the broker."""

    def __init__(self, city: Installed, device: str, login: tuple[str, str]) -> None:
        self._topic = f"tournee/v1/{CITY}/containers/{device}/reading"
        self.acknowledged = 0
        self._sent = 0
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=login[0], clean_session=False)
        self._client.username_pw_set(*login)
        self._client.tls_set(str(city.folder / "infra/compose/secrets/mqtt/ca.crt"), cert_reqs=ssl.CERT_REQUIRED)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_publish = self._published
        self._client.connect(ADDRESS, PORT)
        self._client.loop_start()

    def send(self, count: int = 1) -> None:
        """Readings of now, each a millisecond apart, none like another."""
        for _ in range(count):
            self._sent += 1
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            self._client.publish(self._topic, json.dumps({"happened_at": at, "fill_ratio": 0.95}), qos=1)

    def all_acknowledged(self) -> bool:
        with self._lock:
            return self.acknowledged == self._sent

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _published(self, *_: object) -> None:
        with self._lock:
            self.acknowledged += 1
