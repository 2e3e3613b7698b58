"""A process and everything it has forked, by process id.

A process group is not enough: PostgreSQL's backends each lead a group of their own, so that the postmaster can signal
them one by one (`InitPostmasterChild` in its source calls `setsid`).
"""

import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from infra.stack.errors import StackError

_PROC = Path("/proc")
END_PATIENCE_S = 10.0


def descendants(pid: int) -> list[int]:
    """The living children of a process, their children, and so on: parents before children."""
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent, state in _processes():
        if state not in "ZX":  # ended, only not yet counted by its parent
            children[parent].append(child)
    found = list(children[pid])
    for process in found:  # grows while it is walked
        found += children[process]
    return found


def hold_tree(pid: int) -> None:
    """SIGSTOP to a process, so that it forks no more, and then to all it has forked."""
    _send(pid, signal.SIGSTOP)
    held: set[int] = set()
    while new := set(descendants(pid)) - held:
        for process in new:
            _send(process, signal.SIGSTOP)
        held |= new


def resume_tree(pid: int) -> None:
    """SIGCONT to all a process has forked, and then to itself."""
    for process in (*descendants(pid), pid):
        _send(process, signal.SIGCONT)


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and all it has forked; returns when those it has forked are gone.

    Raises:
        StackError: one of them does not end, as one that waits for a broken disk.
    """
    hold_tree(pid)
    deadline_s = time.monotonic() + END_PATIENCE_S
    # Its children first: once it is gone they are nobody's, and cannot be found any more.
    while living := descendants(pid):
        for process in living:
            _send(process, signal.SIGKILL)
        if time.monotonic() > deadline_s:
            raise StackError(f"processes {living} of {pid} do not end, {END_PATIENCE_S:.0f} s after SIGKILL")
        time.sleep(0.005)
    _send(pid, signal.SIGKILL)


def _send(pid: int, wanted: signal.Signals) -> None:
    try:
        os.kill(pid, wanted)
    except ProcessLookupError:
        return  # it ended by itself meanwhile


def _processes() -> Iterator[tuple[int, int, str]]:
    """Every process: its id, its parent's, its state (a letter, see proc(5) and ps(1))."""
    if not _PROC.joinpath("self/stat").exists():
        yield from _processes_of_ps()
        return
    for path in _PROC.glob("[0-9]*/stat"):
        try:
            # "pid (name) state ppid ...", and the name may hold spaces and brackets.
            state, parent = path.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        yield int(path.parent.name), int(parent), state


def _processes_of_ps() -> Iterator[tuple[int, int, str]]:
    """Where there is no /proc, as on macOS."""
    told = subprocess.run(["ps", "-axo", "pid=,ppid=,state="], capture_output=True, text=True, check=True).stdout
    for line in told.splitlines():
        pid, parent, state = line.split()[:3]
        yield int(pid), int(parent), state[0]
