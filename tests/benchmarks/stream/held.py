"""Processes held to a share of a core each, so that two of them can show that they add up on a machine of two cores."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.stack.server import Server

GROUPS_V1, GROUPS_V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
PERIOD_US = 20_000


def can_hold() -> bool:
    """Whether we may make control groups: as root, where the kernel shows them."""
    return _v1() or (GROUPS_V2 / "cgroup.controllers").exists()


@contextmanager
def held(servers: Iterable[Server], share: float) -> Iterator[None]:
    """Give each process at most `share` of one core, until the end of the block.

    Raises:
        OSError: not our right, or no control groups here.
    """
    made = [_hold(server, share) for server in servers]
    try:
        yield
    finally:
        for group in made:
            home = group.parent / "cgroup.procs"
            for pid in (group / "cgroup.procs").read_text().split():
                home.write_text(pid)
            group.rmdir()


def _hold(server: Server, share: float) -> Path:
    group = (GROUPS_V1 if _v1() else GROUPS_V2) / f"tournee-bench-{server.pid}"
    group.mkdir()
    quota_us = int(PERIOD_US * share)
    if _v1():
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    else:
        (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
    (group / "cgroup.procs").write_text(str(server.pid))
    return group


def _v1() -> bool:
    return (GROUPS_V1 / "cgroup.procs").exists()
