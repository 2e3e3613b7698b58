"""Room on this machine's disk, where the data of a small installation lives too."""

from pathlib import Path
from shutil import disk_usage

from infra.doctor.findings import Finding, fail, in_bytes, look, ok

LOOK_BELOW = 0.20
FAIL_BELOW = 0.05
NEXT = "make room, or lower TOURNEE_KEEP_READINGS_DAYS: a full disk stops the whole stream"


def check_disk(path: Path = Path()) -> list[Finding]:
    """The disk of the current folder."""
    disk = disk_usage(path)
    detail = f"{in_bytes(disk.free)} of {in_bytes(disk.total)} free on this machine"
    free_ratio = disk.free / disk.total
    if free_ratio < FAIL_BELOW:
        return [fail("disk", detail, NEXT)]
    return [look("disk", detail, NEXT) if free_ratio < LOOK_BELOW else ok("disk", detail)]
