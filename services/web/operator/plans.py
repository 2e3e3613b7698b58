"""The plan that an address names."""

from uuid import UUID

from services.city.registry import City
from services.contracts.planning import PlanMade
from services.store.connection import Connection
from services.web.operator import store
from services.web.rendering.problems import NotFound
from services.web.requests.fleets import check_seen


def get_plan(connection: Connection, city: City, plan_id: UUID) -> PlanMade:
    """Raises: NotFound, also for another city's plan, and another fleet's where whoever asks is of one."""
    plan = store.find_plan(connection, city.id, plan_id)
    if plan is None:
        raise NotFound
    check_seen(city, plan.fleet)
    return plan
