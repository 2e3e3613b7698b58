"""A large town in the middle of its day, in the store as the writer leaves it."""

import random
from datetime import timedelta
from uuid import uuid5

from services.city.store import store_registry
from services.contracts.planning import PlanDispatched, PlanMade
from services.store.connection import connect
from services.web.entry.accounts import add_account
from services.writer.day import store_dispatches, store_plans
from tests.support.large_town import MORNING, large_town, swept_plan
from tests.support.web_seed import OPERATOR

STOPS_A_CIRCUIT = 100
NOW = MORNING + timedelta(hours=2)


def put_large(database_url: str, containers: int, circuits: int) -> PlanMade:
    """So many containers, each with a level; a plan in force of so many circuits; a truck of each on its way."""
    town = large_town(containers, circuits)
    plan = swept_plan(town, circuits, min(STOPS_A_CIRCUIT, containers // circuits))
    dice = random.Random(3)
    with connect(database_url, name="seed") as connection:
        store_registry(connection, town, who="seed", now=MORNING)
        store_plans(connection, [plan])
        sent = PlanDispatched(
            dispatch_id=uuid5(plan.plan_id, "dispatch"), plan_id=plan.plan_id, city=plan.city, day=plan.day,
            dispatched_by=OPERATOR[0], dispatched_at=MORNING + timedelta(minutes=5),
        )  # fmt: skip
        store_dispatches(connection, [sent])
        add_account(connection, town.city.id, OPERATOR[0], "operator", OPERATOR[1])
        with connection.cursor() as cursor:
            states = "COPY container_state (city_id, container_id, fill_ratio, fill_at) FROM STDIN"
            with cursor.copy(states) as rows:
                for forecast in plan.forecasts:
                    heard_at = NOW - timedelta(hours=dice.random() * 3)
                    rows.write_row((town.city.id, forecast.container, forecast.fill_ratio, heard_at))
            for circuit in plan.circuits:
                at = circuit.stops[len(circuit.stops) // 4]
                cursor.execute(
                    "INSERT INTO truck_state VALUES (%s, %s, %s, %s, %s)",
                    (town.city.id, circuit.truck, NOW - timedelta(minutes=2), at.lon, at.lat),
                )
        connection.execute("ANALYZE")
    return plan
