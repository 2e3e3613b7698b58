"""A broker and its subscribers, of each kind, and what a test hears."""

import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol
from unittest import mock

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.server import Server
from infra.stack.stack import Stack
from services.stream.mqtt import Arrival, Subscriber
from services.stream.ports import MessageSource
from tests.contract.capabilities import Kind
from tests.contract.waiting import PATIENCE_S, eventually
from tests.load import packets
from tests.load.messages import Messages
from tests.load.sensors import Sensors
from tests.twins.broker import MemoryBroker
from tests.twins.subscriber import MemorySubscriber

CLEAN_SESSION = 0x02
"""Of the connect flags, in the tenth byte of a CONNECT of less than 128 bytes (MQTT 3.1.1, section 3.1.2)."""


class MqttSide(Protocol):
    """What the tests do with a broker."""

    @property
    def kind(self) -> Kind: ...
    @property
    def server(self) -> Server | MemoryBroker: ...

    def subscriber(self, client_id: str) -> MessageSource: ...
    def cut(self, subscriber: MessageSource) -> None:
        """Break its connection without a word; it comes back by itself."""

    def end_session(self, client_id: str) -> None:
        """Let the broker forget a client that will not come back."""

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """As one device, QoS 1, in this order; returns when all are acknowledged."""

    def publish_plan(self, plan: Messages) -> None:
        """As many devices, QoS 1, each in order."""


class MemoryMqtt:
    kind: Kind = "memory"

    def __init__(self) -> None:
        self.server = MemoryBroker()
        self._names: dict[int, str] = {}

    def subscriber(self, client_id: str) -> MemorySubscriber:
        subscriber = MemorySubscriber(self.server, client_id=client_id)
        self._names[id(subscriber)] = client_id
        return subscriber

    def cut(self, subscriber: MessageSource) -> None:
        self.server.cut(self._names[id(subscriber)])

    def end_session(self, client_id: str) -> None:
        """This broker ends with the test."""

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        for topic, payload in messages:
            self.server.publish(topic, payload)

    def publish_plan(self, plan: Messages) -> None:
        self.publish([(plan.topic(n), plan.payload(n)) for n in range(plan.count)])


class NetworkMqtt:
    def __init__(self, stack: Stack) -> None:
        self.kind: Kind = stack.kind
        self.server = stack.server("mqtt")
        self._address = (stack.mqtt_host, stack.mqtt_port)

    def subscriber(self, client_id: str) -> Subscriber:
        return Subscriber(*self._address, client_id=client_id)

    def cut(self, subscriber: MessageSource) -> None:
        assert isinstance(subscriber, Subscriber)
        connection = subscriber._client.socket()
        assert isinstance(connection, socket.socket)
        connection.shutdown(socket.SHUT_RDWR)

    def end_session(self, client_id: str) -> None:
        with socket.create_connection(self._address, timeout=5) as connection:
            hello = bytearray(packets.connect(client_id, keepalive_s=60))
            hello[9] |= CLEAN_SESSION
            connection.sendall(hello)
            packets.check_connack(connection.recv(4))
            connection.sendall(packets.DISCONNECT)

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.max_inflight_messages_set(500)
        client.connect(*self._address)
        client.loop_start()
        try:
            sent = [client.publish(topic, payload, qos=1) for topic, payload in messages]
            eventually(lambda: all(message.is_published() for message in sent), lambda: "not all acknowledged")
        finally:
            client.disconnect()
            client.loop_stop()

    def publish_plan(self, plan: Messages) -> None:
        # The embedded broker gives no answer to a client without keep-alive, which the sensors' are by default.
        with mock.patch.object(packets, "connect", partial(packets.connect, keepalive_s=60)):
            assert Sensors(*self._address, plan, connections=4, window=200, name=plan.city).run() == plan.count


class Ear(AbstractContextManager["Ear"]):
    """A subscriber that remembers what it heard, and acknowledges it if it is told to."""

    def __init__(self, side: MqttSide, client_id: str, topic_filter: str, *, acknowledges: bool = True) -> None:
        self.arrivals: list[Arrival] = []
        self.losses = 0
        self._acknowledges = acknowledges
        self._subscriber = side.subscriber(client_id)
        self._subscriber.when_arrived(self._arrived)
        self._subscriber.on_connection_lost = self._lost
        self._side, self._filter = side, topic_filter

    @property
    def payloads(self) -> list[bytes]:
        return [arrival.payload for arrival in self.arrivals]

    def payloads_of(self, city: str) -> list[bytes]:
        start = f"tournee/v1/{city}/".encode()
        return [arrival.payload for arrival in self.arrivals if arrival.topic.startswith(start)]

    def __enter__(self) -> "Ear":
        self._subscriber.start(self._filter)
        eventually(lambda: self._subscriber.is_there, lambda: "no subscription")
        return self

    def __exit__(self, *_: object) -> None:
        self._subscriber.stop()

    def acknowledge(self, count: int) -> None:
        """The first `count` of those heard."""
        self._subscriber.acknowledge([arrival.message_id for arrival in self.arrivals[:count]])

    def acknowledges_from_now(self) -> None:
        self._acknowledges = True

    def forget(self) -> None:
        self.arrivals = []

    def cut(self) -> None:
        self._side.cut(self._subscriber)

    def wait_for(self, count: int, patience_s: float = PATIENCE_S) -> list[bytes]:
        """What was heard, as soon as it is so many."""
        eventually(lambda: len(self.arrivals) >= count, lambda: f"{len(self.arrivals)} of {count}", patience_s)
        return self.payloads

    def _arrived(self, arrivals: list[Arrival]) -> None:
        self.arrivals += arrivals
        if self._acknowledges:
            self._subscriber.acknowledge([arrival.message_id for arrival in arrivals])

    def _lost(self) -> None:
        self.losses += 1
