"""Messages that come in at once, taken and confirmed together: Kafka is waited for once, and not by each of them."""

import asyncio
import logging
import threading
from typing import NamedTuple

from services.edges.doorkeeper import DoorKeeper
from services.edges.outlet import Outlet
from services.edges.taking import Made, Taken
from services.errors import StreamAway

log = logging.getLogger(__name__)


class Message(NamedTuple):
    """What came at a door of a city; `device`: the truck whose key it came by."""

    city: str
    door: str
    payload: bytes
    device: str | None


class _Waiting(NamedTuple):
    message: Message
    answer: "asyncio.Future[Taken]"
    loop: asyncio.AbstractEventLoop


class Together:
    """On a thread of its own, turn by turn: what came while Kafka was waited for is the next turn's."""

    def __init__(self, doorkeeper: DoorKeeper, outlet: Outlet) -> None:
        self._doorkeeper = doorkeeper
        self._outlet = outlet
        self._came = threading.Condition()
        self._waiting: list[_Waiting] = []
        threading.Thread(target=self._run, name="together", daemon=True).start()

    async def take(self, message: Message) -> Taken:
        """It as it was taken, once Kafka has what became of it.

        Raises:
            StreamAway: Kafka has not confirmed it in time; it may be sent again.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Taken] = loop.create_future()
        with self._came:
            self._waiting.append(_Waiting(message, answer, loop))
            self._came.notify()
        return await answer

    def _run(self) -> None:
        while True:
            with self._came:
                while not self._waiting:
                    self._came.wait()
                waiting, self._waiting = self._waiting, []
            for loop, settled in _by_loop(self._settle(waiting)).items():
                loop.call_soon_threadsafe(_answer, settled)

    def _settle(self, waiting: list[_Waiting]) -> list[tuple[_Waiting, Taken | Exception]]:
        """What becomes of each: a message that nobody could foresee costs the others nothing."""
        settled: list[tuple[_Waiting, Taken | Exception]] = []
        events: list[Made] = []
        for each in waiting:
            message = each.message
            try:
                taken = self._doorkeeper.take(message.city, message.door, message.payload, device=message.device)
            except Exception as error:
                log.exception("a message at %s/%s failed in a way nobody has foreseen", message.city, message.door)
                settled.append((each, error))
                continue
            settled.append((each, taken))
            events += taken.events
        try:
            self._outlet.confirm(events)
        except StreamAway as away:
            return [(each, away) for each, _ in settled]
        except Exception as error:
            log.exception("Kafka failed in a way nobody has foreseen")
            return [(each, error) for each, _ in settled]
        return settled


type _Settled = list[tuple[_Waiting, Taken | Exception]]


def _by_loop(settled: _Settled) -> dict[asyncio.AbstractEventLoop, _Settled]:
    loops: dict[asyncio.AbstractEventLoop, _Settled] = {}
    for each in settled:
        loops.setdefault(each[0].loop, []).append(each)
    return loops


def _answer(settled: _Settled) -> None:
    for waiting, outcome in settled:
        if waiting.answer.done():  # whoever asked has gone
            continue
        if isinstance(outcome, Exception):
            waiting.answer.set_exception(outcome)
        else:
            waiting.answer.set_result(outcome)
