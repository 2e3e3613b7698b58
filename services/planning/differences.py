"""Two plans of a day side by side: what moved, and what it costs."""

from dataclasses import dataclass

from services.contracts.planning import Circuit, PlanMade, Totals


@dataclass(frozen=True)
class CircuitDifference:
    """One truck's circuit in both plans; None where a plan has it not."""

    truck: str
    before: Circuit | None
    after: Circuit | None

    @property
    def number(self) -> int:
        circuit = self.after or self.before
        assert circuit is not None  # noqa: S101 - a truck is in one of them
        return circuit.number

    @property
    def is_changed(self) -> bool:
        return self.before is None or self.after is None or self.before.visits != self.after.visits


@dataclass(frozen=True)
class Moved:
    """A container that another truck empties, or in another order; None: nobody."""

    container: str
    before: str | None
    after: str | None

    @property
    def is_reordered(self) -> bool:
        """Whether it stays on its truck, at another place in the order."""
        return self.before == self.after


@dataclass(frozen=True)
class Differences:
    before: Totals
    after: Totals
    cost: float
    """Money more, in the currency of both; below zero less. Prizes of what is left out are in it."""
    circuits: tuple[CircuitDifference, ...]
    moved: tuple[Moved, ...]


def compare_plans(before: PlanMade, after: PlanMade) -> Differences:
    """Every truck of either plan, by circuit number, and every container that changed truck or order."""
    was, now = ({circuit.truck: circuit for circuit in plan.circuits} for plan in (before, after))
    rows = [CircuitDifference(truck, was.get(truck), now.get(truck)) for truck in was.keys() | now.keys()]
    return Differences(
        before.totals,
        after.totals,
        after.cost - before.cost,
        tuple(sorted(rows, key=lambda row: (row.number, row.truck))),
        tuple(_moved(was, now)),
    )


def _moved(was: dict[str, Circuit], now: dict[str, Circuit]) -> list[Moved]:
    left, taken = _trucks(was), _trucks(now)
    found = [
        Moved(container, left.get(container), taken.get(container))
        for container in (left | taken)
        if left.get(container) != taken.get(container)
    ]
    for truck in sorted(was.keys() & now.keys()):
        found += [Moved(container, truck, truck) for container in _reordered(was[truck], now[truck])]
    return found


def _trucks(circuits: dict[str, Circuit]) -> dict[str, str]:
    return {stop.place or "": truck for truck, circuit in circuits.items() for stop in circuit.stops}


def _reordered(was: Circuit, now: Circuit) -> list[str]:
    """The fewest containers whose moving explains the new order: those outside the longest order kept."""
    rank = {stop.place: number for number, stop in enumerate(was.stops)}
    kept = [stop.place or "" for stop in now.stops if stop.place in rank]
    best: list[list[str]] = []  # by length, the order kept that ends earliest in the old one
    for place in kept:
        at = next((n for n, order in enumerate(best) if rank[order[-1]] > rank[place]), len(best))
        longer = [*(best[at - 1] if at else []), place]
        best[at : at + 1] = [longer]
    stays = set(best[-1]) if best else set()
    return [place for place in kept if place not in stays]
