"""The parts by which a run breaks and mends things do what the run believes of them."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.stack.server import Server
from tests.chaos.claims import Claim, Claims
from tests.chaos.disk import DiskMissing, limited_disk
from tests.chaos.stage import dead_parts
from tests.chaos.supervisor import Supervisor

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
