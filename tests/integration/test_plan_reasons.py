"""The reasons of a plan, from the planner's message through the store to the API, the downloads and the page."""

import csv
import json
import math
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.contracts import topics
from services.contracts.planning import Binding, PlanMade, Unserved
from services.store.connection import connect
from services.web.operator.store import find_plan
from services.writer.handlers import HANDLERS
from tests.support.web_seed import CITY, DAY, OPERATOR, PLAN, make_plan
from tests.support.web_server import LogIn, Running

REASONS: dict[str, Any] = {
    "explained": True,
    "what_if": True,
    "circuits": {"__all__": {"binding": True, "visits": {"__all__": {"marginal_cost"}}}},
    "unserved": {"__all__": {"cheapest_place_cost", "cheapest_place_truck"}},
}
"""The fields of a plan that came later than the first plans."""


def _store(database_url: str, message: str) -> PlanMade:
    """As the writer does with what it takes from Kafka."""
    handler = HANDLERS[topics.PLANS]
    plan = handler.contract.model_validate_json(message)
    assert isinstance(plan, PlanMade)
    with connect(database_url, name="reasons") as connection:
        handler.store(connection, [plan])
    return plan


def _rows(client: httpx.Client, plan: UUID, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(client.get(f"/api/v1/plans/{plan}/{name}.csv").text.splitlines()))


@pytest.mark.usefixtures("web")
def test_store_gives_back_the_reasons_it_was_given(database_url: str) -> None:
    """Whole, through the writer's own handler: no column is needed, the plan is kept as one document."""
    made = make_plan(uuid4(), uuid4(), DAY + timedelta(days=8))
    assert _store(database_url, made.model_dump_json()) == made
    with connect(database_url, name="reasons") as connection:
        found = find_plan(connection, CITY, made.plan_id)
    assert found == made
    assert found.explained == "all"


def test_api_tells_the_reasons(web: Running, log_in: LogIn) -> None:
    """The plan is the planner's, word for word, and the description names the fields."""
    plan = PlanMade.model_validate_json(log_in(OPERATOR).get(f"/api/v1/plans/{PLAN}").content)
    assert plan == make_plan()
    schemas = httpx.get(f"{web.url}/api/openapi.json").json()["components"]["schemas"]
    assert schemas["Binding"]["properties"].keys() == Binding.model_fields.keys()
    assert "marginal_cost" in schemas["Visit"]["properties"]


def test_downloads_carry_the_reasons(log_in: LogIn) -> None:
    """Tables and the map's points have the same sums as the plan."""
    client, made = log_in(OPERATOR), make_plan()
    told = [visit.marginal_cost for circuit in made.circuits for visit in circuit.visits]
    costs = [float(row["marginal_cost"] or "nan") for row in _rows(client, PLAN, "stops")]
    assert costs == pytest.approx([extra.cost if extra else math.nan for extra in told], nan_ok=True)
    circuits = _rows(client, PLAN, "circuits")
    assert [row["binding_limit"] for row in circuits] == ["time", "load_l", "time", "trips"]
    assert (float(circuits[0]["slack_s"]), circuits[0]["closes_place"]) == (14 * 60 + 40, "centre")
    points = client.get("/api/v1/containers.geojson", params={"plan": str(PLAN)}).json()["features"]
    on_map = {point["id"]: point["properties"]["serving_cost"] for point in points}
    assert on_map[made.unserved[0].container] == 5_400
    assert on_map[made.circuits[1].stops[0].place or ""] == costs[len(made.circuits[0].visits) + 1]


def test_plan_made_before_there_were_reasons_opens_all_the_same(database_url: str, log_in: LogIn) -> None:
    """Plans of last month stay readable: no bar, no cost, and no error."""
    made = make_plan(uuid4(), uuid4(), DAY + timedelta(days=9))
    old = json.loads(made.model_dump_json(exclude=REASONS))
    assert "binding" not in old["circuits"][0]
    assert _store(database_url, json.dumps(old)).explained == "nothing"
    client = log_in(OPERATOR)
    page = client.get("/operateur", params={"jour": made.day.isoformat()})
    assert page.status_code == 200
    assert 'data-circuit="4"' in page.text
    assert 'class="limits' not in page.text
    assert 'class="cost"' not in page.text
    assert {row["binding_limit"] for row in _rows(client, made.plan_id, "circuits")} == {""}


def test_container_that_is_kept_for_a_later_day_says_which_and_why(database_url: str, log_in: LogIn) -> None:
    """In the list: it is out today, and nobody has to guess."""
    day = DAY + timedelta(days=11)
    made = make_plan(uuid4(), uuid4(), day)
    kept = next(f for f in made.forecasts if f.due is None)
    later = {"later_day": day + timedelta(days=1), "later_due": "with_neighbours"}
    forecasts = tuple(f.model_copy(update=later) if f is kept else f for f in made.forecasts)
    unserved = (*made.unserved, Unserved(container=kept.container, reason="not_due", due=None))
    _store(database_url, made.model_copy(update={"forecasts": forecasts, "unserved": unserved}).model_dump_json())
    client = log_in(OPERATOR)
    page = client.get("/operateur", params={"jour": day.isoformat()}).text
    assert "1 bac est gardé pour un des jours suivants" in page
    assert "avec ses voisins : épargne un trajet un autre jour" in page
