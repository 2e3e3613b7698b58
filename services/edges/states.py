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
        """A message came at this instant."""
        with self._lock:
            state = self._gathered.setdefault((taken.city, taken.door), _Gathered(at))
            state.messages += 1
            state.last_at = max(state.last_at, at)
            state.last_device = taken.heard.device or state.last_device
            if taken.outcome == "rejected":
                state.rejected += 1
                state.last_rejected = f"{taken.heard.device or '?'} · {taken.detail}"
            elif taken.heard.dropped:
                state.left_aside += 1
                name, told = taken.heard.dropped[-1]
                state.last_left_aside = f"{taken.heard.device or '?'} · {name}: {told}"

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
