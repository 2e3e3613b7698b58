"""An engine of ours leaves a machine as it found it, whatever ends it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.stack.errors import ServerMissing
from tests.compose.engine import running_engine
from tests.compose.leftovers import FORWARDING
from tests.compose.releases import ROOT

PROGRAM = """
import signal, sys
from tests.compose.engine import running_engine
from tests.compose.stand_ins import DEBIAN, import_debian

with running_engine() as engine:
    import_debian(engine)
    engine.docker("network", "create", "left")
    engine.docker("run", "--detach", "--network", "left", "--publish", "127.0.0.1:18883:1", DEBIAN, "sleep", "1000")
    print(engine.folder, flush=True)
    if sys.argv[1] == "daemon":
        engine.server.kill()
        raise RuntimeError("the daemon was killed")
    signal.pause()
"""


@pytest.fixture(scope="module", autouse=True)
def _may_run() -> None:
    try:
        with running_engine():
            pass
    except ServerMissing as missing:
        pytest.skip(f"no engine may run here: {missing}")


@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM", "daemon"])
def test_nothing_is_left(end: str) -> None:
    """Ctrl-C, the end of a time limit, and a daemon that is killed amid a test."""
    before = _traces()
    command = [sys.executable, "-c", PROGRAM, end]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stdout
        folder = run.stdout.readline().strip()
        if folder and end != "daemon":
            assert _traces() != before
            run.send_signal(signal.Signals[end])
        told = run.communicate()[1]
    assert "KeyboardInterrupt" in told or "the daemon was killed" in told, told
    assert not Path(folder).exists()
    assert folder not in Path("/proc/mounts").read_text()
    assert _traces() == before


def _traces() -> dict[str, str]:
    """Processes of engines, networks, rules and what is passed on: as this machine has them now."""
    commands = (["ip", "-brief", "link"], ["iptables", "-S"], ["iptables", "-t", "nat", "-S"])
    told = {" ".join(command): subprocess.check_output(command, text=True) for command in commands}
    names = (path.read_text().strip() for path in Path("/proc").glob("[0-9]*/comm") if path.exists())
    engines = sorted(name for name in names if name.startswith(("dockerd", "containerd", "docker-proxy")))
    return told | {"engines": " ".join(engines), "forwarding": FORWARDING.read_text()}
