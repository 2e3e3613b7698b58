"""A plan and a change make the next plan: pure, so that the same changes of the same plan give the same plan again."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from uuid import NAMESPACE_URL, UUID, uuid5

import routing
from routing.by_hand import AT_BEST, Before, Driven, drive, put_in, take_out, without_site
from routing.check import check, with_verdict
from routing.explain.untimed import Town, UntimedRoute
from routing.problem import Stop
from services.contracts.changes import BrokenRule, ByHand, PlanChange
from services.contracts.planning import Circuit, PlanMade, Unserved, UnservedReason
from services.errors import ChangeRefused
from services.planning.explained import with_binding
from services.planning.plan_ground import Ground, places_of, route_of
from services.planning.problem import circuits_of, totals_of
from services.planning.settled import settled_by

NO_REASONS: Mapping[str, UnservedReason] = MappingProxyType({})

type Circuits = dict[str, UntimedRoute]
"""By truck; a parked truck's too."""


def plan_id_of(change: PlanChange) -> UUID:
    """The id of the plan that a change makes: the change told twice is the same plan."""
    return uuid5(NAMESPACE_URL, f"tournee:change:{change.change_id}")


def changed_plan(parent: PlanMade, change: PlanChange, ground: Ground, begun: Collection[str] = ()) -> PlanMade:
    """The plan with the change in it, the order of its circuits kept; what breaks is said in `broken`.

    `begun` are the trucks that are on the road: nobody changes their circuits by hand. `ground` is the plan's, with the
    containers that it adds and this change does.

    Raises:
        ChangeRefused: there is nothing to change, or a locked or begun circuit would have to.
    """
    change = change.model_copy(update={"from_truck": _truck_of(parent, change.container)})
    by_hand = settled_by(parent, change)
    problem = ground.settled(by_hand, change.changed_at)
    before = places_of(parent, problem)
    after = _HANDS[change.kind](before, change, problem, parent)
    changed = {truck for truck, places in after.items() if places.places != before[truck].places}
    _refuse_held(changed, change, parent.by_hand, begun)
    if change.site is not None:  # its hours are others: whoever goes there is timed anew, in the same order too
        changed = (changed | _going_to(parent, change.site)) - set(begun)
    driven = {truck: drive(after[truck]) for truck in sorted(changed)}
    return made_plan(parent, change, by_hand, (ground, problem), driven)


def restored_plan(state: PlanMade, head: PlanMade, change: PlanChange) -> PlanMade:
    """A plan as it was or would be again, as a further plan after `head`: what `undo` and `redo` make."""
    root = head.by_hand.root or head.plan_id
    return state.model_copy(
        update={
            "plan_id": plan_id_of(change),
            "request_id": change.change_id,
            "made_at": change.changed_at,
            "change": change,
            "by_hand": state.by_hand.model_copy(update={"root": root}),
        }
    )


def trucks_changed(before: PlanMade, after: PlanMade) -> frozenset[str]:
    """Those whose circuit is another, or there no more, or is locked or free since."""
    was, now = ({circuit.truck: circuit.visits for circuit in plan.circuits} for plan in (before, after))
    driven = {truck for truck in was.keys() | now.keys() if was.get(truck) != now.get(truck)}
    return frozenset(driven | (set(before.by_hand.locked) ^ set(after.by_hand.locked)))


