"""Orders that wait for the planner: by city in turn, whoever has had least of its time first."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

from services.contracts.planning import PlanDay

WINDOW_S = 3600.0
QUOTA_S = 1800.0
"""Of searching, a city has in an hour; beyond it an order is searched for no longer than the floor."""
FLOOR_S = 30.0
"""A day of some hundred containers has most of its savings by then."""
MOST_OF_A_CITY = 100
ALIKE_WITHIN = timedelta(minutes=1)
"""Of what is known: the same order again so soon is a second press of the button."""
NOT_THE_ORDER = {"request_id", "as_of", "ordered_by", "ordered_at"}


@dataclass(frozen=True)
class Waited:
    """An order, and those that ask for the very same."""

    order: PlanDay
    twins: list[PlanDay] = field(default_factory=list)

    def is_alike(self, other: PlanDay) -> bool:
        mine, theirs = self.order.as_of, other.as_of
        if (mine is None) != (theirs is None):
            return False
        is_near = mine is None or theirs is None or abs(mine - theirs) <= ALIKE_WITHIN
        return is_near and self.order.model_dump(exclude=NOT_THE_ORDER) == other.model_dump(exclude=NOT_THE_ORDER)


class Waiting:
    """Of one planner."""

    def __init__(self) -> None:
        self._waited: list[Waited] = []
        self._spent: deque[tuple[float, str, float]] = deque()

    def __len__(self) -> int:
        return len(self._waited)

    def add(self, order: PlanDay) -> bool:
        """Let it wait. One that waits already, under its id or as the same of another, waits once.

        Returns:
            False where too many of its city wait: it does not.
        """
        for waited in self._waited:
            if order.request_id in {each.request_id for each in (waited.order, *waited.twins)}:
                return True
            if waited.is_alike(order):
                waited.twins.append(order)
                return True
        if sum(waited.order.city == order.city for waited in self._waited) >= MOST_OF_A_CITY:
            return False
        self._waited.append(Waited(order))
        return True

    def take_next(self, now_s: float) -> Waited:
        """The oldest of the city that was searched for least within the hour; its limit is what the city has left."""
        spent = self._spent_since(now_s - WINDOW_S)
        chosen = min(self._waited, key=lambda waited: spent.get(waited.order.city, 0.0))
        self._waited.remove(chosen)
        left_s = max(FLOOR_S, QUOTA_S - spent.get(chosen.order.city, 0.0))
        return Waited(_within(chosen.order, left_s), [_within(twin, left_s) for twin in chosen.twins])

    def spend(self, city: str, took_s: float, now_s: float) -> None:
        """An order of the city took so long."""
        self._spent.append((now_s, city, took_s))

    def _spent_since(self, since_s: float) -> dict[str, float]:
        while self._spent and self._spent[0][0] < since_s:
            self._spent.popleft()
        spent: dict[str, float] = {}
        for _, city, took_s in self._spent:
            spent[city] = spent.get(city, 0.0) + took_s
        return spent


def _within(order: PlanDay, left_s: float) -> PlanDay:
    """Searched for no longer than so."""
    return order if order.time_limit_s <= left_s else order.model_copy(update={"time_limit_s": left_s})
