"""What the assumptions of a city made of a plain list lead to, in sentences with numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from services.city import assumed, messages
from services.city.points import PointList
from services.city.registry import TruckClass

KG_PER_T = 1000


@dataclass(frozen=True)
class AssumedFleet:
    """Trucks of one class, each with a round of a day: the containers it empties, by their place in the list."""

    body: TruckClass
    rounds: Sequence[Sequence[int]]

    @property
    def trucks(self) -> int:
        return len(self.rounds)

    def __str__(self) -> str:
        return messages.FLEET.format(trucks=self.trucks, body=self.body.name)


type FleetFor = Callable[[assumed.Large | None], AssumedFleet]
"""The trucks that can empty everything on one day, by what large containers are taken for."""


def consequences(
    points: PointList, fleet_for: FleetFor, trucks: int | None, large: assumed.Large | None
) -> tuple[str, ...]:
    """How many trucks are assumed, and what hangs on how large containers are emptied.

    Args:
        points: the list.
        fleet_for: makes the trucks.
        trucks: how many there are; None = assumed.
        large: what large containers are said to be; None = not said.
    """
    litres = [point.litres for point in points.points]
    told = []
    if trucks is None:
        tonnes = sum(litres) * assumed.FILL_WHEN_EMPTIED * assumed.KG_PER_L / KG_PER_T
        told.append(messages.TRUCKS_ASSUMED.format(fleet=fleet_for(large), tonnes=tonnes))
    sizes = [size for size in litres if size > assumed.LARGE_L]
    if large is None and sizes:
        told.append(_large(sizes, fleet_for))
    return tuple(told)


def _large(sizes: list[float], fleet_for: FleetFor) -> str:
    """What large containers are taken for, and how many trucks other answers ask for."""
    taken = {assumed.kind_of(size): size for size in sizes}
    names = [f"{assumed.kind_name(size)} ({assumed.service_s(size)} s each)" for size in taken.values()]
    largest = max(sizes)
    answers = [
        messages.LARGE_ANSWER.format(
            name=assumed.kind_name(largest, answer),
            s=assumed.service_s(largest, answer),
            large=answer,
            fleet=fleet_for(answer),
        )
        for answer in get_args(assumed.Large.__value__)
        if set(taken) != {answer}
    ]
    return messages.LARGE_TAKEN.format(
        count=len(sizes),
        over=assumed.LARGE_L,
        largest=largest,
        names=" or ".join(sorted(names)),
        fleet=fleet_for(None),
        answers="; ".join(answers),
    )