def made_plan(
    parent: PlanMade,
    change: PlanChange,
    by_hand: ByHand,
    on: tuple[Ground, routing.Problem],
    driven: Mapping[str, Driven],
    reasons: Mapping[str, UnservedReason] = NO_REASONS,
) -> PlanMade:
    """The parent with these circuits in place of its own; those of other trucks stay to the letter.

    `on` is its ground, with the problem as it is settled. `reasons`: why containers are left out, where they are others
    than the parent's.
    """
    ground, problem = on
    circuits = _circuits(parent, change, ground, problem, driven)
    left = _unserved(parent, by_hand, circuits, reasons)
    routes = tuple(route_of(circuit, ground) for circuit in circuits)
    unserved = tuple(routing.Unserved(row.container, routing.Reason.NOT_FOUND) for row in left)
    whole = routing.Solution(problem.name, routes, unserved)
    return parent.model_copy(
        update={
            "plan_id": plan_id_of(change),
            "request_id": change.change_id,
            "made_at": change.changed_at,
            "time_limit_s": 0.0,
            "solve_s": 0.0,
            "cost": round(with_verdict(whole, check(problem, whole)).cost, 2),
            "totals": totals_of(circuits),
            "circuits": circuits,
            "unserved": left,
            "explained": "served" if parent.explained == "all" else parent.explained,
            "what_if": (),
            "ended_by": None,
            "change": change,
            "by_hand": by_hand,
            "broken": (
                *(row for row in parent.broken if row.truck not in driven),
                *(rule for truck in driven for rule in _broken(driven[truck])),
            ),
        }
    )


def _broken(driven: Driven) -> Iterable[BrokenRule]:
    for row in driven.broken:
        yield BrokenRule(truck=row.vehicle, rule=row.rule, over=round(row.over, 1), place=row.place)


def _circuits(
    parent: PlanMade, change: PlanChange, ground: Ground, problem: routing.Problem, driven: Mapping[str, Driven]
) -> tuple[Circuit, ...]:
    routes = {truck: row.route for truck, row in driven.items() if row.route is not None}
    fresh = circuits_of(routing.Solution(problem.name, tuple(routes.values())), problem, ground.day, ground.registry)
    sound = tuple(circuit for circuit in fresh if not driven[circuit.truck].broken)
    told = routing.Solution(problem.name, tuple(routes[circuit.truck] for circuit in sound))
    explained = {circuit.truck: circuit for circuit in with_binding(sound, problem, told)} if sound else {}
    numbers = _numbers(parent, change, [circuit.truck for circuit in fresh])
    kept = [circuit for circuit in parent.circuits if circuit.truck not in driven]
    new = [
        explained.get(circuit.truck, circuit).model_copy(update={"number": numbers[circuit.truck]}) for circuit in fresh
    ]
    return tuple(sorted([*kept, *new], key=lambda circuit: circuit.number))


def _numbers(parent: PlanMade, change: PlanChange, trucks: Iterable[str]) -> dict[str, int]:
    """As crews and operator know the circuits; a circuit that another truck drives keeps its number."""
    numbers = {circuit.truck: circuit.number for circuit in parent.circuits}
    free = max(numbers.values(), default=0) + 1
    if change.kind == "swap" and change.truck is not None and change.for_truck is not None:
        mine, theirs = numbers.get(change.truck), numbers.get(change.for_truck)
        exchanged = ((change.for_truck, mine), (change.truck, theirs))
        numbers |= {truck: number for truck, number in exchanged if number is not None}
    for truck in trucks:
        if truck not in numbers:
            numbers[truck], free = free, free + 1
    return numbers


def _unserved(
    parent: PlanMade, by_hand: ByHand, circuits: tuple[Circuit, ...], found: Mapping[str, UnservedReason]
) -> tuple[Unserved, ...]:
    """Without prices: those of the parent are of circuits that are others now."""
    served = {stop.place for circuit in circuits for stop in circuit.stops}
    reasons = {row.container: row.reason for row in parent.unserved} | dict(found)
    rows = []
    for forecast in parent.forecasts:
        container = forecast.container
        if container in served:
            continue
        reason = reasons.get(container, "not_found") if forecast.due else "not_due"
        if container in by_hand.left_out and forecast.due:
            reason = "left_by_hand"
        rows.append(Unserved(container=container, reason=reason, due=forecast.due))
    return tuple(rows)


def _refuse_held(changed: set[str], change: PlanChange, by_hand: ByHand, begun: Collection[str]) -> None:
    """A closed site is a fact, which locks do not hold off; a truck on the road is out of reach all the same."""
    touched = changed | ({change.truck} if change.truck and change.kind in {"place", "swap"} else set())
    for truck in sorted(touched & set(begun)):
        if change.kind != "close_site":
            raise ChangeRefused("circuit_begun", truck=truck)
    if change.kind != "close_site":
        for truck in sorted(touched & set(by_hand.locked)):
            raise ChangeRefused("circuit_locked", truck=truck)


