"""The operator's list: circuits with their stops, containers due and why, those left out, those without news."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.city.registry import City, Truck, TruckClass
from services.contracts.planning import ContainerForecast, PlanMade, Unserved, Visit
from services.store.connection import Connection
from services.store.many import many_at_once
from services.web.figures import store as shared
from services.web.operator import store
from services.web.operator.circuit_stops import CircuitStops, list_visits, name_of_closing
from services.web.operator.day import Day
from services.web.operator.fill import FillState, fill_state, is_silent

HUES = 12
LONGEST_LIST = 400  # a screen nobody reads further; the CSV holds all
LONGEST_OF_LONG = 100
"""Of a plan that is long: what comes first is due most, the search finds the others."""
MOST_STOPS_WHOLE = 300
"""Stops of a plan that the list holds with their circuits: a quarter of a megabyte, a tenth of it on the line."""


@dataclass(frozen=True)
class ListedCircuit(CircuitStops):
    load_kg: float
    load_ratio: float | None
    """Of the tightest trip, by weight or volume; None when the truck is not in the registry any more."""
    done: int
    skipped: int
    has_driver: bool
    words: Sequence[store.ConfirmationRow]
    """What its crew said today, as it happened."""

    @property
    def hue(self) -> int:
        return (self.circuit.number - 1) % HUES + 1

    @property
    def stops(self) -> int:
        return len(self.circuit.stops)

    @property
    def handled(self) -> int:
        return self.done + self.skipped


@dataclass(frozen=True)
class ListedContainer:
    container: store.ContainerRow
    forecast: ContainerForecast
    state: FillState
    circuit: int | None
    left_out: Unserved | None
    stop: Visit | None


@dataclass(frozen=True)
class Panel:
    day: Day
    plan: PlanMade | None
    containers: list[store.ContainerRow]
    """All of the fleet, for the map; read once a request."""
    circuits: list[ListedCircuit] = field(default_factory=list)
    due: list[ListedContainer] = field(default_factory=list)
    left_out: list[ListedContainer] = field(default_factory=list)
    later: list[ListedContainer] = field(default_factory=list)
    """Kept for one of the next days, the next day first."""
    silent: list[store.ContainerRow] = field(default_factory=list)
    trucks_in_service: int = 0
    called_off: list[str] = field(default_factory=list)
    """Trucks that have nothing to empty any more with this plan, and had by the one before it."""

    @property
    def reachable(self) -> int:
        """Circuits whose truck somebody can open on a phone."""
        return sum(line.has_driver for line in self.circuits)

    @property
    def fuel_change(self) -> float | None:
        """Litres against the fixed circuits of the same day, as a ratio; None without a baseline."""
        baseline = self.plan.baseline if self.plan else None
        if self.plan is None or baseline is None or not baseline.fuel_l:
            return None
        return self.plan.totals.fuel_l / baseline.fuel_l - 1

    @property
    def handled(self) -> int:
        return sum(line.handled for line in self.circuits)

    @property
    def is_long(self) -> bool:
        """Whether its circuits are listed without their stops, and its ladder when somebody looks at it."""
        return self.plan is not None and self.plan.totals.stops > MOST_STOPS_WHOLE

    def circuit_of(self, container: str | None) -> int | None:
        """The number of the circuit that empties it."""
        served = (
            line.circuit.number for line in self.circuits for stop in line.circuit.stops if stop.place == container
        )
        return next(served, None) if container else None


@many_at_once()
def read_panel(connection: Connection, city: City, day: Day) -> Panel:
    containers = store.list_containers(connection, city.id, day.fleet)
    silent = [row for row in containers if is_silent(row, day.now)]
    trucks = shared.list_trucks(connection, city.id, day.fleet)
    in_service = sum(truck.in_service for truck in trucks)
    plan = store.find_plan(connection, city.id, day.plan["plan_id"]) if day.plan else None
    if plan is None:
        return Panel(day, None, containers, silent=silent, trucks_in_service=in_service)
    by_id = {row.container_id: row for row in containers}

    def name_and_zone(place: str) -> tuple[str, str] | None:
        row = by_id.get(place)
        return (row.name, row.zone_name) if row else None

    words: dict[str, list[store.ConfirmationRow]] = defaultdict(list)
    for row in store.list_confirmations(connection, city.id, plan.plan_id):
        words[row["truck_id"]].append(row)
    sites = {document["id"]: document["name"] for _, document in shared.list_sites(connection, city.id)}
    capacities = _capacities(connection, city, trucks)
    drivers = store.list_trucks_with_driver(connection, city.id)
    forecasts = {forecast.container: forecast for forecast in plan.forecasts}
    lines = [
        ListedCircuit(
            circuit=circuit,
            load_kg=_collected_kg(circuit.visits),
            load_ratio=_load_ratio(circuit.visits, capacities.get(circuit.truck)),
            done=progress["done"] if (progress := day.progress.get(circuit.truck)) else 0,
            skipped=progress["skipped"] if progress else 0,
            has_driver=circuit.truck in drivers,
            visits=list_visits(circuit, name_and_zone, sites, words[circuit.truck], forecasts),
            words=words[circuit.truck],
            closes_name=name_of_closing(circuit, name_and_zone, sites),
        )
        for circuit in plan.circuits
    ]
    due = list(_due_lines(city, day, plan, by_id))
    return Panel(
        day,
        plan,
        containers,
        circuits=lines,
        due=sorted(due, key=lambda line: (line.left_out is None, -line.forecast.fill_ratio)),
        left_out=[line for line in due if line.left_out is not None],
        later=sorted(
            _later_lines(city, day, plan, by_id), key=lambda line: (line.forecast.later_day, line.container.name)
        ),
        silent=silent,
        trucks_in_service=in_service,
        called_off=_called_off(connection, city, day, plan),
    )


def _called_off(connection: Connection, city: City, day: Day, plan: PlanMade) -> list[str]:
    """Also of a plan that does not know the one in force: whose trucks it leaves out are not to drive on."""
    in_force = {row["truck_id"] for row in day.circuits}
    if day.dispatch and not day.is_sent:
        in_force = {row["truck_id"] for row in store.list_plan_circuits(connection, city.id, day.dispatch["plan_id"])}
    return sorted({*plan.called_off} | (in_force - {circuit.truck for circuit in plan.circuits}))


def _capacities(connection: Connection, city: City, trucks: Iterable[Truck]) -> dict[str, TruckClass]:
    classes = {
        entry.id: entry
        for entry in map(TruckClass.model_validate, shared.list_entries(connection, city.id, "truck_class"))
    }
    return {truck.id: classes[truck.truck_class] for truck in trucks if truck.truck_class in classes}


def _collected_kg(visits: Iterable[Visit]) -> float:
    """All that the truck took aboard: the rises of its load."""
    total = last = 0.0
    for visit in visits:
        total += max(0.0, visit.load_kg - last)
        last = visit.load_kg
    return total


def _load_ratio(visits: Iterable[Visit], capacity: TruckClass | None) -> float | None:
    if capacity is None:
        return None
    pressed_l = capacity.capacity_l * capacity.compaction
    return max((max(v.load_kg / capacity.capacity_kg, v.load_l / pressed_l) for v in visits), default=0.0)


def _later_lines(
    city: City, day: Day, plan: PlanMade, containers: dict[str, store.ContainerRow]
) -> Iterable[ListedContainer]:
    served = {stop.place for circuit in plan.circuits for stop in circuit.stops}
    for forecast in plan.forecasts:
        container = containers.get(forecast.container)
        if container is not None and forecast.later_day is not None and forecast.container not in served:
            state = fill_state(container, forecast, plan.as_of, city.planning.full_at_fill_ratio, day.now)
            yield ListedContainer(container, forecast, state, None, None, None)


def _due_lines(
    city: City, day: Day, plan: PlanMade, containers: dict[str, store.ContainerRow]
) -> Iterable[ListedContainer]:
    served = {stop.place: (circuit.number, stop) for circuit in plan.circuits for stop in circuit.stops}
    wanted = {*plan.by_hand.pins, *plan.by_hand.added}  # one-off stops too: somebody asked for them
    left_out = {entry.container: entry for entry in plan.unserved if entry.due is not None or entry.container in wanted}
    for forecast in plan.forecasts:
        container = containers.get(forecast.container)
        is_planned = forecast.due is not None or forecast.container in served or forecast.container in left_out
        if container is None or not is_planned:
            continue
        state = fill_state(container, forecast, plan.as_of, city.planning.full_at_fill_ratio, day.now)
        number, stop = served.get(forecast.container, (None, None))
        yield ListedContainer(container, forecast, state, number, left_out.get(forecast.container), stop)
