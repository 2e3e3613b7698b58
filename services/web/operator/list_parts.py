"""What the rows of the operator's list are written from: a row whose key is the same is the same row."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from markupsafe import Markup

from services.contracts.planning import PlanMade
from services.web.operator.change_views import Changes
from services.web.operator.circuit_stops import CircuitStops
from services.web.operator.panel import ListedCircuit, ListedContainer
from services.web.rendering.kept_parts import KeptParts


@dataclass(frozen=True)
class ListParts:
    """Of one page: its plan's circuits and containers, for a template's `{% call %}`."""

    kept: KeptParts
    language: str
    timezone: str
    is_over: bool
    plan: PlanMade
    changes: Changes

    def circuit(self, line: ListedCircuit, caller: Callable[[], str], *, is_sent: bool) -> Markup:
        """What a circuit comes to, without its stops."""
        plan, circuit, names = self.plan, line.circuit, self.changes.names
        truck = circuit.truck
        key = (
            "circuit", *self._page(), circuit.number, truck, line.stops, circuit.distance_m, circuit.fuel_l,
            circuit.duty_s, circuit.trips, circuit.binding, line.load_kg, line.load_ratio, line.handled,
            line.has_driver, is_sent, truck in plan.by_hand.locked, truck in self.changes.changed_trucks,
            tuple((row, names.place(row.place)) for row in plan.broken if row.truck == truck),
        )  # fmt: skip
        return self._part(key, caller)

    def stops(self, line: CircuitStops, caller: Callable[[], str]) -> Markup:
        """The stops of a circuit that is open, whoever asked for them."""
        key = (
            "stops", *self._page(), line.circuit, line.closes_name,
            tuple(
                (one.name, one.zone, one.outcome, one.forecast, *self._marks(one.visit.place)) for one in line.visits
            ),
        )  # fmt: skip
        return self._part(key, caller)

    def container(self, line: ListedContainer, caller: Callable[[], str]) -> Markup:
        """A row of a container that is due, or left out."""
        row = line.container
        key = (
            "container", *self._page(), row.container_id, row.name, row.zone_name, line.state, line.forecast,
            line.circuit, line.left_out, line.stop.marginal_cost if line.stop else None,
            self.plan.by_hand.pins.get(row.container_id),
        )  # fmt: skip
        return self._part(key, caller)

    def _page(self) -> tuple[Hashable, ...]:
        return self.language, self.timezone, self.is_over, self.plan.explained, self.plan.currency

    def _marks(self, container: str | None) -> tuple[Hashable, ...]:
        """Of its last change that nobody has sent."""
        last = self.changes.marks_of(container)[:1]
        return tuple((step.by, step.at, step.change.kind, step.change.truck, step.change.from_truck) for step in last)

    def _part(self, key: Hashable, caller: Callable[[], str]) -> Markup:
        return self.kept.of(key, caller, str(self.plan.plan_id))
