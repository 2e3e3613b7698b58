"""Plans that somebody has just looked at, kept as they were read: a page asks for the same plan again and again."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from services.contracts.planning import PlanMade

MOST_PLANS = 16
"""A day of 1,000 stops with its parents, for two or three fleets."""
MOST_ROWS = 150_000
"""Visits and forecasts of all of them: a row takes half a kilobyte."""

type Key = tuple[str, ...]
"""Store, city and plan, and the version of its row: a row that is another is read anew."""


class KeptPlans:
    """Of a process. A plan is frozen, so that all threads may read the same."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, PlanMade] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Key) -> PlanMade | None:
        """None where it is not known."""
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def of(self, key: Key, read: Callable[[], PlanMade]) -> PlanMade:
        """Read where it is not known. Two that ask at once may both read: neither waits for the other."""
        found = self.find(key)
        if found is not None:
            return found
        plan = read()
        with self._lock:
            self._known[key] = plan
            while len(self._known) > MOST_PLANS or (
                len(self._known) > 1 and sum(map(_rows, self._known.values())) > MOST_ROWS
            ):
                self._known.popitem(last=False)
        return plan


def _rows(plan: PlanMade) -> int:
    return len(plan.forecasts) + len(plan.unserved) + sum(len(circuit.visits) for circuit in plan.circuits)
