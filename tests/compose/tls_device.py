"""A sensor as a city's network sees it: MQTT over TLS, with the authority and the password it was given."""

import json
import ssl
import threading
import time
from datetime import UTC, datetime

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.compose.engine import CommandFailed
from tests.compose.installed import ADDRESS, Installed, eventually

PORT = 8883
LEFT_OPEN = "ignore:unclosed <ssl.SSLSocket:ResourceWarning"
"""For tests in which the broker falls: paho-mqtt leaves the socket of a handshake that failed to the collector."""


class TlsDevice:
    """Counts what was acknowledged to it, over every fall of the broker."""

    def __init__(self, installed: Installed, city: str, device: str, login: tuple[str, str]) -> None:
        self._topic = f"tournee/v1/{city}/containers/{device}/reading"
        self._installed = installed
        self._acknowledged = self._sent = 0
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=login[0], clean_session=False)
        self._client.username_pw_set(*login)
        authority = installed.folder / "infra/compose/secrets/mqtt/ca.crt"
        self._client.tls_set(str(authority), cert_reqs=ssl.CERT_REQUIRED)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_publish = self._published
        self._client.connect(ADDRESS, PORT)
        self._client.loop_start()

    def introduce(self) -> None:
        """Speak until the bridge, which looks now and then which devices there are, knows it; count from there."""

        def is_heard() -> bool:
            self.send()
            time.sleep(1)
            return self._stored() > 0

        eventually(is_heard, "a reading is in the store")
        self.wait_until_acknowledged()

        eventually(lambda: self._stored() + self._refused() == self._sent, "all is either stored or refused")
        with self._lock:
            self._sent = self._acknowledged = self._stored()

    def send(self, count: int = 1) -> None:
        """Readings of now, none like another."""
        for _ in range(count):
            self._sent += 1
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            self._client.publish(self._topic, json.dumps({"happened_at": at, "fill_ratio": 0.95}), qos=1)

    def wait_until_acknowledged(self) -> None:
        """All that was sent. Raises: AssertionError."""
        eventually(self._is_acknowledged, "all readings are acknowledged")

    def is_stored(self) -> bool:
        """Whether each of them is a reading in the store, and no other of this device is."""
        try:
            return self._stored() == self._sent
        except CommandFailed:
            return False  # the store is away

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _stored(self) -> int:
        *_, city, _, device, _ = self._topic.split("/")
        return self._installed.count(f"reading WHERE city_id = '{city}' AND container_id = '{device}'")

    def _refused(self) -> int:
        return self._installed.count(f"rejected WHERE mqtt_topic = '{self._topic}'")

    def _is_acknowledged(self) -> bool:
        with self._lock:
            return self._acknowledged == self._sent

    def _published(self, *_: object) -> None:
        with self._lock:
            self._acknowledged += 1
