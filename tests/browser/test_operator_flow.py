"""Plan, watch, look, send: the operator's morning, with a stand-in for planner and writer."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, expect

from infra.stack.stack import Stack
from services.contracts import topics
from services.contracts.planning import PlanDay, PlanDispatched, PlanningProgressed
from services.store.connection import Connection, connect
from services.stream.kafka import EventConsumer
from tests.support.web_browser import log_in
from tests.support.web_seed import NOW, OPERATOR, make_plan, put_plan, put_run
from tests.support.web_server import Running

NEXT_DAY = date(2026, 11, 25)


class StandIn(threading.Thread):
    """Plans in two seconds and writes straight into the store, until told to stop."""

    def __init__(self, stack: Stack, database_url: str) -> None:
        super().__init__(daemon=True)
        self._stack, self._database_url = stack, database_url
        self.stopping = threading.Event()

    def run(self) -> None:
        wanted = [topics.ORDERS, topics.PLANNING, topics.DISPATCHES]
        consumer = EventConsumer(self._stack.kafka, group=f"s-{uuid4().hex[:8]}", subscribed=wanted, member="s")
        with connect(self._database_url, name="stand-in") as connection:
            while not self.stopping.is_set():
                for record in consumer.poll(0.2):
                    self._take(connection, record.topic, record.value)
                    connection.commit()
        consumer.close()

    def _take(self, connection: Connection, topic: str, value: bytes) -> None:
        if topic == topics.PLANNING:
            put_run(connection, PlanningProgressed.model_validate_json(value))
        elif topic == topics.DISPATCHES:
            sent = PlanDispatched.model_validate_json(value)
            row = (sent.dispatch_id, sent.city, sent.day, sent.plan_id, sent.dispatched_by, sent.dispatched_at)
            connection.execute("INSERT INTO dispatch VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", row)
        elif (order := PlanDay.model_validate_json(value)).day == NEXT_DAY:
            self._plan(connection, order)

    def _plan(self, connection: Connection, order: PlanDay) -> None:
        plan = make_plan(uuid4(), order.request_id, order.day)
        progress = PlanningProgressed(
            request_id=order.request_id, city=order.city, day=order.day, state="started",
            time_limit_s=order.time_limit_s, happened_at=NOW,
        )  # fmt: skip
        for step in range(4):
            news = {"state": "improved", "elapsed_s": step * 0.5, "circuits": 4, "distance_m": 98_000 - step * 1500}
            put_run(connection, progress.model_copy(update=news))
            connection.commit()
            self.stopping.wait(0.8)
        put_plan(connection, plan)
        put_run(connection, progress.model_copy(update={"state": "finished", "plan_id": plan.plan_id}))


@pytest.fixture
def stand_in(stack: Stack, database_url: str, web: Running) -> Iterator[None]:
    del web  # seeds the store
    thread = StandIn(stack, database_url)
    thread.start()
    yield
    thread.stopping.set()
    thread.join(timeout=10)


@pytest.mark.usefixtures("stand_in")
def test_plan_watch_look_send(
    web: Running, open_context: Callable[..., BrowserContext], shoot: Callable[..., None]
) -> None:
    """One green button after the other, and nothing sent without a look."""
    page = open_context().new_page()
    log_in(page, web, OPERATOR, f"/operateur?jour={NEXT_DAY}")
    shoot(page, "operator-empty")
    page.click("text=Planifier la journée")
    page.wait_for_selector("#planning")
    expect(page.locator("#planning-best")).to_contain_text("Meilleur jusqu'ici", timeout=15_000)
    shoot(page, "operator-planning")
    page.click("text=Envoyer aux chauffeurs", timeout=30_000)
    expect(page.locator("h1")).to_have_text("Envoyer 4 circuits pour mercredi 25 novembre")
    shoot(page, "operator-look")
    page.click("text=Envoyer maintenant")
    expect(page.locator(".sent")).to_contain_text("Envoyé à 3 camions sur 4")
    shoot(page, "operator-sent")
