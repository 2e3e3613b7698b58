"""One ordinary device, through paho: probes, bad messages, positions. It knows what was acknowledged to it."""

import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.stack import MqttLogin, Stack
from services.contracts.telemetry import MAX_PAYLOAD_BYTES
from tests.chaos.claims import Claim, Claims


class Device:
    """Publishes with QoS 1; what it publishes while the broker is away goes out when that is back."""

    def __init__(self, stack: Stack, city: str, claims: Claims, login: MqttLogin | None = None) -> None:
        self._city, self._claims = city, claims
        self._waiting: dict[int, Claim] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="chaos-device", clean_session=False)
        self._client.max_inflight_messages_set(100)
        self._client.reconnect_delay_set(min_delay=1, max_delay=2)
        self._client.on_publish = self._acknowledged
        if login is not None:
            self._client.username_pw_set(login.username, login.password)
        self._client.connect(stack.mqtt_host, stack.mqtt_port)
        self._client.loop_start()

    def reading(self, container: str, at: datetime, fill_ratio: float, *, refused: str | None = None) -> Claim:
        """A reading; with `refused`, the reason for which it must end in `rejected`."""
        topic = f"tournee/v1/{self._city}/containers/{container}/reading"
        payload = json.dumps({"happened_at": at.isoformat(), "fill_ratio": fill_ratio}).encode()
        if refused:
            return self.bad(topic, payload, refused)
        return self._publish(topic, payload, Claim("reading", (container, at)))

    def position(self, truck: str, at: datetime, lon: float, lat: float) -> Claim:
        topic = f"tournee/v1/{self._city}/trucks/{truck}/position"
        payload = json.dumps({"happened_at": at.isoformat(), "lon": lon, "lat": lat}).encode()
        return self._publish(topic, payload, Claim("position", (truck, at)))

    def bad(self, topic: str, payload: bytes, reason: str) -> Claim:
        """Something that nobody can take; the store keeps its beginning and why."""
        return self._publish(topic, payload, Claim("rejected", (topic, payload[:MAX_PAYLOAD_BYTES], reason)))

    def settle(self, patience_s: float) -> int:
        """Wait until all is acknowledged; how many are not."""
        deadline_s = time.monotonic() + patience_s
        while self._waiting and time.monotonic() < deadline_s:
            time.sleep(0.05)
        return len(self._waiting)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, topic: str, payload: bytes, claim: Claim) -> Claim:
        message_id = self._client.publish(topic, payload, qos=1).mid
        with self._lock:
            if message_id in self._early:
                self._early.remove(message_id)
                self._claims.add([claim])
            else:
                self._waiting[message_id] = claim
        return claim

    def _acknowledged(self, _client: paho.Client, _data: Any, message_id: int, _reason: Any, _props: Any) -> None:
        with self._lock:
            claim = self._waiting.pop(message_id, None)
            if claim is None:
                self._early.add(message_id)  # before `publish` had returned its id
            else:
                self._claims.add([claim])


def now_ms() -> datetime:
    """Now, as fine as every part of the way keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
