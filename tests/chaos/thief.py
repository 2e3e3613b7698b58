"""Somebody with one sensor's password, who wants into the bridges' share of the messages all the while."""

import threading
from collections import Counter
from itertools import cycle
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import PacketTypes, Properties
from paho.mqtt.reasoncodes import ReasonCode

from infra.stack.stack import MqttLogin, Stack
from services.contracts.topics import MQTT_EVERYTHING, MQTT_SHARED

WANTED = (MQTT_SHARED, MQTT_EVERYTHING, "$share/bridge/#", "#", "$share/bridge/tournee/v1/+/containers/+/reading")
STAYS_S = 1.5
FOR_EVER_S = 0xFFFFFFFF
"""Session expiry of MQTT 5: never."""


class Thief(threading.Thread):
    """Comes again and again, in MQTT 3.1.1 and 5, also under a bridge's client id, and leaves its sessions there."""

    def __init__(self, stack: Stack, stolen: MqttLogin, *, stays_s: float = STAYS_S) -> None:
        super().__init__(name="thief", daemon=True)
        self._address = (stack.mqtt_host, stack.mqtt_port)
        self._stolen = stolen
        self._stays_s = stays_s
        self._ends = threading.Event()
        self.granted = Counter[str]()
        self.heard = Counter[str]()
        self.refused = 0
        """Subscriptions."""
        self.came_as_bridge = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            for number, name in enumerate(cycle(("thief-1", "thief-2", "thief-3", "tournee-bridge-1"))):
                if self._ends.wait(self._stays_s):
                    return
                self._visit(name, MQTTProtocolVersion.MQTTv5 if number % 2 else MQTTProtocolVersion.MQTTv311)
        except Exception as failure:
            self.failure = failure
            raise

    def finish(self) -> None:
        self._ends.set()
        self.join()

    def found(self) -> list[str]:
        """What must not be: all of it empty, and that it was never refused because it never asked."""
        faults = [f"{topic_filter} was granted, {times} times" for topic_filter, times in self.granted.items()]
        faults += [f"{times} messages were heard on {topic}" for topic, times in self.heard.items()]
        if self.came_as_bridge:
            faults.append(f"it came in as a bridge, {self.came_as_bridge} times")
        if not self.refused:
            faults.append("it was never refused: it has not reached the broker")
        if self.failure is not None:
            faults.append(f"it failed: {self.failure!r}")
        return faults

    def _visit(self, client_id: str, protocol: MQTTProtocolVersion) -> None:
        client = self._client(client_id, protocol)
        try:
            client.connect(*self._address, **self._session(protocol))
        except OSError:
            return  # the broker is away; so are its messages
        client.loop_start()
        try:
            self._ends.wait(self._stays_s)
        finally:
            client.disconnect()
            client.loop_stop()

    def _client(self, client_id: str, protocol: MQTTProtocolVersion) -> paho.Client:
        lasting = {"clean_session": False} if protocol == MQTTProtocolVersion.MQTTv311 else {}
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=protocol, reconnect_on_failure=False, **lasting
        )
        client.username_pw_set(self._stolen.username, self._stolen.password)
        client.on_connect = self._connected
        client.on_subscribe = self._answered
        client.on_message = lambda _c, _u, message: self.heard.update([message.topic])
        return client

    def _session(self, protocol: MQTTProtocolVersion) -> dict[str, Any]:
        if protocol == MQTTProtocolVersion.MQTTv311:
            return {}
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = FOR_EVER_S
        return {"clean_start": False, "properties": properties}

    def _connected(self, client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            return
        self.came_as_bridge += client._client_id.startswith(b"tournee-bridge-")
        client.subscribe([(topic_filter, 1) for topic_filter in WANTED])

    def _answered(self, _client: paho.Client, _userdata: Any, _mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        for topic_filter, reason in zip(WANTED, reasons, strict=True):
            if reason.is_failure:
                self.refused += 1
            else:
                self.granted[topic_filter] += 1
