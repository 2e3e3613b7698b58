"""The parts by which a run breaks and mends things do what the run believes of them."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.stack.errors import ServerMissing
from infra.stack.mosquitto import mosquitto
from infra.stack.ports import LOOPBACK
from infra.stack.server import Server
from infra.stack.stack import MqttLogin, Stack
from tests.chaos.claims import Claim, Claims
from tests.chaos.disk import DiskMissing, limited_disk
from tests.chaos.logins import make_logins
from tests.chaos.stage import dead_parts
from tests.chaos.supervisor import Supervisor
from tests.chaos.thief import WANTED, Thief

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """One that watches nothing yet."""
    supervisor = Supervisor()
    supervisor.start()
    yield supervisor
    supervisor.stop()
    for name in supervisor.names():
        supervisor.server(name).stop()


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_full_disk_takes_nothing_and_a_freed_one_does(tmp_path: Path) -> None:
    """A disk that still took a row would make `disk_full` an empty word."""
    try:
        with limited_disk(tmp_path / "disk", size_mb=8) as disk:
            assert disk.fill() > 7_000_000
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                (tmp_path / "disk" / "row").write_bytes(b"x" * 5000)
            disk.free()
            (tmp_path / "disk" / "row").write_bytes(b"x" * 5000)
            assert 5000 <= disk.used_bytes() < 100_000
    except DiskMissing as missing:
        pytest.skip(str(missing))
    assert list((tmp_path / "disk").iterdir()) == []


def test_what_ends_by_itself_is_started_again_and_told(supervisor: Supervisor, tmp_path: Path) -> None:
    """As under systemd; and a process that fell is not hidden by its successor."""
    server = Server("s", SLEEPS, tmp_path / "s.log")
    supervisor.add("s", server)
    first = server.pid
    server.kill()  # not through the supervisor: nobody has told it
    eventually(lambda: server.is_running and server.pid != first)
    assert [ended.name for ended in supervisor.exits] == ["s"]


def test_what_a_fault_took_down_stays_down_until_it_is_brought_back(supervisor: Supervisor, tmp_path: Path) -> None:
    """Else a kill would last only as long as the supervisor takes to look."""
    server = Server("s", SLEEPS, tmp_path / "s.log")
    supervisor.add("s", server)
    supervisor.kill("s")
    time.sleep(1.5)  # more than the supervisor's own pause
    assert not server.is_running
    supervisor.bring_back("s")
    assert server.is_running
    assert supervisor.exits == []


def test_fallen_threads_and_missing_processes_are_found(supervisor: Supervisor, tmp_path: Path) -> None:
    """A service whose thread has died lives on and does nothing: only its log tells."""
    server = Server("s", SLEEPS, tmp_path / "log" / "s.log")
    supervisor.add("s", server)
    assert dead_parts(supervisor, tmp_path / "log") == []
    (tmp_path / "log" / "s.log").write_text("Exception in thread Thread-1 (run):\nTraceback ...\n")
    assert dead_parts(supervisor, tmp_path / "log") == ["s.log: 1 threads ended by an exception"]
    supervisor.stop()
    server.kill()
    assert "s does not run" in dead_parts(supervisor, tmp_path / "log")


def test_same_promise_made_twice_is_one() -> None:
    """A message that was acknowledged twice is one message, or `acknowledged` would count more than was sent."""
    claims = Claims()
    claims.add([Claim("confirmation", 1), Claim("order", 1)])
    claims.add([Claim("confirmation", 1)])
    assert (len(claims), claims.of("confirmation")) == (2, {1})


def _thief_at(server: Server, port: int, stolen: MqttLogin, *, asks: int) -> Thief:
    """One that has been at this broker until it had so many answers; nobody is there where `asks` is 0."""
    stack = Stack("real", Path(), "", "", "", LOOPBACK, port)
    thief = Thief(stack, stolen, stays_s=0.3)
    if asks:
        server.start()
    thief.start()
    try:
        eventually(lambda: thief.refused + thief.granted.total() >= asks)
    finally:
        thief.finish()
        server.stop()
    return thief


def test_thief_is_found_out_where_it_gets_in_and_where_it_never_asked(tmp_path: Path) -> None:
    """A thief that could not steal if the door stood open would prove nothing about the door."""
    logins = make_logins(tmp_path)
    stolen = logins.stolen
    for name in ("open", "guarded"):
        (tmp_path / name).mkdir()
    try:
        opened, guarded = mosquitto(tmp_path / "open"), mosquitto(tmp_path / "guarded", logins=logins.mqtt)
    except ServerMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    # A visit for each of its names; the fourth is a bridge's.
    got_in = _thief_at(*opened, stolen, asks=4 * len(WANTED)).found()
    assert [fault.split(" was granted")[0] for fault in got_in[: len(WANTED)]] == list(WANTED)
    assert "it came in as a bridge, 1 times" in got_in
    assert _thief_at(*guarded, stolen, asks=3 * len(WANTED)).found() == []
    never_asked = _thief_at(*guarded, stolen, asks=0)
    assert never_asked.found() == ["it was never refused: it has not reached the broker"]
