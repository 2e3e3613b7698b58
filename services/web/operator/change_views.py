"""What the pages of changes show: a stop with its possible places, a circuit, the changes with their authors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.city.registry import City
from services.contracts.planning import Circuit, ContainerForecast, PlanMade, Unserved, Visit
from services.errors import ChangeRefused
from services.planning.differences import Differences, compare_plans
from services.planning.offers import TruckOffer, truck_offers
from services.planning.store import find_begun
from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.operator import store
from services.web.operator.changing import refused_change
from services.web.operator.history import History, Step, read_history
from services.web.operator.plans import get_plan
from services.web.rendering.problems import NotFound
from services.web.requests.deps import Deps

HUES = 12


@dataclass(frozen=True)
class Names:
    """Of containers and disposal sites; an id that the registry has no more is its own name."""

    containers: dict[str, store.NameRow]
    sites: dict[str, str]

    def container(self, container_id: str | None) -> str:
        row = self.containers.get(container_id or "")
        return row["name"] if row else container_id or ""

    def zone(self, container_id: str | None) -> str:
        row = self.containers.get(container_id or "")
        return row["zone_name"] if row else ""

    def site(self, site_id: str | None) -> str:
        return self.sites.get(site_id or "", site_id or "")

    def place(self, place_id: str | None) -> str:
        """Of either kind: what a broken rule names."""
        return self.site(place_id) if place_id in self.sites else self.container(place_id)


def read_names(connection: Connection, city: City, ids: Iterable[str | None]) -> Names:
    sites = {document["id"]: document["name"] for _, document in shared.list_sites(connection, city.id)}
    return Names(store.list_names(connection, city.id, {one for one in ids if one}), sites)


@dataclass(frozen=True)
class Changes:
    """The changes of a plan that nobody has sent, what they come to, and who may take what back."""

    history: History
    unsent: list[Step]
    reference_id: UUID
    """The plan they are counted from: the drivers', else the planner's own."""
    told: Differences | None
    """Against that plan; None where nothing was changed."""
    names: Names

    def marks_of(self, container: str | None) -> list[Step]:
        """Unsent changes of one container, the last first."""
        return [step for step in reversed(self.unsent) if container and step.change.container == container]

    @property
    def authors(self) -> list[str]:
        return sorted({step.by for step in self.unsent})

    @property
    def changed_trucks(self) -> set[str]:
        return {row.truck for row in self.told.circuits if row.is_changed} if self.told else set()


def read_changes(connection: Connection, city: City, plan: PlanMade, sent_id: UUID | None) -> Changes:
    """`sent_id`: the plan in force of the day."""
    history = read_history(connection, city.id, plan.plan_id)
    unsent, reference_id = history.unsent(sent_id), history.reference_id(sent_id)
    told = None
    if unsent and reference_id != plan.plan_id:
        told = compare_plans(get_plan(connection, city, reference_id), plan)
    broken = [row.place for row in plan.broken]
    moved = [row.container for row in told.moved] if told else []
    named = [name for step in history.steps for name in (step.change.container, step.change.before)]
    return Changes(history, unsent, reference_id, told, read_names(connection, city, [*broken, *moved, *named]))


@dataclass(frozen=True)
class StopView:
    """One container of a plan, and where it could go."""

    plan: PlanMade
    container: str
    circuit: Circuit | None
    visit: Visit | None
    unserved: Unserved | None
    offers: tuple[TruckOffer, ...]
    held_by: str | None
    """Why nobody may move it now: the code of what stands in the way; None where nothing does."""
    names: Names

    @property
    def name(self) -> str:
        return self.names.container(self.container)

    @property
    def forecast(self) -> ContainerForecast | None:
        return next((row for row in self.plan.forecasts if row.container == self.container), None)

    @property
    def rank(self) -> int:
        """In its circuit, from 1."""
        return 1 + self.others_and_it.index(self.container)

    @property
    def others_and_it(self) -> list[str]:
        return [stop.place or "" for stop in self.circuit.stops] if self.circuit else []

    @property
    def pinned_to(self) -> str | None:
        return self.plan.by_hand.pins.get(self.container)

    @property
    def is_due(self) -> bool:
        return self.circuit is not None or (self.unserved is not None and self.unserved.due is not None)

    def hue(self, number: int) -> int:
        return (number - 1) % HUES + 1


def read_stop(
    deps: Deps, connection: Connection, city: City, plan: PlanMade, container: str, now: datetime
) -> StopView:
    """Raises: NotFound, of a container that the plan does not know."""
    circuit = next((c for c in plan.circuits if any(s.place == container for s in c.stops)), None)
    unserved = next((row for row in plan.unserved if row.container == container), None)
    if circuit is None and unserved is None:
        raise NotFound
    visit = next((s for s in circuit.stops if s.place == container), None) if circuit else None
    offers, held_by = tuple[TruckOffer, ...](), None
    try:
        offers = find_offers(deps, connection, plan, container, now)
    except ChangeRefused as refused:
        held_by = refused_change(refused).code
    mentioned = [container, *(s.place for s in (circuit.stops if circuit else ()))]
    mentioned += [row.place for offer in offers for row in offer.place.broken]
    mentioned += [name for offer in offers for name in (offer.place.before, offer.place.falls_out)]
    names = read_names(connection, city, mentioned)
    return StopView(plan, container, circuit, visit, unserved, offers, held_by, names)


def find_offers(
    deps: Deps, connection: Connection, plan: PlanMade, container: str, now: datetime
) -> tuple[TruckOffer, ...]:
    """What each truck would have it for. Raises: ChangeRefused."""
    ground = deps.grounds.of(connection, plan, frozenset({container}))
    return truck_offers(plan, container, ground, find_begun(connection, plan, now), now)
