"""A real Mosquitto with our journal: what it has acknowledged reaches the bridge's session, whatever is killed."""

import os
import queue
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.errors import ServerDidNotStart, ServerMissing
from infra.stack.mosquitto import mosquitto
from infra.stack.ports import LOOPBACK
from infra.stack.server import Server

PLAIN = "tournee/v1/#"
SHARED = "$share/bridge/tournee/v1/#"
both_filters = pytest.mark.parametrize("topic_filter", [PLAIN, SHARED], ids=["plain", "shared"])


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
def running(folder: Path, **options: int) -> Iterator[Broker]:
    try:
        server, port = mosquitto(folder, journal_options=options)
    except ServerMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    try:
        server.start()
        yield Broker(folder, server, port)
    finally:
        server.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running(tmp_path) as started:
        yield started


def until(ready: Callable[[], bool], what: str, patience_s: float = 30) -> None:
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

    def __init__(self, broker: Broker) -> None:
        self._payloads: dict[int, bytes] = {}
        self._answered: list[int] = []  # numbers of packets; a PUBACK can come before `publish` has returned its number
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"device-{id(self)}", clean_session=False)
        self._client.max_inflight_messages_set(500)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = lambda _c, _u, number, *_: self._answered.append(number)
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


@both_filters
def test_acknowledged_messages_survive_kill_while_the_bridge_is_away(broker: Broker, topic_filter: str) -> None:
    """The journal's reason to be: PUBACK'd, queued in memory only, killed before any save."""
    Member(broker, topic_filter).leave()
    device = Device(broker).send_all(0, 5000)
    broker.kill_and_start()
    broker.kill_and_start()  # nor does a second death before the bridge is back lose anything
    member = Member(broker, topic_filter)
    all_stored(device, member)
    member.leave()


@pytest.mark.parametrize("members", [1, 2])
@both_filters
def test_kill_amid_a_burst_loses_nothing_in_flight(broker: Broker, topic_filter: str, members: int) -> None:
    """What lies in socket buffers and in slow bridges' unacknowledged windows when Mosquitto dies comes again."""
    bridges = [Member(broker, topic_filter, number, pause_s=0.0005) for number in range(members)]
    device = Device(broker)
    device.send(0, 2500)
    for share in (500, 1500):
        until_count(device, share)
        broker.kill_and_start()
    until(lambda: device.count == 2500, "every message is acknowledged")
    all_stored(device.leave(), *bridges)
    for bridge in bridges:
        bridge.leave()


@both_filters
def test_clean_stop_keeps_what_waits_and_what_comes_before_the_bridge(broker: Broker, topic_filter: str) -> None:
    """Mosquitto 2.0 forgets $share subscriptions at a restart: a device faster than the bridge loses nothing."""
    Member(broker, topic_filter).leave()
    before = Device(broker).send_all(0, 500)
    broker.server.stop()
    broker.server.start()
    after = Device(broker).send_all(500, 500)
    member = Member(broker, topic_filter)
    all_stored(before, member)
    all_stored(after, member)
    member.leave()


def test_messages_before_the_first_bridge_ever_are_kept(broker: Broker) -> None:
    """At the installation devices may publish before a bridge has ever subscribed; they got PUBACKs."""
    device = Device(broker).send_all(0, 500)
    member = Member(broker, SHARED)
    all_stored(device, member)
    assert [int(payload[:8]) for payload in member.stored] == list(range(500))  # in the order they came, each once
    member.leave()


