"""A real Mosquitto with our journal: what it has acknowledged reaches the bridge's session, whatever is killed."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.stack.errors import ServerDidNotStart
from tests.support.journaled import PLAIN, SHARED, Broker, Device, Member, all_stored, running, until, until_count

both_filters = pytest.mark.parametrize("topic_filter", [PLAIN, SHARED], ids=["plain", "shared"])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running(tmp_path) as started:
        yield started


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of 4 MB where the broker of this folder keeps its data."""
    data = folder / "mosquitto"
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(data)], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", str(data)], check=True)


def _stands_still(device: Device) -> bool:
    """Nothing of it is acknowledged for three seconds; it comes back one second after it was refused."""
    before = device.count
    time.sleep(3)
    return device.count == before


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
    with small_disk(tmp_path), running(tmp_path, reserve_bytes=500_000) as broker:
        device = Device(broker)
        device.send(0, 8000)  # some 2 MB of journal, and the disk must hold a save of them beside it
        until(lambda: "too little disk is free" in broker.log(), "messages are refused")
        assert 0 < device.count < 8000
        member = Member(broker, SHARED)  # takes what waits; then the journal shrinks
        all_stored(device.leave(), member)
        all_stored(Device(broker).send_all(8000, 200), member)
        member.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can only be mounted by root")
def test_room_comes_back_when_what_was_saved_is_taken(tmp_path: Path) -> None:
    """All is saved and the journal empty when the disk is full: the bridge empties the queue, so a save gives room.

    Nothing is journaled meanwhile, so nothing but the lack of room can ask for that save.
    """
    with small_disk(tmp_path), running(tmp_path, reserve_bytes=500_000) as broker:
        Member(broker, SHARED).leave()  # its session takes everything, and mosquitto.db holds it
        device = Device(broker)
        device.send(0, 12_000)
        until(lambda: _stands_still(device) and not broker.segments(), "all is saved, and no room for more")
        assert 0 < device.count < 12_000
        member = Member(broker, SHARED)
        all_stored(device.leave(), member)
        all_stored(Device(broker).send_all(12_000, 200), member)
        member.leave()


def test_oversized_message_is_not_acknowledged(broker: Broker) -> None:
    """Mosquitto's message_size_limit would send the PUBACK and drop the message."""
    Member(broker, SHARED).leave()
    device = Device(broker)
    device.send(0, 1, size=70_000)
    time.sleep(0.5)
    assert device.leave().count == 0
