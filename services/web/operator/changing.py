"""Making a change: of the plan that the operator saw, or of what another has made of it meanwhile. It is an event."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.city.registry import City
from services.contracts import topics
from services.contracts.changes import PlanChange
from services.contracts.planning import PlanMade
from services.errors import ChangeRefused
from services.planning.by_hand import changed_plan, restored_plan, trucks_changed
from services.planning.store import find_begun
from services.store.connection import Connection
from services.web.entry.security_log import audit
from services.web.entry.tokens import Session
from services.web.figures.days import today_in
from services.web.operator import store
from services.web.operator.history import History, Step, read_history
from services.web.operator.plans import get_plan
from services.web.rendering.problems import WebProblem, WrongInput
from services.web.requests.deps import Deps
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction
from services.web.requests.waiting import wait_until

STEPS = ("undo", "redo")


@dataclass(frozen=True)
class Wish:
    """What an operator wants of the plan on the screen.

    `what` are the fields of `PlanChange` that its kind has. `sure` is the plan that somebody else has made meanwhile,
    seen and accepted: the wish then goes on top of it.
    """

    plan_id: UUID
    change_id: UUID
    kind: str
    what: dict[str, object] = field(default_factory=dict)
    sure: UUID | None = None


class ChangedMeanwhile(WebProblem):
    """Somebody else has changed the same circuits since the page was read."""

    status, code = 409, "changed_meanwhile"

    def __init__(self, wish: Wish, theirs: Sequence[Step], head_id: UUID) -> None:
        self.wish, self.theirs, self.head_id = wish, theirs, head_id
        super().__init__(errors=[{"where": ["plan", str(step.plan_id)], "message": _short(step)} for step in theirs])


def refused_change(refused: ChangeRefused) -> WrongInput:
    """What stands in the way, in the reader's words."""
    problem = WrongInput(f"change_{refused.code}")
    problem.values = refused.values
    return problem


def make_change(deps: Deps, transaction: Transaction, city: City, session: Session, wish: Wish) -> UUID:
    """The plan that the change makes; the same again for a wish that comes twice. Ends the request's transaction.

    Raises:
        NotFound: no such plan. WrongInput: it cannot be changed so. ChangedMeanwhile: look at what another did first.
    """
    connection = transaction.connection
    seen = get_plan(connection, city, wish.plan_id)
    if seen.day < today_in(city, deps.clock.now()):
        raise WrongInput("day_past")
    history = read_history(connection, city.id, seen.plan_id)
    known = history.find(wish.change_id)
    if known is not None:
        return known.plan_id
    made = _made(deps, connection, city, session, wish, seen, history)
    audit(
        connection, city.id, session.login, "plan changed", made.made_at, plan=made.plan_id, kind=wish.kind,
        parent=history.head_id, fleet=made.fleet, day=made.day,
    )  # fmt: skip
    transaction.end()
    publish_all(deps.stream, topics.PLANS, topics.key(city.id, made.fleet), [made])
    return _stored(deps, city, wish, history, made)


def _made(
    deps: Deps, connection: Connection, city: City, session: Session, wish: Wish, seen: PlanMade, history: History
) -> PlanMade:
    head_id = history.head_id
    head = seen if head_id == seen.plan_id else get_plan(connection, city, head_id)
    begun = find_begun(connection, head, deps.clock.now())

    def on(parent: PlanMade) -> PlanMade:
        change = _change(deps, session, wish, parent, history)
        try:
            return _applied(deps, connection, city, parent, change, history, begun)
        except ChangeRefused as refused:
            raise refused_change(refused) from refused

    if head is not seen and wish.sure != head_id:
        theirs = trucks_changed(seen, head)
        if wish.kind in STEPS or theirs & trucks_changed(seen, on(seen)):
            raise ChangedMeanwhile(wish, history.since(seen.plan_id), head_id)
    return on(head)


def _change(deps: Deps, session: Session, wish: Wish, parent: PlanMade, history: History) -> PlanChange:
    what = dict(wish.what)
    if wish.kind in STEPS:
        step = history.undoable if wish.kind == "undo" else history.redoable
        if step is None:
            raise WrongInput(f"nothing_to_{wish.kind}")
        what["of"] = step.change.change_id
    return PlanChange.model_validate(
        {
            **what,
            "change_id": wish.change_id,
            "parent": parent.plan_id,
            "kind": wish.kind,
            "changed_by": session.login,
            "changed_at": deps.clock.now(),
        }
    )


def _applied(
    deps: Deps,
    connection: Connection,
    city: City,
    parent: PlanMade,
    change: PlanChange,
    history: History,
    begun: frozenset[str],
) -> PlanMade:
    if change.kind not in STEPS:
        also = frozenset({change.container} if change.kind == "place" and change.container else ())
        return changed_plan(parent, change, deps.grounds.of(connection, parent, also), begun)
    step = history.undoable if change.kind == "undo" else history.redoable
    assert step is not None  # noqa: S101 - `_change` has looked
    state = get_plan(connection, city, step.change.parent if change.kind == "undo" else step.plan_id)
    made = restored_plan(state, parent, change)
    for truck in sorted(trucks_changed(parent, made) & begun):
        raise ChangeRefused("circuit_begun", truck=truck)
    return made


def _stored(deps: Deps, city: City, wish: Wish, history: History, made: PlanMade) -> UUID:
    """Once the writer has it; whoever was faster by a moment is told of to who was not."""
    with deps.looking() as connection:
        now = read_history(connection, city.id, history.root_id)

    def is_decided() -> bool:
        nonlocal now
        with deps.looking() as connection:
            now = read_history(connection, city.id, history.root_id)
        return len(now.steps) > len(history.steps)

    wait_until(is_decided)
    if len(now.steps) > len(history.steps) and now.find(wish.change_id) is None:
        raise ChangedMeanwhile(wish, now.steps[len(history.steps) :], now.head_id)
    return made.plan_id


def _short(step: Step) -> str:
    """For programs: who, when, the kind and what it names."""
    change = step.change
    named = (change.container, change.truck, change.for_truck, change.site)
    return f"{step.by}, {step.at.isoformat()}: " + " ".join([change.kind, *(one for one in named if one)])


def find_unsent(connection: Connection, city: City, plan: PlanMade, sent: store.DispatchRow | None) -> list[Step]:
    """Changes of the plan that no driver has."""
    return read_history(connection, city.id, plan.plan_id).unsent(sent["plan_id"] if sent else None)