def test_journal_stays_bounded_and_its_deletion_is_covered_by_the_database(tmp_path: Path) -> None:
    """Segments go once mosquitto.db holds their messages: they neither pile up nor go too early."""
    with running(tmp_path, segment_bytes=100_000, save_interval_ms=300) as broker:
        Member(broker, SHARED).leave()
        device, largest = Device(broker), 0
        device.send(0, 6000)  # 6,000 x some 260 bytes: 15 segments
        while device.count < 6000:
            largest = max(largest, broker.journal_bytes())
            time.sleep(0.005)
        database_bytes = (broker.data / "mosquitto.db").stat().st_size
        # A save is asked for when the journal is as large as a segment or the database; it may double until it is done.
        assert 0 < largest < 2 * (100_000 + database_bytes)
        until(lambda: not broker.segments(), "the last segment is covered")
        broker.kill_and_start()
        member = Member(broker, SHARED)
        all_stored(device.leave(), member)
        member.leave()


def test_spoiled_database_is_put_back_from_its_second_name(tmp_path: Path) -> None:
    """Mosquitto does not start on half a database, as a full disk leaves it; `mosquitto.db.whole` is the way back."""
    with running(tmp_path, save_interval_ms=200) as broker:
        Member(broker, SHARED).leave()
        device = Device(broker).send_all(0, 200)
        until(lambda: not broker.segments(), "a save covers all of it")
        broker.server.kill()
        database = broker.data / "mosquitto.db"
        half = broker.data / "half"
        shutil.copy(database, half)
        half.replace(database)  # as Mosquitto does: another file moved over it
        os.truncate(database, database.stat().st_size // 2)
        with pytest.raises(ServerDidNotStart, match="Couldn't open database"):
            broker.server.start()
        shutil.copy(broker.data / "mosquitto.db.whole", database)
        broker.server.start()
        member = Member(broker, SHARED)
        all_stored(device, member)
        member.leave()


def test_torn_last_record_is_ignored_with_a_log_line(broker: Broker) -> None:
    """A crash in the middle of a write costs that record, never acknowledged, and nothing before it."""
    Member(broker, SHARED).leave()
    Device(broker).send_all(0, 100)
    broker.server.kill()
    last = broker.segments()[-1]
    os.truncate(last, last.stat().st_size - 5)  # 5 bytes into the payload of number 99
    broker.server.start()
    member = Member(broker, SHARED)
    until(lambda: {int(payload[:8]) for payload in member.stored} == set(range(99)), "all but the torn one")
    assert "torn record" in broker.log()
    member.leave()


def test_unwritable_journal_means_no_puback_until_it_is_writable(broker: Broker) -> None:
    """Where a message cannot be kept its sender must go on trying; nothing is acknowledged on hope."""
    member = Member(broker, SHARED)
    pid = broker.server.pid
    assert pid is not None
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    device = Device(broker)
    device.send(0, 50)
    time.sleep(1.5)
    assert device.count == 0
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    until(lambda: device.count == 50, "acknowledged once the journal can be written")
    assert broker.server.is_running
    all_stored(device.leave(), member)
    member.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can only be mounted by root")
def test_full_disk_refuses_before_it_spoils_the_database(tmp_path: Path) -> None:
    """On a full disk Mosquitto 2.0 replaces its database by half of one: we refuse messages while a save still fits."""
    data = tmp_path / "mosquitto"
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(data)], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        with running(tmp_path, reserve_bytes=500_000) as broker:
            device = Device(broker)
            device.send(0, 8000)  # some 2 MB of journal, and the disk must hold a save of them beside it
            until(lambda: "too little disk is free" in broker.log(), "messages are refused")
            assert 0 < device.count < 8000
            member = Member(broker, SHARED)  # takes what waits; then the journal shrinks
            until(lambda: device.count == 8000, "acknowledged once there is room", 60)
            all_stored(device.leave(), member)
            member.leave()
    finally:
        subprocess.run(["umount", str(data)], check=True)


def test_oversized_message_is_not_acknowledged(broker: Broker) -> None:
    """Mosquitto's message_size_limit would send the PUBACK and drop the message."""
    Member(broker, SHARED).leave()
    device = Device(broker)
    device.send(0, 1, size=70_000)
    time.sleep(0.5)
    assert device.leave().count == 0
