"""What residents' doors heard: told to Kafka some seconds later, many messages as one event, as other doors do it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from services.contracts import topics
from services.contracts.reports import ReportDoor
from services.edges.states import DoorStates
from services.errors import StoreAway, StreamAway, TourneeError
from services.web.rendering.problems import WebProblem
from services.web.reports.georeport import Fault
from services.web.requests.stream import Stream

log = logging.getLogger(__name__)

GATHER_S = 10.0


@dataclass
class Noted:
    """What is to be told of a message; a place or a kind that is wrong, never what a resident wrote."""

    left_aside: list[str] = field(default_factory=list)
    rejected: str | None = None


class ReportDoors:
    """Of one web process; safe from any thread. One that is killed does not tell what it gathered last."""

    def __init__(self, stream: Stream, gather_s: float = GATHER_S) -> None:
        self._stream = stream
        self._gather_s = gather_s
        self._states = DoorStates()
        self._lock = threading.Lock()
        self._is_waiting = False

    @contextmanager
    def hears(self, city: str, door: ReportDoor, at: datetime) -> Iterator[Noted]:
        """A message comes at this instant; what is raised of it is told as why it was rejected."""
        noted = Noted()
        try:
            yield noted
        except (Fault, StoreAway, StreamAway) as error:
            noted.rejected = str(error)
            raise
        except WebProblem as problem:
            noted.rejected = problem.code.replace("_", " ")
            raise
        finally:
            aside = ", ".join(noted.left_aside) or None
            self._states.count(city, door, at, left_aside=aside, rejected=noted.rejected)
            self._tell_soon()

    def tell(self) -> None:
        """Send what was gathered since this was last done. What Kafka does not take is logged, and lost."""
        with self._lock:
            self._is_waiting = False
        try:
            for state in self._states.take():
                self._stream.send(topics.DOOR_STATES, topics.key(state.city, state.door), state.to_bytes())
        except TourneeError as away:
            log.warning("what residents' doors heard is not told: %s", away)

    def _tell_soon(self) -> None:
        with self._lock:
            if self._is_waiting:
                return
            self._is_waiting = True
        timer = threading.Timer(self._gather_s, self.tell)
        timer.daemon = True
        timer.start()


def get_report_doors(request: Request) -> ReportDoors:
    doors: ReportDoors = request.app.state.report_doors
    return doors


WithDoors = Annotated[ReportDoors, Depends(get_report_doors)]
