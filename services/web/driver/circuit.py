"""The circuit of one truck on one day, as the phone shows it, and the little that the phone asks each minute."""

import hashlib
from dataclasses import dataclass
from datetime import date

from services.city.registry import City
from services.contracts.planning import Circuit
from services.roads.manoeuvres import Language
from services.store.connection import Connection
from services.web.driver import store
from services.web.driver.called_off import has_load, visits_left
from services.web.driver.legs import legs_of
from services.web.driver.schemas import DriverCircuit, DriverState, DriverVisit
from services.web.figures import store as shared
from services.web.figures.outcomes import outcomes_of
from services.web.ground.circuit_lines import CircuitLines


@dataclass(frozen=True)
class SentCircuit:
    """Which circuit a truck drives, and what its crew has said: all that is known without reading the plan."""

    sent: store.SentRow
    truck: str
    version: str
    """Changes with everything that the phone keeps of the circuit, but not with what the crew says."""
    outcomes: dict[int, str]
    kept: tuple[int, ...] | None
    """Places in its circuit of the visits that a crew called off has left; None for the whole circuit."""

    @property
    def etag(self) -> str:
        said = " ".join(f"{sequence}:{outcome}" for sequence, outcome in self.outcomes.items())
        return _tag(self.version, said)

    def state(self) -> DriverState:
        return DriverState(plan_id=self.sent["plan_id"], version=self.version, confirmed=self.outcomes)


def find_sent_circuit(
    connection: Connection, city: City, truck: str, day: date, *, lines: CircuitLines, language: Language
) -> SentCircuit | None:
    """None when nothing was sent or this truck stays in. Four short queries: a phone asks each minute."""
    sent = store.find_sent(connection, city.id, truck, day)
    if sent is None:
        return None
    plan, number = sent["circuit_plan_id"], sent["number"]
    visits = store.list_visits(connection, plan, number)
    said = store.list_said(connection, city.id, sent["plan_id"], truck)
    outcomes = outcomes_of(visits, said)
    kept = None
    if plan != sent["plan_id"]:
        kept = visits_left(visits, outcomes, has_load=has_load(said))
        outcomes = {place: outcomes[n] for place, n in enumerate(kept) if n in outcomes}
    version = _tag(
        sent["plan_id"], plan, number, sent["dispatched_at"], sent["loaded_at"], lines.version(city.id), language, kept
    )
    return SentCircuit(sent, truck, version, outcomes, kept)


def read_driver_circuit(
    connection: Connection, city: City, found: SentCircuit, *, lines: CircuitLines, language: Language
) -> DriverCircuit | None:
    """The whole of it; None where its plan is gone."""
    sent = found.sent
    plan = shared.find_circuit(connection, city.id, sent["circuit_plan_id"], sent["number"])
    if plan is None:
        return None
    circuit = plan.circuit
    line = lines.of_circuits(connection, city, plan.plan_id, plan.roads, [circuit])[circuit.number]
    if found.kept is not None:
        circuit = circuit.model_copy(update={"visits": tuple(circuit.visits[n] for n in found.kept)})
    return DriverCircuit(
        plan_id=sent["plan_id"],
        version=found.version,
        day=plan.day,
        city=city.id,
        truck=found.truck,
        number=circuit.number,
        distance_m=circuit.distance_m,
        roads=plan.roads,
        dispatched_at=sent["dispatched_at"],
        made_at=sent["made_at"],
        called_off=found.kept is not None or store.is_called_off(connection, city.id, sent["plan_id"], found.truck),
        visits=_visits(connection, city, found, circuit),
        line=line.source,
        # The ways of a circuit called off lead past containers that others empty.
        legs=legs_of(circuit, line, language) if found.kept is None else [],
    )


def _visits(connection: Connection, city: City, found: SentCircuit, circuit: Circuit) -> list[DriverVisit]:
    stops = [visit.place for visit in circuit.stops if visit.place]
    containers = shared.find_container_names(connection, city.id, stops)
    sites = {document["id"]: document["name"] for _, document in shared.list_sites(connection, city.id)}
    forecasts = store.list_forecasts(connection, city.id, found.sent["circuit_plan_id"], stops)
    visits = []
    for sequence, visit in enumerate(circuit.visits):
        place = visit.place or ""
        container = containers.get(place) if visit.kind == "stop" else None
        forecast = forecasts.get(place) if visit.kind == "stop" else None
        visits.append(
            DriverVisit(
                sequence=sequence,
                kind=visit.kind,
                place=visit.place,
                name=container["name"] if container else sites.get(place, place),
                zone=container["zone_name"] if container else None,
                lon=visit.lon,
                lat=visit.lat,
                arrive_at=visit.arrive_at,
                start_at=visit.start_at,
                leave_at=visit.leave_at,
                demand_kg=forecast["demand_kg"] if forecast else None,
                demand_l=forecast["demand_l"] if forecast else None,
                fill_ratio=forecast["fill_ratio"] if forecast else None,
                confirmed=found.outcomes.get(sequence),
            )
        )
    return visits


def _tag(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:20]
