"""What operators have settled of a plan, change by change: pins, locks, what is left out or added, sites and trucks."""

from datetime import datetime

from services.contracts.changes import ByHand, ClosedSite, PlanChange
from services.contracts.planning import PlanDay, PlanMade


def settled_by_order(order: PlanDay) -> ByHand:
    """What the planner was told when the plan was ordered: trucks and sites that are not to be had."""
    closed = tuple(ClosedSite(site=site, until=None, reason=None) for site in order.closed_sites)
    return ByHand(parked=order.broken_down, closed_sites=closed)


def carried_on(was: ByHand, order: PlanDay, now: datetime) -> ByHand:
    """What is settled of the plan in force, when the rest of its day is planned from `now`; the order's word is newer.

    Pins and locks of a truck that goes on no further go with it.
    """
    told = settled_by_order(order)
    closed = {row.site: row for row in was.closed_sites if row.until is None or row.until > now}
    closed |= {row.site: row for row in told.closed_sites if row.site not in closed or closed[row.site].until}
    parked = (*was.parked, *(truck for truck in told.parked if truck not in was.parked))
    return was.model_copy(
        update={
            "root": None,
            "pins": {container: on for container, on in was.pins.items() if on not in parked},
            "locked": tuple(truck for truck in was.locked if truck not in parked),
            "closed_sites": tuple(closed.values()),
            "parked": parked,
        }
    )


def settled_by(parent: PlanMade, change: PlanChange) -> ByHand:
    """What is settled after the change."""
    was = parent.by_hand
    update: dict[str, object] = {"root": was.root or parent.plan_id}
    container, truck = change.container, change.truck
    if change.kind == "place" and container is not None and truck is not None:
        due = {forecast.container for forecast in parent.forecasts if forecast.due}
        update["pins"] = was.pins | {container: truck}
        update["left_out"] = _without(was.left_out, container)
        if container not in due:
            update["added"] = _with(was.added, container)
    elif change.kind == "leave_out" and container is not None:
        update["pins"] = {one: on for one, on in was.pins.items() if one != container}
        if container in was.added:
            update["added"] = _without(was.added, container)
        else:
            update["left_out"] = _with(was.left_out, container)
    elif change.kind == "pin" and container is not None:
        on = next((c.truck for c in parent.circuits if any(s.place == container for s in c.stops)), None)
        update["pins"] = was.pins | ({container: on} if on else {})
    elif change.kind == "unpin" and container is not None:
        update["pins"] = {one: on for one, on in was.pins.items() if one != container}
    elif change.kind == "lock" and truck is not None:
        update["locked"] = _with(was.locked, truck)
    elif change.kind == "unlock" and truck is not None:
        update["locked"] = _without(was.locked, truck)
    elif change.kind == "swap" and truck is not None and change.for_truck is not None:
        update |= _swapped(parent, truck, change.for_truck)
    elif change.kind in {"close_site", "reopen_site"} and change.site is not None:
        update["closed_sites"] = _sites(was, change, change.site)
    return was.model_copy(update=update)


def _swapped(parent: PlanMade, truck: str, for_truck: str) -> dict[str, object]:
    """Pins and locks go with the circuit. A truck that got no circuit for its own is not to be had."""
    names = {truck: for_truck, for_truck: truck}
    was = parent.by_hand
    is_given_away = for_truck not in {circuit.truck for circuit in parent.circuits}
    parked = _without(was.parked, for_truck)
    return {
        "pins": {container: names.get(on, on) for container, on in was.pins.items()},
        "locked": tuple(names.get(one, one) for one in was.locked),
        "parked": _with(parked, truck) if is_given_away else parked,
    }


def _sites(was: ByHand, change: PlanChange, site: str) -> tuple[ClosedSite, ...]:
    others = tuple(row for row in was.closed_sites if row.site != site)
    if change.kind == "reopen_site":
        return others
    return (*others, ClosedSite(site=site, until=change.until, reason=change.reason))


def _with(ids: tuple[str, ...], one: str) -> tuple[str, ...]:
    return ids if one in ids else (*ids, one)


def _without(ids: tuple[str, ...], one: str) -> tuple[str, ...]:
    return tuple(each for each in ids if each != one)
