"""One line of the doctor."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Status = Literal["ok", "look", "fail"]


@dataclass(frozen=True)
class Finding:
    """`look`: goes on, but somebody should. `fail`: does not work. Both say what to do next."""

    status: Status
    what: str
    detail: str
    next: str = ""


def ok(what: str, detail: str) -> Finding:
    return Finding("ok", what, detail)


def look(what: str, detail: str, next_: str) -> Finding:
    return Finding("look", what, detail, next_)


def fail(what: str, detail: str, next_: str) -> Finding:
    return Finding("fail", what, detail, next_)


def in_words(age: timedelta) -> str:
    """An age as one reads it: 40 s, 12 min, 5 h, 3 days."""
    seconds = age.total_seconds()
    for limit_s, unit_s, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if abs(seconds) < limit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def in_bytes(size: float) -> str:
    """1.5 GB, 300 MB, 8 kB; powers of ten, as disks are sold."""
    for limit, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size / 1e3:.0f} kB"
