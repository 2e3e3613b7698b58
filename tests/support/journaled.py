"""A real Mosquitto with our journal, in a folder of its own; a bridge and a device that remember what was promised."""

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.errors import ServerMissing
from infra.stack.mosquitto import mosquitto
from infra.stack.ports import LOOPBACK
from infra.stack.server import Server
from infra.stack.stack import MqttLogin, MqttLogins

PLAIN = "tournee/v1/#"
SHARED = "$share/bridge/tournee/v1/#"


class Broker:
    """A Mosquitto in a folder of its own."""

    def __init__(self, folder: Path, server: Server, port: int) -> None:
        self.server, self.port = server, port
        self.data = folder / "mosquitto"

    def kill_and_start(self) -> None:
        self.server.kill()
        self.server.start()

    def log(self) -> str:
        return self.server.log_path.read_text(errors="replace")

    def segments(self) -> list[Path]:
        return sorted((self.data / "journal").glob("*.journal"))

    def journal_bytes(self) -> int:
        total = 0
        for path in self.segments():
            try:
                total += path.stat().st_size
            except FileNotFoundError:
                continue  # deleted between the listing and the look
        return total


@contextmanager
def running(
    folder: Path, *, logins: MqttLogins | None = None, changed: Callable[[Server], None] | None = None, **options: int
) -> Iterator[Broker]:
    """The broker, started, with these options of the journal; `changed` may alter it before its first start."""
    try:
        server, port = mosquitto(folder, journal_options=options, logins=logins)
    except ServerMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    if changed is not None:
        changed(server)
    try:
        server.start()
        yield Broker(folder, server, port)
    finally:
        server.stop()


def until(ready: Callable[[], bool], what: str, patience_s: float = 120) -> None:
    deadline = time.monotonic() + patience_s
    while not ready():
        assert time.monotonic() < deadline, f"not within {patience_s} s: {what}"
        time.sleep(0.02)


class Member:
    """A bridge: it stores a message, then acknowledges it; what it holds unstored is gone when its connection is."""

    def __init__(self, broker: Broker, topic_filter: str, number: int = 1, *, pause_s: float = 0) -> None:
        self.stored: list[bytes] = []
        self._filter, self._pause_s = topic_filter, pause_s
        self._held: queue.SimpleQueue[tuple[int, paho.MQTTMessage] | None] = queue.SimpleQueue()
        self._connection = 0
        self._subscribed = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, f"tournee-bridge-{number}", clean_session=False, manual_ack=True
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(self._filter, 1)
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _c, _u, message: self._held.put((self._connection, message))
        self._client.connect(LOOPBACK, broker.port)
        self._client.loop_start()
        threading.Thread(target=self._work, daemon=True).start()
        assert self._subscribed.wait(10)

    def leave(self) -> "Member":
        self._client.disconnect()
        self._client.loop_stop()
        self._held.put(None)
        return self

    def _disconnected(self, *_: object) -> None:
        self._connection += 1  # a second before paho connects again: no late acknowledgement for another's number

    def _work(self) -> None:
        while (held := self._held.get()) is not None:
            connection, message = held
            time.sleep(self._pause_s)
            if connection == self._connection:
                self.stored.append(bytes(message.payload))
                self._client.ack(message.mid, 1)


class Device:
    """Publishes numbered messages and remembers which were acknowledged; it reconnects and sends again by itself."""

    def __init__(self, broker: Broker, login: MqttLogin | None = None) -> None:
        self._payloads: dict[int, bytes] = {}
        self._answered: list[int] = []  # numbers of packets; a PUBACK can come before `publish` has returned its number
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"device-{id(self)}", clean_session=False)
        self._client.max_inflight_messages_set(500)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = lambda _c, _u, number, *_: self._answered.append(number)
        if login is not None:
            self._client.username_pw_set(login.username, login.password)
        self._client.connect(LOOPBACK, broker.port)
        self._client.loop_start()

    @property
    def count(self) -> int:
        """How many messages were acknowledged."""
        return len(self._answered)

    @property
    def acknowledged(self) -> set[bytes]:
        return {self._payloads[number] for number in self._answered}

    def send(self, first: int, count: int, size: int = 200) -> None:
        for number in range(first, first + count):
            payload = f"{number:08d}".encode().ljust(size, b".")
            sent = self._client.publish(f"tournee/v1/cotonou/containers/{number % 40}/reading", payload, 1)
            self._payloads[sent.mid] = payload

    def send_all(self, first: int, count: int) -> "Device":
        self.send(first, count)
        until(lambda: self.count == count, "every message is acknowledged")
        return self.leave()

    def leave(self) -> "Device":
        self._client.disconnect()
        self._client.loop_stop()
        return self


def until_count(device: Device, count: int) -> None:
    until(lambda: device.count > count, f"{count} acknowledged")


def all_stored(device: Device, *members: Member) -> None:
    """Wait until every acknowledged message is stored by one of the members."""
    until(
        lambda: device.acknowledged <= {payload for member in members for payload in member.stored},
        "everything acknowledged is stored",
    )
