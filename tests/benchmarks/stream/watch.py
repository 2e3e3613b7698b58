"""What processes use: CPU seconds and resident memory, their children included, read from the kernel."""

import os
from collections.abc import Mapping
from pathlib import Path

from infra.stack.server import Server
from infra.stack.stack import Stack

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


class Watch:
    """CPU and memory of named processes between `__init__` and now."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._began_s = {name: cpu_s(pid) for name, pid in self._pids.items()}
        self.peak_mb: dict[str, float] = dict.fromkeys(self._pids, 0.0)
        self.first_mb: dict[str, float] = {}

    @classmethod
    def of(cls, services: Mapping[str, Server], stack: Stack) -> "Watch":
        """Of our services and of the servers they run on."""
        named = [*services.items(), *stack.servers.items()]
        return cls({name: server.pid for name, server in named if server.pid is not None})

    def look(self) -> dict[str, float]:
        """Resident memory of each in MB, now; kept as the peak, and the first time as the start."""
        now_mb = {name: resident_mb(pid) for name, pid in self._pids.items()}
        self.first_mb = self.first_mb or now_mb
        self.peak_mb = {name: max(peak, now_mb[name]) for name, peak in self.peak_mb.items()}
        return now_mb

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds of each since the beginning."""
        return {name: cpu_s(pid) - self._began_s[name] for name, pid in self._pids.items()}


def cpu_s(pid: int) -> float:
    """User and system time of a process and all under it, those that have ended too."""
    return sum(_own_cpu_s(each) for each in _tree(pid))


def resident_mb(pid: int) -> float:
    """Resident memory of one process, its children not included (a database's share their buffers)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB


def _own_cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:  # it ended meanwhile; its parent has its time
        return 0.0
    return sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICKS_PER_S


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        below = [int(child) for child in children.read_text().split()]
    except OSError:
        below = []
    return [pid, *(each for child in below for each in _tree(child))]
