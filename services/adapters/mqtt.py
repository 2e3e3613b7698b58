"""MQTT through paho: a subscriber that acknowledges only when told to."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

log = logging.getLogger(__name__)

QOS_AT_LEAST_ONCE = 1


@dataclass(frozen=True)
class Arrival:
    """One message as it came, with what acknowledges it."""

    topic: str
    payload: bytes
    message_id: int


class Subscriber:
    """A persistent session on one topic filter: what is not acknowledged comes again after a reconnect.

    `on_arrival` runs on the network thread; `acknowledge` may be called from any thread, in the order of arrival
    (MQTT 3.1.1, section 4.6).
    """

    def __init__(self, host: str, port: int, *, client_id: str) -> None:
        self._address = (host, port)
        self._filter = ""
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._arrived
        self._client.on_subscribe = self._subscribed
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self.on_arrival: Callable[[Arrival], None] = lambda _arrival: None
        self.on_connection_lost: Callable[[], None] = lambda: None

    def login(self, username: str, password: str) -> None:
        self._client.username_pw_set(username, password)

    def start(self, topic_filter: str) -> None:
        """Connect and subscribe in the background, again and again while the broker is away."""
        self._filter = topic_filter
        self._client.connect_async(*self._address, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, arrival: Arrival) -> None:
        self._client.ack(arrival.message_id, QOS_AT_LEAST_ONCE)

    def _connected(self, client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            log.error("the MQTT broker refuses us: %s", reason)
            return
        log.info("connected to MQTT at %s:%d", *self._address)
        client.subscribe(self._filter, QOS_AT_LEAST_ONCE)

    def _disconnected(self, _client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            log.warning("lost MQTT at %s:%d (%s), reconnecting", *self._address, reason)
        self.on_connection_lost()

    def _subscribed(self, _client: paho.Client, _userdata: Any, _mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("the MQTT broker refuses the subscription to %s: %s", self._filter, reasons)
        else:
            log.info("subscribed to %s", self._filter)

    def _arrived(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        self.on_arrival(Arrival(message.topic, bytes(message.payload), message.mid))
