"""What is known of trucks, places and waste, over all plans of a day and the registries they were made from."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import routing
from services.city.registry import Registry
from services.contracts.planning import PlanMade
from services.errors import TourneeError
from services.planning.problem import fuel_models


class NotKnown(TourneeError):
    """A truck or place of the day is in no registry that its plans were made from."""


class Known:
    """Looked up in the day's own registry first, then in those of its other plans: they know what is gone since."""

    def __init__(self, registries: Sequence[Registry], plans: Sequence[PlanMade]) -> None:
        self._fuel_models: dict[str, routing.FuelModel] = {}
        self._services_s: dict[tuple[str, str], int] = {}
        for registry in reversed(registries):
            self._fuel_models |= fuel_models(registry)
            self._services_s |= _services_s(registry)
        self._demand_kg = {plan.plan_id: {f.container: f.demand_kg for f in plan.forecasts} for plan in plans}
        self._any_kg: dict[str, float] = {}
        for demand_kg in reversed(self._demand_kg.values()):
            self._any_kg |= demand_kg

    def fuel_model(self, truck: str) -> routing.FuelModel:
        """Raises: NotKnown."""
        return _get(self._fuel_models, truck, f"truck {truck}")

    def has_truck(self, truck: str) -> bool:
        return truck in self._fuel_models

    def has_place(self, kind: str, place: str) -> bool:
        """Whether a crew can have had work there."""
        return (kind, place) in self._services_s

    def service_s(self, kind: str, place: str) -> int:
        """Seconds of a visit. Raises: NotKnown."""
        return _get(self._services_s, (kind, place), f"{kind} {place}")

    def demand_kg(self, plan_id: UUID, container: str) -> float:
        """What the plan expected in a container; where it says nothing, what the earliest plan of the day did."""
        return self._demand_kg.get(plan_id, {}).get(container, self._any_kg.get(container, 0.0))


def _get[Key, Value](table: Mapping[Key, Value], key: Key, name: str) -> Value:
    try:
        return table[key]
    except KeyError as error:
        raise NotKnown(f"{name} is in no version of the registry that the day's plans were made from") from error


def _services_s(registry: Registry) -> dict[tuple[str, str], int]:
    """Seconds at each place, by kind of visit and id."""
    kinds = {kind.id: kind.service_s for kind in registry.container_kinds}
    stops = {("stop", container.id): kinds[container.kind] for container in registry.containers}
    return stops | {("disposal", site.id): site.service_s for site in registry.disposal_sites}
