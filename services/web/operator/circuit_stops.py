"""A circuit as the list opens it: its visits with their names, and what its crew said of each.

Of a long plan the list holds the circuits alone, and each one's stops come when somebody opens it: two hundred circuits
have four megabytes of stops, and a reader looks at one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.city.registry import City
from services.contracts.planning import Circuit, ContainerForecast, PlanMade, Visit
from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.figures.outcomes import Said, outcomes_of
from services.web.operator import store

TIGHT_FROM = 0.8
"""Share used from which a limit is said to bind a circuit; below, a stop or two more would fit. Chosen by eye."""

type NameAndZone = Callable[[str], tuple[str, str] | None]
"""Of a container by its id; None for what is no container of the registry."""


@dataclass(frozen=True)
class ListedVisit:
    visit: Visit
    name: str
    zone: str
    outcome: str | None
    forecast: ContainerForecast | None


@dataclass(frozen=True)
class CircuitStops:
    circuit: Circuit
    visits: list[ListedVisit]
    closes_name: str
    """Of the site or container that closes first for it; empty where that is no place, or not known."""

    @property
    def is_tight(self) -> bool:
        binding = self.circuit.binding
        return binding is not None and binding.used_ratio >= TIGHT_FROM


def list_visits(
    circuit: Circuit,
    name_and_zone: NameAndZone,
    sites: Mapping[str, str],
    words: Sequence[store.ConfirmationRow],
    forecasts: Mapping[str, ContainerForecast],
) -> list[ListedVisit]:
    """`words`: what the circuit's crew said today, as it happened; `sites`: names by id."""
    said = (Said(row["kind"], row["place"], row["outcome"]) for row in words)
    outcomes = outcomes_of(((visit.kind, visit.place) for visit in circuit.visits), said)
    lines = []
    for sequence, visit in enumerate(circuit.visits):
        place = visit.place or ""
        container = name_and_zone(place) if visit.kind == "stop" else None
        name, zone = container or (sites.get(place, place), "")
        forecast = forecasts.get(place) if container else None
        lines.append(ListedVisit(visit, name, zone, outcomes.get(sequence), forecast))
    return lines


def name_of_closing(circuit: Circuit, name_and_zone: NameAndZone, sites: Mapping[str, str]) -> str:
    """Of the place that closes first for it."""
    place = (circuit.binding.closes_place if circuit.binding else None) or ""
    container = name_and_zone(place)
    return container[0] if container else sites.get(place, place)


def read_circuit_stops(connection: Connection, city: City, plan: PlanMade, number: int) -> CircuitStops | None:
    """Of one circuit, reading its containers alone; None where the plan has no such circuit."""
    circuit = next((one for one in plan.circuits if one.number == number), None)
    if circuit is None:
        return None
    places = {visit.place for visit in circuit.stops if visit.place}
    if circuit.binding and circuit.binding.closes_place:
        places.add(circuit.binding.closes_place)
    rows = store.list_names(connection, city.id, places)
    sites = {document["id"]: document["name"] for _, document in shared.list_sites(connection, city.id)}
    words = [
        row for row in store.list_confirmations(connection, city.id, plan.plan_id) if row["truck_id"] == circuit.truck
    ]
    forecasts = {row.container: row for row in plan.forecasts if row.container in places}

    def name_and_zone(place: str) -> tuple[str, str] | None:
        row = rows.get(place)
        return (row["name"], row["zone_name"]) if row else None

    return CircuitStops(
        circuit,
        list_visits(circuit, name_and_zone, sites, words, forecasts),
        name_of_closing(circuit, name_and_zone, sites),
    )
