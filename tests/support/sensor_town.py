"""A town of few containers, lived day by day with sensors, as the ledger's split by sensors sees it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from services.city.registry import Registry
from services.contracts.fields import ONLY_FLEET
from services.contracts.ledger import SavedByCause
from services.fill.belief import Belief, learn, start
from services.fill.evidence import Evidence
from services.ledger.driving import Scale
from services.ledger.fuel import FuelBook
from services.ledger.sensors import Compared, SavedBySensors, SensorDay, saved_by_sensors
from services.ledger.without_sensors import LivedDay
from services.planning.problem import fuel_models
from services.roads.roads import EstimatedRoads
from tests.support.choice_town import bin_, town

BEGUN = date(2026, 3, 2)
DAYS = 28
FIRST = BEGUN + timedelta(days=14)
LAST = BEGUN + timedelta(days=DAYS - 1)
CAUSE = SavedByCause(choice_l=5.0, routing_l=2.0)
ROUND_AT = 10
"""Hour (UTC) at which trucks come: the middle of the shift."""


class Lived(NamedTuple):
    """All that the split by sensors asks for."""

    days: list[SensorDay]
    beliefs: Mapping[str, Belief]
    account: Mapping[str, Sequence[Evidence]]

    def told(self, first: date = FIRST, last: date = LAST) -> SavedBySensors:
        rates = dict.fromkeys((c.id for c in self.days[0].lived.registry.containers), 0.1)
        return saved_by_sensors(self.days, self.beliefs, rates, self.account, first=first, last=last)


def row_of(count: int, **rules: object) -> Registry:
    """So many containers in a row emptied from six to fourteen."""
    return town(*(bin_(f"C{n}", east=n) for n in range(count)), **rules)  # type: ignore[arg-type]


def live(
    registry: Registry, goes: Callable[[str, int], bool], *, a_day: float, seen: bool = False, sensors: bool = True
) -> Lived:
    """`a_day` comes in evenly; `goes` says of each container and day number whether it is emptied, as it was due."""
    account: dict[str, list[Evidence]] = {c.id: [] for c in registry.containers}
    beliefs = dict.fromkeys(account, start())
    emptied_at = dict.fromkeys(account, _at(-1, ROUND_AT))
    days: list[SensorDay] = []
    for number in range(DAYS):
        gone = [c for c in account if goes(c, number)]
        for container, told_of in account.items():
            pieces = _readings(emptied_at[container], number, a_day) if sensors else []
            if container in gone:
                at = _at(number, ROUND_AT)
                level = a_day * ((at - emptied_at[container]) / timedelta(days=1))
                told = round(level * 4) / 4 if seen else None
                pieces.append(Evidence("emptied", at, at, told, id=UUID(int=number)))
                told_of.append(pieces[-1])
                emptied_at[container] = at
                pieces += _readings(at, number, a_day, after=True) if sensors else []
            else:
                pieces += _readings(emptied_at[container], number, a_day, after=True) if sensors else []
            for piece in pieces:
                beliefs[container] = learn(beliefs[container], piece)
        days.append(SensorDay(_lived(registry, number, gone), _compared(registry)))
    return Lived(days, beliefs, account)


def _readings(emptied_at: datetime, number: int, a_day: float, *, after: bool = False) -> list[Evidence]:
    """Each hour of a day before the round, or after it."""
    hours = range(ROUND_AT + 1, 24) if after else range(ROUND_AT)
    instants = (_at(number, hour) for hour in hours)
    return [Evidence("reading", at, at, min(a_day * ((at - emptied_at) / timedelta(days=1)), 1.0)) for at in instants]


def _lived(registry: Registry, number: int, gone: Collection[str]) -> LivedDay:
    day = BEGUN + timedelta(days=number)
    roads = EstimatedRoads(registry.city.roads)
    asked = dict.fromkeys(gone, True)
    return LivedDay(ONLY_FLEET, day, registry, _at(number, 5), asked, frozenset(gone), {}, lambda: roads)


def _compared(registry: Registry) -> Compared:
    book = FuelBook()
    fuel = {truck: book.of(truck, model) for truck, model in fuel_models(registry).items()}
    return Compared(fuel, Scale(), 30.0, CAUSE)


def _at(number: int, hour: int) -> datetime:
    return datetime.combine(BEGUN, time(hour), tzinfo=UTC) + timedelta(days=number)