def _place(before: Circuits, change: PlanChange, problem: routing.Problem, parent: PlanMade) -> Circuits:
    stop, truck = _stop(problem, change.container), _known(before, change.truck)
    if truck in parent.by_hand.parked and before[truck].is_parked():
        raise ChangeRefused("truck_away", truck=truck)
    after = _without(before, stop)
    where = Before(change.before) if change.before or change.last else AT_BEST
    try:
        return after | {truck: put_in(after[truck], stop, where)}
    except routing.PlanError as error:
        raise ChangeRefused("no_place", container=stop.id, truck=truck) from error


def _leave_out(before: Circuits, change: PlanChange, problem: routing.Problem, parent: PlanMade) -> Circuits:  # noqa: ARG001
    stop = _stop(problem, change.container)
    after = _without(before, stop)
    if after == before:
        raise ChangeRefused("not_in_plan", container=stop.id)
    return after


def _swap(before: Circuits, change: PlanChange, problem: routing.Problem, parent: PlanMade) -> Circuits:  # noqa: ARG001
    town = Town(problem)
    mine, theirs = _known(before, change.truck), _known(before, change.for_truck)
    if mine == theirs or before[mine].is_parked():
        raise ChangeRefused("nothing_to_swap", truck=mine)

    def driven_by(truck: str, places: UntimedRoute) -> UntimedRoute:
        home = town.parked(town.vehicles[truck])
        return home.with_places([home.places[0], *places.places[1:-1], home.places[1]])

    return before | {theirs: driven_by(theirs, before[mine]), mine: driven_by(mine, before[theirs])}


def _close_site(before: Circuits, change: PlanChange, problem: routing.Problem, parent: PlanMade) -> Circuits:
    site = change.site or ""
    if site not in {row.id for row in problem.disposal_sites}:
        raise ChangeRefused("unknown_site", site=site)
    return before | {truck: without_site(before[truck], site) for truck in _going_to(parent, site)}


def _going_to(plan: PlanMade, site: str) -> set[str]:
    """Trucks that unload there."""
    return {c.truck for c in plan.circuits if any(v.kind == "disposal" and v.place == site for v in c.visits)}


def _as_it_is(before: Circuits, change: PlanChange, problem: routing.Problem, parent: PlanMade) -> Circuits:
    """Nothing of the circuits: what is settled changes alone."""
    if change.kind in {"lock", "unlock"}:
        truck = _known(before, change.truck)
        if before[truck].is_parked():
            raise ChangeRefused("no_circuit", truck=truck)
    if change.kind in {"pin", "unpin"}:
        stop = _stop(problem, change.container)
        if change.kind == "pin" and stop.id not in {s.place for c in parent.circuits for s in c.stops}:
            raise ChangeRefused("not_in_plan", container=stop.id)
    return before


_HANDS = {
    "place": _place,
    "leave_out": _leave_out,
    "pin": _as_it_is,
    "unpin": _as_it_is,
    "lock": _as_it_is,
    "unlock": _as_it_is,
    "swap": _swap,
    "close_site": _close_site,
    "reopen_site": _as_it_is,
}
"""What each kind does with the circuits; `solve`, `undo` and `redo` are made elsewhere."""


def _truck_of(plan: PlanMade, container: str | None) -> str | None:
    return next((c.truck for c in plan.circuits if any(s.place == container for s in c.stops)), None)


def _without(before: Circuits, stop: Stop) -> Circuits:
    return {
        truck: take_out(places, stop.id) if any(p is stop for p in places.places) else places
        for truck, places in before.items()
    }


def _stop(problem: routing.Problem, container: str | None) -> Stop:
    for stop in problem.stops:
        if stop.id == container:
            return stop
    raise ChangeRefused("no_stop", container=container or "")


def _known(before: Circuits, truck: str | None) -> str:
    if truck is None or truck not in before:
        raise ChangeRefused("unknown_truck", truck=truck or "")
    return truck
