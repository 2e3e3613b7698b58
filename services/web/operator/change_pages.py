"""The pages of changes and their forms: a stop, a circuit, sites, a one-off stop, two plans side by side."""

from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.city.registry import City
from services.contracts.changes import ChangeKind
from services.contracts.fields import Id
from services.contracts.planning import PlanMade
from services.store.connection import Connection
from services.web.entry.tokens import Session, Tokens
from services.web.figures import store as shared
from services.web.figures.days import today_in
from services.web.operator import store
from services.web.operator.change_views import read_changes, read_names, read_stop
from services.web.operator.changing import ChangedMeanwhile, Wish, make_change
from services.web.operator.history import read_history
from services.web.operator.orders import order_around
from services.web.operator.plans import get_plan
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound, WrongInput
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.fleets import choose_fleet
from services.web.requests.guards import OperatorSession, SessionCity, WithTokens, check_csrf
from services.web.requests.waiting import wait_until

router = APIRouter(include_in_schema=False)

FIELDS = ("container", "truck", "before", "for_truck", "site")


@router.get("/operateur/arret")
def stop_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    plan: UUID,
    bac: Id,
) -> Response:
    """One container: where to put it, with the price of each place, and what else can be done with it."""
    made = _latest(connection, city, plan)
    stop = read_stop(deps, connection, city, made, bac, deps.clock.now())
    return _render(request, "operator/stop.html", city, session, tokens, connection, made, stop=stop)


@router.get("/operateur/circuit")
def circuit_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    plan: UUID,
    camion: Id,
) -> Response:
    """One circuit: locked or free, given to another truck, what it breaks."""
    made = _latest(connection, city, plan)
    circuit = next((row for row in made.circuits if row.truck == camion), None)
    if circuit is None:
        raise NotFound
    trucks = [truck.id for truck in shared.list_trucks(connection, city.id, made.fleet) if truck.in_service]
    names = read_names(connection, city, [row.place for row in made.broken])
    dispatch = store.find_dispatch(connection, city.id, made.fleet, made.day)
    is_under_way = dispatch is not None and made.day == today_in(city, deps.clock.now())
    return _render(
        request, "operator/circuit.html", city, session, tokens, connection, made,
        circuit=circuit, trucks=[truck for truck in trucks if truck != camion], names=names,
        numbers={row.truck: row.number for row in made.circuits}, is_under_way=is_under_way,
    )  # fmt: skip


@router.get("/operateur/ajouter")
def add_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    tokens: WithTokens,
    connection: WithStore,
    plan: UUID,
    q: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """A one-off stop: any container of the fleet, found by its name."""
    made = _latest(connection, city, plan)
    found = store.find_containers_like(connection, city.id, made.fleet, q.strip()) if q.strip() else []
    served = {stop.place: row.number for row in made.circuits for stop in row.stops}
    return _render(
        request, "operator/add.html", city, session, tokens, connection, made, found=found, served=served, q=q
    )


@router.get("/operateur/sites")
def sites_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    tokens: WithTokens,
    connection: WithStore,
    plan: UUID,
) -> Response:
    """Disposal sites: close one, until when and why; open it again."""
    made = _latest(connection, city, plan)
    sites = [entry for kind, entry in shared.list_sites(connection, city.id) if kind == "disposal_site"]
    going = {
        site["id"]: [c.number for c in made.circuits if any(v.place == site["id"] for v in c.visits)] for site in sites
    }
    return _render(
        request, "operator/sites.html", city, session, tokens, connection, made, sites=sites, going=going,
        closed={row.site: row for row in made.by_hand.closed_sites},
    )  # fmt: skip


@router.get("/operateur/changements")
def changes_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    tokens: WithTokens,
    connection: WithStore,
    plan: UUID,
) -> Response:
    """Two plans side by side: the drivers' or the planner's own, and what operators made of it; who changed what."""
    made = _latest(connection, city, plan)
    dispatch = store.find_dispatch(connection, city.id, made.fleet, made.day)
    changes = read_changes(connection, city, made, dispatch["plan_id"] if dispatch else None)
    return _render(
        request, "operator/changes.html", city, session, tokens, connection, made, changes=changes,
        is_against_sent=dispatch is not None and changes.reference_id == dispatch["plan_id"],
    )  # fmt: skip


