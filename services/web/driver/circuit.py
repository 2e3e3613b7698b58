"""The circuit of one truck on one day, as the phone shows it."""

from datetime import date

from services.city.registry import City
from services.contracts.planning import Circuit, PlanMade
from services.roads.manoeuvres import Language
from services.store.connection import Connection
from services.web import store
from services.web.circuit_lines import CircuitLines
from services.web.driver.legs import legs_of
from services.web.driver.schemas import DriverCircuit, DriverVisit
from services.web.outcomes import outcomes_of


def find_driver_circuit(
    connection: Connection, city: City, truck: str, day: date, *, lines: CircuitLines, language: Language
) -> DriverCircuit | None:
    """The truck's part of the plan in force; None when nothing was sent or this truck stays in."""
    dispatch = store.find_dispatch(connection, city.id, day)
    plan = store.find_plan(connection, city.id, dispatch["plan_id"]) if dispatch else None
    if dispatch is None or plan is None:
        return None
    circuit = next((c for c in plan.circuits if c.truck == truck), None)
    if circuit is None:
        return None
    line = lines.of_plan(connection, city, plan)[circuit.number]
    return DriverCircuit(
        plan_id=plan.plan_id,
        day=plan.day,
        city=city.id,
        truck=truck,
        number=circuit.number,
        distance_m=circuit.distance_m,
        roads=plan.roads,
        dispatched_at=dispatch["dispatched_at"],
        visits=_visits(connection, city, plan, circuit),
        line=line.source,
        legs=legs_of(circuit, line, language),
    )


def _visits(connection: Connection, city: City, plan: PlanMade, circuit: Circuit) -> list[DriverVisit]:
    stops = [visit.place for visit in circuit.stops if visit.place]
    containers = store.find_container_names(connection, city.id, stops)
    sites = {document["id"]: document["name"] for _, document in store.list_sites(connection, city.id)}
    forecasts = {forecast.container: forecast for forecast in plan.forecasts}
    outcomes = outcomes_of(circuit, store.list_confirmations(connection, city.id, plan.plan_id))
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
                demand_kg=forecast.demand_kg if forecast else None,
                demand_l=forecast.demand_l if forecast else None,
                fill_ratio=forecast.fill_ratio if forecast else None,
                confirmed=outcomes.get(sequence),
            )
        )
    return visits
