"""Compact and balanced over the web: part of the order, their price beside the cheapest plan, kept by a new search."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx
import pytest

from services.contracts import topics
from services.contracts.planning import PlanDay, PlanMade, Sliders
from services.store.connection import connect
from services.writer.day import store_plans
from tests.support.hand_city import AWA, NOW, PASSWORD, StoringStream, put_hand_city, put_plan_anew
from tests.support.hand_town import DAY
from tests.support.web_server import Running, serve


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    put_hand_city(database_url)
    with serve(database_url, stream, NOW) as running:
        yield running


@pytest.fixture
def awa(web: Running) -> Iterator[httpx.Client]:
    with closing(httpx.Client(base_url=web.url, timeout=30)) as client:
        who = {"city": AWA[0], "login": AWA[1], "password": PASSWORD}
        client.headers["X-CSRF-Token"] = client.post("/api/v1/session", json=who).json()["csrf"]
        yield client


def orders(stream: StoringStream) -> list[PlanDay]:
    return [PlanDay.model_validate_json(value) for topic, _, value in stream.sent if topic == topics.ORDERS]


def test_sliders_travel_with_the_order(awa: httpx.Client, stream: StoringStream) -> None:
    """The page's, in hundredths; a program's, as shares. What is beyond full is refused."""
    stream.sent.clear()
    form = {"csrf_token": awa.headers["X-CSRF-Token"], "day": DAY.isoformat(), "compact": 75, "balanced": 25}
    assert awa.post("/operateur/planifier", data=form).status_code == 303
    wanted = {"day": DAY.isoformat(), "balanced": 1}
    assert awa.post("/api/v1/plan", json=wanted).status_code == 202
    assert [(order.compact, order.balanced) for order in orders(stream)] == [(0.75, 0.25), (0, 1)]
    assert awa.post("/operateur/planifier", data=form | {"compact": 101}).status_code == 422
    assert awa.post("/api/v1/plan", json=wanted | {"balanced": 1.5}).status_code == 422
    assert len(orders(stream)) == 2


def test_page_tells_what_they_cost_and_what_they_brought(awa: httpx.Client, database_url: str) -> None:
    plan = put_plan_anew(database_url)
    cheaper = plan.totals.model_copy(
        update={
            "fuel_l": plan.totals.fuel_l - 3.2, "duty_s": plan.totals.duty_s - 720,
            "distance_m": plan.totals.distance_m - 4000, "stops": plan.totals.stops - 1,
        }
    )  # fmt: skip
    asked = Sliders(
        compact=0.5, without=cheaper, apart_ratio=0.22, apart_ratio_without=0.41, longest_s=21_000,
        longest_s_without=25_800, own_stops=9, known_stops=11, own_stops_without=5, known_stops_without=10,
    )  # fmt: skip
    made = plan.model_copy(update={"plan_id": uuid4(), "sliders": asked, "time_limit_s": 60})
    with connect(database_url, name="test") as connection:
        store_plans(connection, [made])
    shown = page_of(awa, made)
    assert "Compact 50 %, équilibré 0 %" in shown
    assert "<b>+3,2 L</b> · +12 min · +4,0 km · +1 arrêt" in shown
    assert "22 % au lieu de 41 %" in shown
    assert "5 h 50 au lieu de 7 h 10" in shown
    assert "Arrêts dans le quartier de leur équipage : 9 sur 11, au lieu de 5 sur 10." in shown
    assert 'name="compact" min="0" max="100" step="25" value="50"' in shown  # the next order asks the same
    assert "équilibré" not in page_of(awa, plan)


def page_of(awa: httpx.Client, plan: PlanMade) -> str:
    text = awa.get("/operateur", params={"jour": DAY.isoformat(), "plan": str(plan.plan_id)}).text
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")
