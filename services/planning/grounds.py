"""Grounds of plans out of the store, kept while somebody works on them: roads and registry are read once for a plan."""

from collections import OrderedDict
from threading import Lock
from uuid import UUID

from services.city.registry import Registry
from services.city.store import find_registry
from services.city.versions import find_registry_version, find_version
from services.contracts.planning import PlanMade
from services.errors import ChangeRefused
from services.planning.closed_streets import roads_of_plan
from services.planning.plan_ground import Ground, ground_of
from services.planning.store import find_plan
from services.roads.roads import RoadsOf, estimated_roads
from services.store.connection import Connection

KEPT = 4
"""A day of 1,000 stops takes 8 MB for each kind of truck."""

type Key = tuple[UUID, frozenset[str]]
"""The root plan and the containers added to it."""


class Grounds:
    """Those used last. One is built at a time: two requests for the same plan do not both read its roads."""

    def __init__(self, roads_of: RoadsOf = estimated_roads) -> None:
        self._roads_of = roads_of
        self._known: OrderedDict[Key, Ground] = OrderedDict()
        self._lock = Lock()

    def of(self, connection: Connection, plan: PlanMade, also: frozenset[str] = frozenset()) -> Ground:
        """The plan's, with the containers it adds and `also` these.

        Raises:
            ChangeRefused: the plan it began with, or the registry that one was made from, is not in the store.
        """
        root_id = plan.by_hand.root or plan.plan_id
        not_due = {forecast.container for forecast in plan.forecasts if not forecast.due}
        key = (root_id, (frozenset(plan.by_hand.added) | also) & not_due)
        with self._lock:
            if key not in self._known:
                root = plan if root_id == plan.plan_id else find_plan(connection, plan.city, root_id)
                registry = None if root is None else _registry(connection, root)
                if root is None or registry is None:
                    raise ChangeRefused("ground_gone")
                roads = estimated_roads(registry) if root.roads == "estimated" else self._roads_of(registry)
                self._known[key] = ground_of(root, key[1], registry, roads_of_plan(roads, root))
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return self._known[key]


def _registry(connection: Connection, plan: PlanMade) -> Registry | None:
    version = plan.registry_version
    if version is None or version == find_version(connection, plan.city):
        return find_registry(connection, plan.city)
    return find_registry_version(connection, plan.city, version)
