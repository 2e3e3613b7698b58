"""Publish the simulated messages to an MQTT broker: QoS 1, a bounded window in flight, every PUBACK counted."""

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NamedTuple, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.events import Outgoing

# paho looks through everything in flight at each message: 200 gave 17,000 messages a second, 2,000 gave 6,000.
WINDOW = 200


class PublishError(Exception):
    """The broker did not take the messages; the text says what it did and what to look at."""


class Counts(NamedTuple):
    """Messages handed to the client, and those that the broker has acknowledged."""

    sent: int
    acknowledged: int


class Publisher:
    """A connection that survives the broker's restarts: paho sends what was not acknowledged again.

    Used as a context manager; not shared between threads.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 1883,
        client_id: str = "tournee-simulator",
        patience_s: float = 30.0,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        self._host, self._port, self._patience_s = host, port, patience_s
        self._sent = self._acknowledged = 0
        self._free = threading.Semaphore(WINDOW)
        self._connected = threading.Event()
        self._refused: str | None = None
        # The broker keeps the session, so that a reconnect goes on where it was.
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
        if username is not None:
            self._client.username_pw_set(username, password)
        self._client.max_inflight_messages_set(WINDOW)
        self._client.reconnect_delay_set(min_delay=1, max_delay=8)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        try:
            self._client.connect(self._host, self._port)
        except OSError as error:
            raise PublishError(f"no MQTT broker at {self._host}:{self._port} ({error}): is it running?") from error
        self._client.loop_start()
        if not self._connected.wait(self._patience_s):
            self._client.loop_stop()
            raise PublishError(f"{self._host}:{self._port} refused: {self._refused or 'no answer to CONNECT'}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, message: Outgoing) -> None:
        """Hand over one message; waits only while the window is full."""
        if not self._free.acquire(timeout=self._patience_s):
            raise PublishError(
                f"{self._host}:{self._port} acknowledged nothing for {self._patience_s:.0f} s, "
                f"{self._sent - self._acknowledged} messages are waiting: is the broker up, and has it room?"
            )
        self._sent += 1
        self._client.publish(message.topic, message.payload, qos=1)

    def publish_all(self, messages: Iterable[Outgoing]) -> Counts:
        """Publish everything and wait until the broker has acknowledged it all."""
        before = Counts(self._sent, self._acknowledged)
        for message in messages:
            self.publish(message)
        self.wait()
        return Counts(self._sent - before.sent, self._acknowledged - before.acknowledged)

    def wait(self) -> None:
        """Wait for every PUBACK that is still out."""
        taken = 0
        try:
            while taken < WINDOW:
                if not self._free.acquire(timeout=self._patience_s):
                    raise PublishError(f"{self._sent - self._acknowledged} messages were never acknowledged")
                taken += 1
        finally:
            if taken:
                self._free.release(taken)

    @property
    def counts(self) -> Counts:
        """Since the connection was made."""
        return Counts(self._sent, self._acknowledged)

    def _on_connect(
        self, _client: paho.Client, _data: Any, _flags: paho.ConnectFlags, reason: ReasonCode, _props: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
        else:
            self._connected.set()

    def _on_disconnect(
        self,
        _client: paho.Client,
        _data: Any,
        _flags: paho.DisconnectFlags,
        _reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        self._connected.clear()

    def _on_publish(
        self, _client: paho.Client, _data: Any, _mid: int, _reason: ReasonCode, _props: Properties | None
    ) -> None:
        self._acknowledged += 1
        self._free.release()
