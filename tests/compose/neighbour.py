"""Another machine beside ours: a network namespace of its own, with one cable between the two.

What it reaches at our address is what the world reaches; and it is a world for containers to reach out to.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "tournee-beside"
NETWORKS = ("198.51.100", "203.0.113")
"""For examples only (RFC 5737), hence nobody's; a machine made for tests may use one itself all the same."""
PORT = 7
PROC = Path("/proc")
CONNECT = """\
import socket, sys
for target in sys.argv[1:]:
    host, _, port = target.rpartition(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect((host, int(port)))
            print(target)
        except OSError as failure:
            print(failure, file=sys.stderr)
"""
LISTEN = f"""\
import socket
with socket.create_server(("", {PORT})) as server:
    print(flush=True)
    while True:
        server.accept()[0].close()
"""


class Neighbour:
    """It listens, and sends what it knows no way to through us. `ours` is our address on the cable."""

    def __init__(self, network: str) -> None:
        self.ours, self._theirs = f"{network}.1", f"{network}.2"

    def reaches(self, targets: Iterable[str]) -> set[str]:
        """Which of them (address:port) accept a connection from it."""
        return _connected(["ip", "netns", "exec", NAME], targets)

    def is_reached_from(self, pid: int) -> bool:
        """Whether a process gets out to it from where that process is."""
        return bool(_connected(["nsenter", "--target", str(pid), "--net"], [f"{self._theirs}:{PORT}"]))

    def lay_cable(self) -> None:
        for command in (
            f"link add {NAME} type veth peer name cable netns {NAME}",
            f"addr add {self.ours}/30 dev {NAME}",
            f"link set {NAME} up",
            f"-n {NAME} addr add {self._theirs}/30 dev cable",
            f"-n {NAME} link set lo up",
            f"-n {NAME} link set cable up",
            f"-n {NAME} route add default via {self.ours}",
        ):
            _ip(command)


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    used = _ip("-4 addr") + _ip("-4 route")
    beside = Neighbour(next(network for network in NETWORKS if network not in used))
    _ip(f"netns add {NAME}")
    try:
        beside.lay_cable()
        listens = ["ip", "netns", "exec", NAME, sys.executable, "-c", LISTEN]
        with subprocess.Popen(listens, stdout=subprocess.PIPE) as listener:
            assert listener.stdout
            listener.stdout.readline()
            try:
                yield beside
            finally:
                listener.terminate()
    finally:
        _ip(f"netns delete {NAME}")


def listening_ports(pid: int) -> set[int]:
    """TCP, on which others than the machine itself may connect to, where the process is (proc(5), net/tcp)."""
    lines = [line for name in ("tcp", "tcp6") for line in (PROC / f"{pid}/net/{name}").read_text().splitlines()]
    found = [re.match(r" *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ 0A ", line) for line in lines]
    # 127.0.0.0/8 ends with 7F in the order in which the kernel prints it; ::1 with a 1.
    return {int(each[2], 16) for each in found if each and not each[1].endswith(("7F", "01000000"))}


def _connected(prefix: list[str], targets: Iterable[str]) -> set[str]:
    run = subprocess.run([*prefix, sys.executable, "-c", CONNECT, *targets], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def _ip(command: str) -> str:
    return subprocess.run(["ip", *command.split()], check=True, capture_output=True, text=True).stdout