def _wish(
    plan_id: Annotated[UUID, Form()],
    change_id: Annotated[UUID, Form()],
    kind: Annotated[ChangeKind, Form()],
    container: Annotated[Id | None, Form()] = None,
    truck: Annotated[Id | None, Form()] = None,
    before: Annotated[str | None, Form(max_length=64)] = None,
    for_truck: Annotated[Id | None, Form()] = None,
    site: Annotated[Id | None, Form()] = None,
    reason: Annotated[str | None, Form(max_length=200)] = None,
    until: Annotated[str | None, Form(max_length=5)] = None,
    sure: Annotated[UUID | None, Form()] = None,
) -> Wish:
    """`before`: a container, `-` for the last place; `until`: a time of day, HH:MM. What is empty is not said."""
    what: dict[str, object] = {
        "container": container, "truck": truck, "for_truck": for_truck, "site": site, "reason": reason or None,
        "before": before if before and before != "-" else None, "last": before == "-", "until": until or None,
    }  # fmt: skip
    return Wish(plan_id, change_id, kind, {name: value for name, value in what.items() if value}, sure)


@router.post("/operateur/changer")
def change_form(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    wish: Annotated[Wish, Depends(_wish)],
) -> Response:
    """Any change. Where another has changed the same circuits, a page asks which of the two holds."""
    check_csrf(csrf_token, session, tokens)
    if wish.kind == "solve":
        raise WrongInput
    seen = get_plan(transaction.connection, city, wish.plan_id)
    choice = choose_fleet(transaction.connection, city, seen.fleet)
    if "until" in wish.what:
        wish.what["until"] = _instant(str(wish.what["until"]), seen, city)
    try:
        made = make_change(deps, transaction, city, session, wish)
    except ValidationError as error:
        faults = [{"where": list(e["loc"]), "message": e["msg"]} for e in error.errors()]
        raise WrongInput(errors=faults) from error
    except ChangedMeanwhile as theirs:
        with deps.looking() as connection:
            return _conflict(request, city, session, tokens, connection, theirs)
    return RedirectResponse(f"/operateur?{choice.query(seen.day)}&plan={made}#circuits", status_code=303)


@router.post("/operateur/recalculer")
def solve_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    plan_id: Annotated[UUID, Form()],
) -> Response:
    """Have the planner solve anew around what is settled."""
    check_csrf(csrf_token, session, tokens)
    plan = _latest(transaction.connection, city, plan_id)
    choice = choose_fleet(transaction.connection, city, plan.fleet)
    order = order_around(deps, transaction, city, session, plan)

    def is_stored() -> bool:
        with deps.looking() as connection:
            return store.find_run(connection, city.id, order.request_id) is not None

    wait_until(is_stored)
    return RedirectResponse(f"/operateur?{choice.query(plan.day)}", status_code=303)


def _latest(connection: Connection, city: City, plan_id: UUID) -> PlanMade:
    """The last word of the plan's chain: who opens a page changes what others have made meanwhile. Raises: NotFound."""
    get_plan(connection, city, plan_id)
    return get_plan(connection, city, read_history(connection, city.id, plan_id).head_id)


def _instant(clock: str, plan: PlanMade, city: City) -> datetime:
    """A time of the plan's day by the city's clock. Raises: WrongInput."""
    try:
        at = time.fromisoformat(clock)
    except ValueError as error:
        expected = {"where": ["body", "until"], "message": f"{clock}: expected a time of day, HH:MM"}
        raise WrongInput(errors=[expected]) from error
    return datetime.combine(plan.day, at, city.zone_info)


def _conflict(
    request: Request, city: City, session: Session, tokens: Tokens, connection: Connection, theirs: ChangedMeanwhile
) -> Response:
    """Their changes, and the two ways on."""
    head = get_plan(connection, city, theirs.head_id)
    steps = theirs.theirs
    names = read_names(connection, city, [step.change.container for step in steps])
    response = _render(
        request, "operator/conflict.html", city, session, tokens, connection, head, steps=steps, wish=theirs.wish,
        names=names, kept_id=uuid4(), until=_clock(theirs.wish, city),
    )  # fmt: skip
    response.status_code = 409
    return response


def _clock(wish: Wish, city: City) -> str:
    until = wish.what.get("until")
    return until.astimezone(city.zone_info).strftime("%H:%M") if isinstance(until, datetime) else ""


def _render(
    request: Request,
    template: str,
    city: City,
    session: Session,
    tokens: Tokens,
    connection: Connection,
    plan: PlanMade,
    **values: Any,
) -> Response:
    choice = choose_fleet(connection, city, plan.fleet)
    deps: Deps = request.app.state.deps
    return get_page(request).render(
        request, template, city=city, session=session, csrf=tokens.csrf(session.nonce), plan=plan, choice=choice,
        back=f"/operateur?{choice.query(plan.day)}&plan={plan.plan_id}#circuits",
        is_over=plan.day < today_in(city, deps.clock.now()), new_id=uuid4, **values,
    )  # fmt: skip
