"""Any two plans of a fleet side by side: cheaper against wider coverage, today's against the day before."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response

from services.city.registry import City
from services.contracts.planning import PlanMade
from services.planning.differences import Differences, compare_plans
from services.store.connection import Connection
from services.web.figures.days import today_in
from services.web.operator import store
from services.web.operator.change_views import read_names
from services.web.operator.plans import get_plan
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.fleets import choose_fleet
from services.web.requests.guards import OperatorSession, SessionCity, WithTokens

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Sums:
    """Of what moved: containers. Litres for each emptied say which plan does more with its fuel."""

    only_before: int
    only_after: int
    other_truck: int
    other_order: int
    l_per_stop_before: float
    l_per_stop_after: float

    @classmethod
    def of(cls, told: Differences) -> "Sums":
        rows = told.moved
        return cls(
            only_before=sum(row.after is None for row in rows),
            only_after=sum(row.before is None for row in rows),
            other_truck=sum(None not in {row.before, row.after} and not row.is_reordered for row in rows),
            other_order=sum(row.is_reordered for row in rows),
            l_per_stop_before=told.before.fuel_l / max(1, told.before.stops),
            l_per_stop_after=told.after.fuel_l / max(1, told.after.stops),
        )


@router.get("/operateur/comparer")
def compare_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    plan: UUID,
    avec: Annotated[UUID | None, Query()] = None,
) -> Response:
    """`avec`: the plan to set beside it, of the same fleet and any day; none: the last one sent before its day."""
    made = get_plan(connection, city, plan)
    choices = store.list_comparable(connection, city.id, made.fleet, made.day, made.plan_id)
    earlier = (row["plan_id"] for row in choices if row["day"] < made.day)
    other_id = avec or next(earlier, choices[0]["plan_id"] if choices else None)
    other = get_plan(connection, city, other_id) if other_id else None
    if other is not None and other.fleet != made.fleet:
        raise NotFound
    values = {} if other is None else _told(connection, city, other, made)
    choice = choose_fleet(connection, city, made.fleet)
    return get_page(request).render(
        request, "operator/compare.html", city=city, session=session, csrf=tokens.csrf(session.nonce), plan=made,
        other=other, choices=choices, choice=choice, new_id=uuid4,
        back=f"/operateur?{choice.query(made.day)}&plan={made.plan_id}#circuits",
        is_over=made.day < today_in(city, deps.clock.now()), **values,
    )  # fmt: skip


def _told(connection: Connection, city: City, other: PlanMade, made: PlanMade) -> dict[str, Any]:
    told = compare_plans(other, made)
    return {
        "told": told,
        "sums": Sums.of(told),
        "names": read_names(connection, city, [row.container for row in told.moved]),
        "why_before": {row.container: row.reason for row in other.unserved},
        "why_after": {row.container: row.reason for row in made.unserved},
    }
