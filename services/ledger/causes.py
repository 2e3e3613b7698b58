"""A day's saving split by cause: what came of choosing containers, and what of the way between them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.city.registry import Registry
from services.contracts.ledger import SavedByCause
from services.contracts.planning import ContainerForecast
from services.ledger.driven import Driven
from services.ledger.driving import Drives, Scale
from services.ledger.frozen import FrozenBaseline
from services.ledger.fuel import TruckFuel
from services.planning.baseline import few, reached_by
from services.planning.problem import problem_of_day
from services.roads.roads import Roads


@dataclass(frozen=True)
class Sides:
    """Litres of the two sides of a day, and what of them is known."""

    baseline_l: float
    driven_l: float
    driven: Sequence[Driven]
    forecasts: Sequence[ContainerForecast]
    """With which the day began."""


def saved_by_cause(
    registry: Registry,
    frozen: FrozenBaseline,
    sides: Sides,
    day: date,
    *,
    fuel: Mapping[str, TruckFuel],
    scale: Scale,
    roads: Roads,
) -> SavedByCause:
    """Switch the routing off and drive the day again: the containers that were emptied, by the fixed circuits' order.

    Each container goes to the truck on whose fixed circuits it stands, in their order; one that stands on none stays
    with the truck that emptied it (or, should that be gone, any other), at the end of its list. What that burns less
    than the baseline is the choice's, what the day burnt less than that the routing's; together they are the saving.

    Args:
        registry: the fleet's part of the day's city, with the baseline's trucks in it.
        frozen: the baseline.
        sides: of the day.
        day: of the city's own calendar.
        fuel: of every truck of either side.
        scale: the same as on both sides.
        roads: those of the plan that was driven.
    """
    emptied_by = {container: d.truck for d in sides.driven for container in d.emptied}
    known = {f.container: f for f in sides.forecasts if f.container in emptied_by}
    # As if every truck had a road to every container, which is so in nearly all cities; else asked truck by truck.
    everywhere = {truck.id: known.keys() for truck in registry.trucks if truck.in_service}
    lists, burnt_l = _lists(frozen, emptied_by, everywhere), list[float]()
    for trucks in few(lists):
        some = {stop for truck in trucks for stop in lists[truck]}
        wanted = [forecast for container, forecast in known.items() if container in some]
        problem = problem_of_day(registry, wanted, day, name=f"without routing {day}", roads=roads)
        drives, own = Drives(problem, fuel, scale), {truck: lists[truck] for truck in lists if truck in trucks}
        if any(not reached_by(problem, truck).issuperset(stops) for truck, stops in own.items()):
            burnt_l = _asking_all(registry, frozen, emptied_by, known, day, fuel, scale, roads)
            break
        burnt_l += [drives.litres(truck, stops) for truck, stops in own.items()]
    unrouted_l = sum(burnt_l)
    return SavedByCause(
        choice_l=round(sides.baseline_l - unrouted_l, 2), routing_l=round(unrouted_l - sides.driven_l, 2)
    )


def _asking_all(
    registry: Registry,
    frozen: FrozenBaseline,
    emptied_by: Mapping[str, str],
    known: Mapping[str, ContainerForecast],
    day: date,
    fuel: Mapping[str, TruckFuel],
    scale: Scale,
    roads: Roads,
) -> list[float]:
    """Litres of each list, where some trucks have no way to some containers: all of them on one matrix."""
    problem = problem_of_day(registry, known.values(), day, name=f"without routing {day}", roads=roads)
    lists = _lists(frozen, emptied_by, {v.id: reached_by(problem, v.id) for v in problem.vehicles})
    drives = Drives(problem, fuel, scale)
    return [drives.litres(truck, stops) for truck, stops in lists.items()]


def _lists(
    frozen: FrozenBaseline, emptied_by: Mapping[str, str], reached: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """By truck what it empties, in order."""
    lists: dict[str, list[str]] = defaultdict(list)
    placed: set[str] = set()
    for row in sorted(frozen.circuits, key=lambda row: (row.circuit, row.position)):
        if row.container in emptied_by and row.container not in placed and row.container in reached.get(row.truck, ()):
            placed.add(row.container)
            lists[row.truck].append(row.container)
    for container, truck in emptied_by.items():
        if container not in placed:
            able = next((name for name in (truck, *reached) if container in reached.get(name, ())), None)
            if able is not None:
                lists[able].append(container)
    return lists
