"""A truck with a long day, for tests of the phone's screens."""

from datetime import timedelta
from uuid import uuid5

from services.contracts.planning import Circuit, PlanMade, Visit
from services.store.connection import Connection
from tests.support.web_seed import CITY, NAMES, NOW, make_plan, put_confirmations, put_plan

STREETS = ("Carrefour Étoile Rouge, devant la pharmacie", "Rue 12.034, portail bleu", "École Sainte-Rita, côté terrain")


def put_long_circuit(connection: Connection, truck: str, stops: int, done: int = 0) -> PlanMade:
    """A plan in force whose one circuit has so many stops, the first of them reported (the third as passed)."""
    names = {f"L-{n:03}": f"{STREETS[n % len(STREETS)]} {n}" for n in range(1, stops + 1)}
    for container, name in names.items():
        connection.execute(
            """INSERT INTO container
                (city_id, container_id, name, lon, lat, kind_id, zone_id, capacity_l, sensor, document)
            SELECT city_id, %(id)s, %(name)s, lon, lat, kind_id, zone_id, capacity_l, false, document
            FROM container WHERE city_id = %(city)s AND container_id = 'B-001'""",
            {"city": CITY, "id": container, "name": name},
        )
    made = make_plan()
    depot, first = made.circuits[0].visits[:2]
    visits = [depot, *(_stop(first, place, n) for n, place in enumerate(names, 1)), depot]
    circuit = Circuit.model_validate(
        {**made.circuits[0].model_dump(), "truck": truck, "number": 1, "visits": visits, "binding": None}
    )
    plan = made.model_copy(update={"plan_id": uuid5(NAMES, f"long {truck} {stops}"), "circuits": (circuit,)})
    put_plan(connection, plan)
    connection.execute(
        "INSERT INTO dispatch VALUES (%s, %s, %s, %s, 'awa', %s)",
        (uuid5(plan.plan_id, "dispatch"), plan.city, plan.day, plan.plan_id, NOW + timedelta(minutes=10)),
    )
    put_confirmations(connection, plan, truck, done)
    return plan


def _stop(first: Visit, place: str, number: int) -> Visit:
    at = first.start_at + timedelta(minutes=4 * number)
    moved = {"lon": (first.lon or 0) + number / 3000, "place": place, "marginal_cost": None}
    return first.model_copy(update=moved | {"arrive_at": at, "start_at": at, "leave_at": at + timedelta(minutes=2)})
