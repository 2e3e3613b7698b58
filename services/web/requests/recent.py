"""Orders of the last minutes, so that asking after one is never answered "unknown" before the writer has stored it."""

import threading
from collections import OrderedDict
from uuid import UUID

from services.contracts.planning import PlanningProgressed

KEPT = 100


class RecentOrders:
    """The newest orders that this process took. Losing them costs nothing: the store has them moments later."""

    def __init__(self) -> None:
        self._orders: OrderedDict[UUID, PlanningProgressed] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, progress: PlanningProgressed) -> None:
        with self._lock:
            self._orders[progress.request_id] = progress
            while len(self._orders) > KEPT:
                self._orders.popitem(last=False)

    def find(self, request_id: UUID, city: str) -> PlanningProgressed | None:
        with self._lock:
            progress = self._orders.get(request_id)
        return progress if progress is not None and progress.city == city else None
