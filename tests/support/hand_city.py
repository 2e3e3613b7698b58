"""The example town in the store with a day planned, and a stream that the writer's own code stores at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from services.city.store import store_registry
from services.contracts import topics
from services.contracts.planning import PlanDispatched, PlanMade
from services.store.connection import connect
from services.stream.kafka import Delivery
from services.web.entry.accounts import add_account
from services.writer.day import store_dispatches, store_plans
from tests.support.hand_town import EVENING, FIRST, SECOND, hand_plan, hand_town
from tests.support.web_server import Running, client_of, serve
from tests.twins.stream import MemoryStream

CITY = "houeyogbe"
PASSWORD = "une-longue-matinee"
AWA, KOSSI, MAYOR = (CITY, "awa"), (CITY, "kossi"), (CITY, "mairie")
CIRCUITS = {FIRST: ("HOU-002", "HOU-003", "HOU-004"), SECOND: ("HOU-005", "HOU-006")}
NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


class StoringStream(MemoryStream):
    """Stores what it is given as the writer does, before it says that it has it."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self._database_url = database_url

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        delivery = super().send(topic, key, value)
        with connect(self._database_url, name="writer") as connection:
            if topic == topics.PLANS:
                store_plans(connection, [PlanMade.model_validate_json(value)])
            elif topic == topics.DISPATCHES:
                store_dispatches(connection, [PlanDispatched.model_validate_json(value)])
        return delivery


def put_hand_city(database_url: str) -> PlanMade:
    """Town, two operators, a mayor, and a plan of tomorrow that nobody has sent."""
    town = hand_town()
    plan = hand_plan(town, CIRCUITS, name=str(uuid4()))
    with connect(database_url, name="seed") as connection:
        store_registry(connection, town, who="test", now=EVENING)
        for city, login in (AWA, KOSSI):
            add_account(connection, city, login, "operator", PASSWORD)
        add_account(connection, CITY, MAYOR[1], "municipality", PASSWORD)
        store_plans(connection, [plan])
    return plan


def put_plan_anew(database_url: str) -> PlanMade:
    """In place of whatever plans there are, one that nobody has changed."""
    plan = hand_plan(hand_town(), CIRCUITS, name=str(uuid4()))
    with connect(database_url, name="seed") as connection:
        connection.execute("TRUNCATE plan, circuit, stop, dispatch, confirmation, plan_change, planning_run")
        store_plans(connection, [plan])
    return plan


@contextmanager
def serve_hand_city(database_url: str) -> Iterator[Running]:
    """The pages on that town, the evening before."""
    put_hand_city(database_url)
    with serve(database_url, StoringStream(database_url), NOW) as running:
        yield running


def log_in(web: Running, who: tuple[str, str]) -> httpx.Client:
    """`who`: the city and the login."""
    return client_of(web, (who[1], PASSWORD), who[0])
