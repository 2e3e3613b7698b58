"""What each door heard, gathered so that one event stands for all messages of some seconds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import uuid4

from services.contracts.doors import DoorHeard
from services.edges.taking import Taken

MOST_TEXT = 300


@dataclass
class _Gathered:
    last_at: datetime
    messages: int = 0
    left_aside: int = 0
    rejected: int = 0
    last_device: str | None = None
    last_left_aside: str | None = None
    last_rejected: str | None = None


class DoorStates:
    """Safe from any thread. A process that is killed does not tell what it gathered last; no message is lost."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gathered: dict[tuple[str, str], _Gathered] = {}

    def add(self, taken: Taken, at: datetime) -> None:
        """A message of another maker's network came at this instant."""
        device, left_aside, rejected = taken.heard.device, None, None
        if taken.outcome == "rejected":
            rejected = f"{device or '?'} · {taken.detail}"
        elif taken.heard.dropped:
            name, told = taken.heard.dropped[-1]
            left_aside = f"{device or '?'} · {name}: {told}"
        self.count(taken.city, taken.door, at, device=device, left_aside=left_aside, rejected=rejected)

    def count(
        self,
        city: str,
        door: str,
        at: datetime,
        *,
        device: str | None = None,
        left_aside: str | None = None,
        rejected: str | None = None,
    ) -> None:
        """A message came at this instant; what of it was left aside, or why it was rejected."""
        with self._lock:
            state = self._gathered.get((city, door))
            if state is None:
                state = self._gathered[city, door] = _Gathered(at)
            state.messages += 1
            state.last_at = max(state.last_at, at)
            state.last_device = device or state.last_device
            if rejected is not None:
                state.rejected += 1
                state.last_rejected = rejected
            elif left_aside is not None:
                state.left_aside += 1
                state.last_left_aside = left_aside

    def take(self) -> Iterator[DoorHeard]:
        """What was gathered since this was last asked."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        for (city, door), state in gathered.items():
            yield DoorHeard(
                id=uuid4(),
                city=city,
                door=door,
                messages=state.messages,
                left_aside=state.left_aside,
                rejected=state.rejected,
                last_at=state.last_at,
                last_device=_short(state.last_device),
                last_left_aside=_short(state.last_left_aside),
                last_rejected=_short(state.last_rejected),
            )


def _short(text: str | None) -> str | None:
    return None if text is None else text.replace("\0", "")[:MOST_TEXT]
