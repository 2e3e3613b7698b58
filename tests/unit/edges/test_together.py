"""Messages that come at once wait for Kafka together, and each has its own answer."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from services.edges.choosing import DECODERS
from services.edges.door_registry import FreshDoorRegistry
from services.edges.doorkeeper import DoorKeeper
from services.edges.taking import Made, Taken, Taker
from services.edges.together import Message, Together
from services.errors import StreamAway
from tests.support.published import chirpstack, payload
from tests.unit.edges.test_taking import KEEP, REGISTRY, STRAIGHT, Fixed

GOOD = Message("cotonou", "chirpstack", payload(chirpstack(object=STRAIGHT)), None)
BAD = GOOD._replace(payload=b"{")


class Kafka:
    """Confirms when it is let; how many events of each time are kept."""

    def __init__(self) -> None:
        self.confirmed: list[int] = []
        self.may = threading.Event()
        self.asked = threading.Event()
        self.away: Exception | None = None

    def confirm(self, events: Sequence[Made]) -> None:
        self.asked.set()
        assert self.may.wait(10)
        if self.away is not None:
            raise self.away
        self.confirmed.append(len(events))


def together(kafka: Kafka) -> Together:
    doorkeeper = DoorKeeper(FreshDoorRegistry(lambda: REGISTRY), Fixed(), Taker(DECODERS, KEEP))
    return Together(doorkeeper, kafka)  # type: ignore[arg-type]


def test_what_comes_while_kafka_is_waited_for_is_confirmed_in_one() -> None:
    """The first is asked for alone, the ten that came meanwhile together: two events each, and one of the refused."""
    kafka = Kafka()

    async def all_of_them() -> list[Taken]:
        door = together(kafka)
        first = asyncio.create_task(door.take(GOOD))
        await asyncio.to_thread(kafka.asked.wait, 10)
        others = [asyncio.create_task(door.take(message)) for message in (*[GOOD] * 9, BAD)]
        await asyncio.sleep(0.05)
        kafka.may.set()
        return await asyncio.gather(first, *others)

    outcomes = [taken.outcome for taken in asyncio.run(all_of_them())]
    assert outcomes == ["taken"] * 10 + ["rejected"]
    assert kafka.confirmed == [2, 19]


def test_without_kafka_each_is_told_to_come_again() -> None:
    kafka = Kafka()
    kafka.away = StreamAway("no Kafka")
    kafka.may.set()

    async def both() -> list[Taken | BaseException]:
        door = together(kafka)
        return await asyncio.gather(door.take(GOOD), door.take(GOOD), return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(both())] == [StreamAway, StreamAway]


def test_a_message_that_nobody_has_foreseen_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = Kafka()
    kafka.may.set()
    real = DoorKeeper.take

    def breaks(self: DoorKeeper, city: str, door: str, body: bytes, *, device: str | None = None) -> Taken:
        if body == b"odd":
            raise KeyError("odd")
        return real(self, city, door, body, device=device)

    monkeypatch.setattr(DoorKeeper, "take", breaks)

    async def both() -> list[Taken | BaseException]:
        door = together(kafka)
        return await asyncio.gather(door.take(GOOD._replace(payload=b"odd")), door.take(GOOD), return_exceptions=True)

    odd, good = asyncio.run(both())
    assert isinstance(odd, KeyError)
    assert isinstance(good, Taken)
    assert good.outcome == "taken"
