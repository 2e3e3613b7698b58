"""What starts and ends servers: process trees, ports that stay ours, a cache that is whole or not there."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.stack.cache import cached
from infra.stack.environment import write_environment
from infra.stack.errors import ServerDidNotStart
from infra.stack.ports import answers, free_port, wait_until
from infra.stack.process import descendants, hold_tree, kill_tree, resume_tree
from infra.stack.server import Server

FORKING = """
import os, sys, time
for _ in range(2):
    if os.fork() == 0:
        os.setsid()  # as PostgreSQL's backends do
        break
while True:
    time.sleep(0.01)
    with open(sys.argv[1], "a") as file:
        file.write("x")
"""


@pytest.fixture
def beats(tmp_path: Path) -> Path:
    """A file that each process of the family writes to as long as it lives."""
    return tmp_path / "beats"


@pytest.fixture
def family(beats: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with two children, each the leader of its own session."""
    process = subprocess.Popen([sys.executable, "-c", FORKING, str(beats)])
    wait_until(lambda: len(descendants(process.pid)) == 2, what="the family", patience_s=10)
    wait_until(beats.exists, what="the first beat", patience_s=10)
    yield process
    if process.poll() is None:
        kill_tree(process.pid)
    process.wait()


def is_beating(beats: Path) -> bool:
    before = beats.stat().st_size
    time.sleep(0.2)
    return beats.stat().st_size > before


def test_killing_a_tree_leaves_no_child(family: subprocess.Popen[bytes], beats: Path) -> None:
    """Children in sessions of their own would survive a killed process group, and hold its port."""
    kill_tree(family.pid)
    assert family.wait(5) == -signal.SIGKILL
    assert not is_beating(beats)


def test_holding_a_tree_holds_every_child_until_resumed(family: subprocess.Popen[bytes], beats: Path) -> None:
    """A fault that held only the parent would test nothing."""
    hold_tree(family.pid)
    assert not is_beating(beats)
    resume_tree(family.pid)
    assert is_beating(beats)


def test_held_server_can_be_stopped(tmp_path: Path) -> None:
    """Cleaning up after a failed test must not wait for a process that cannot hear."""
    server = Server("sleeper", ["sleep", "60"], tmp_path / "log")
    server.start()
    server.pause()
    began_s = time.monotonic()
    server.stop()
    assert not server.is_running
    assert time.monotonic() - began_s < 5


def test_server_starts_again_on_its_port_after_a_kill(tmp_path: Path) -> None:
    """A killed server comes back where its clients look for it."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    server = Server("web", command, tmp_path / "log", ready=lambda: answers(port))
    server.start()
    server.kill()
    assert not answers(port)
    server.start()
    assert answers(port)
    server.stop()


def test_started_again_waits_for_the_line_of_this_start(tmp_path: Path) -> None:
    """What the last life of a service logged says nothing about this one."""
    say_once = tmp_path / "said"
    command = ["sh", "-c", f"test -e {say_once} || echo it works; touch {say_once}; exec sleep 60"]
    server = Server("talker", command, tmp_path / "log", ready_line="it works")
    server.start()
    server.kill()
    server.patience_s = 0.5
    with pytest.raises(ServerDidNotStart, match="talker was not ready"):
        server.start()
    server.kill()


def test_ports_lie_below_those_the_kernel_gives_to_clients() -> None:
    """Else a client could be given the port of a server that is down for a moment, and keep it from coming back."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(given.read_text().split()[0]) if given.exists() else 32_768
    ports = [free_port() for _ in range(50)]
    assert max(ports) < first
    assert len(set(ports)) == 50


def test_failed_build_leaves_nothing_that_looks_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that breaks off is done anew, not taken for whole."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def breaks_off(place: Path) -> None:
        (place / "half").write_text("half")
        raise ConnectionError

    with pytest.raises(ConnectionError):
        cached("thing", breaks_off)
    assert not (tmp_path / "tournee" / "thing").exists()
    whole = cached("thing", lambda place: (place / "whole").touch())
    assert [path.name for path in whole.iterdir()] == ["whole"]


def test_two_at_once_build_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two test runs on a fresh machine share one download."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built: list[int] = []

    def build(place: Path) -> None:
        built.append(os.getpid())
        time.sleep(0.2)
        (place / "x").touch()

    asking = [threading.Thread(target=cached, args=("thing", build)) for _ in range(3)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(10)
    assert len(built) == 1


def test_settings_reach_a_shell_as_they_are(tmp_path: Path) -> None:
    """What `stack up` and the demo write is read by any shell, and by its owner alone: passwords are in it."""
    url = "postgresql://tournee:p-w'd $HOME@127.0.0.1:5432/tournee"
    file = write_environment(tmp_path, {"TOURNEE_DATABASE_URL": url, "TOURNEE_WEB_PORT": "8080"})
    told = subprocess.run(
        ["sh", "-c", f". {file}; printenv TOURNEE_DATABASE_URL TOURNEE_WEB_PORT"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == f"{url}\n8080\n"
    assert file.stat().st_mode & 0o777 == 0o600
