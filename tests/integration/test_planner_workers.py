"""A very large day on several machines: real workers as processes, real Kafka between them and the planner."""

import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from uuid import uuid4

import httpx
import pytest

import routing
from infra.stack.ports import free_port
from infra.stack.server import Server
from infra.stack.services import service
from infra.stack.stack import Stack
from services.city.registry import Registry
from services.city.store import store_registry
from services.clock import SystemClock
from services.contracts.districts import DistrictPlanned
from services.contracts.planning import PlanDay, PlanMade, PlanningProgressed
from services.contracts.topics import DISTRICT_PLANS, DISTRICTS, ORDERS, PLANNING, PLANS, district_key, key
from services.fill.due import forecasts_of_day
from services.operations.kafka_admin import KafkaAdmin
from services.planning.district_queue import GROUP, KafkaDistrictQueue
from services.planning.problem import problem_of_day
from services.planning.sharing import SharedDay, Sharing, SharingRules
from services.roads.roads import EstimatedRoads
from services.store.connection import connect
from services.stream.kafka import EventConsumer, EventProducer
from tests.benchmarks.districts import DAY, drawn_city, order_of

# The embedded Kafka deals partitions anew only after some 12 s, and keeps those of a dead member for ever.
pytestmark = pytest.mark.parametrize("stack", ["real"], indirect=True)

RULES = SharingRules(above_stops=300, district_stops=450, rounds=1, least_turn_s=2.0)
PLANNER = {
    "TOURNEE_PLAN_BY_DISTRICT_ABOVE": "300",
    "TOURNEE_PLAN_DISTRICT_STOPS": "450",
    "TOURNEE_PLAN_ROUNDS": "1",
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return drawn_city()


def eventually(check: Callable[[], bool], told: Callable[[], str] = str, patience_s: float = 30) -> None:
    deadline_s = time.monotonic() + patience_s
    while not check():
        assert time.monotonic() < deadline_s, f"not within its time. {told()}"
        time.sleep(0.05)


class Crew:
    """Two workers as processes; they are given no way into the store."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self.probes = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
        self.servers = [self._worker(str(n), probe, folder) for n, probe in enumerate(self.probes, start=1)]

    def _worker(self, member: str, probe: str, folder: Path) -> Server:
        environment = {"TOURNEE_KAFKA": self._stack.kafka, "TOURNEE_PROBE_PORT": probe.rsplit(":", 1)[1]}
        return service(f"worker-{member}", environment, folder)

    def log(self, number: int) -> str:
        return self.servers[number].log_path.read_text()

    def gather(self) -> None:
        """Have both running, with their shares of the partitions."""
        for server in self.servers:
            if not server.is_running:
                server.launch()
        for server in self.servers:
            server.wait_until_ready()
        with KafkaAdmin(self._stack.kafka, name="test") as admin:
            eventually(lambda: self._is_settled(admin), lambda: f"{self.log(0)}\n{self.log(1)}")

    def _is_settled(self, admin: KafkaAdmin) -> bool:
        group = admin._admin.describe_groups([GROUP])[GROUP]
        return group["group_state"] == "Stable" and len(group["members"]) == 2


@pytest.fixture(scope="module")
def crew(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Processes of this module."""
    crew = Crew(stack, tmp_path_factory.mktemp("workers"))
    yield crew
    for server in crew.servers:
        server.stop()


class Queues:
    """A planner's queue on this stack, closed in the end."""

    def __init__(self, stack: Stack) -> None:
        self._producer = EventProducer(stack.kafka, name="planner")
        group = f"test-{uuid4().hex[:8]}"
        subscribe = partial(EventConsumer, stack.kafka, group=group, subscribed=[DISTRICT_PLANS], member="test")
        self._consumers: list[EventConsumer] = []

        def subscribed() -> EventConsumer:
            self._consumers.append(subscribe())
            return self._consumers[-1]

        self._queue = KafkaDistrictQueue(self._producer, stack.kafka, subscribed)

    def __enter__(self) -> KafkaDistrictQueue:
        return self._queue

    def __exit__(self, *_: object) -> None:
        for consumer in self._consumers:
            consumer.close()
        self._producer.close()


class Ear:
    """Hears what is published on a topic, from its beginning."""

    def __init__(self, stack: Stack, topic: str) -> None:
        group = f"test-{uuid4().hex[:8]}"
        self._consumer = EventConsumer(stack.kafka, group=group, subscribed=[topic], member="test")
        self._heard: list[bytes] = []

    def hear[M: (DistrictPlanned, PlanMade, PlanningProgressed)](
        self, contract: type[M], order: PlanDay, wanted: Callable[[M], bool]
    ) -> M:
        """The first message that answers this order and is wanted."""
        deadline_s = time.monotonic() + 40
        while time.monotonic() < deadline_s:
            self._heard += [record.value for record in self._consumer.poll(0.2)]
            for message in map(contract.model_validate_json, self._heard):
                if message.request_id == order.request_id and wanted(message):
                    return message
        pytest.fail(f"no {contract.__name__} like this within 40 s, {len(self._heard)} others")

    def close(self) -> None:
        self._consumer.close()


def test_two_workers_share_a_day_with_the_planner(
    stack: Stack, crew: Crew, database_url: str, registry: Registry, tmp_path: Path
) -> None:
    """Protects the whole way: an order, two workers that both do their part, one whole plan."""
    order = order_of(registry, time_limit_s=16)  # of it 8 for one round
    with connect(database_url, name="test") as connection:
        store_registry(connection, registry, who="test", now=SystemClock().now())
    crew.gather()
    planner = service("planner", stack.environment() | {"TOURNEE_DATABASE_URL": database_url} | PLANNER, tmp_path)
    plans, parts, told = (Ear(stack, topic) for topic in (PLANS, DISTRICT_PLANS, PLANNING))
    try:
        planner.start()
        producer = EventProducer(stack.kafka, name="web")
        producer.publish(ORDERS, key(order.city, order.fleet), order)
        producer.close()
        plan = plans.hear(PlanMade, order, lambda _: True)
        last = told.hear(PlanningProgressed, order, lambda news: news.state == "finished")
        answers = [parts.hear(DistrictPlanned, order, partial(is_by, worker)) for worker in "12"]
    finally:
        planner.stop()
        for ear in (plans, parts, told):
            ear.close()
    log = planner.log_path.read_text()
    assert not [answer.declined for answer in answers if answer.declined]
    assert "by worker: 1 " in log
    assert ", 2 " in log.partition("by worker: ")[2]
    assert "no answer" not in log
    served = [visit.place for circuit in plan.circuits for visit in circuit.stops]
    assert sorted([*served, *(row.container for row in plan.unserved)]) == sorted(c.id for c in registry.containers)
    assert not [row for row in plan.unserved if row.due and row.reason != "prize_below_cost"]
    assert last.detail == "round 1 of 1, 2 workers"
    assert "Traceback" not in f"{log}{crew.log(0)}{crew.log(1)}"


def is_by(worker: str, answer: DistrictPlanned) -> bool:
    return answer.worker == worker


def test_worker_is_ready_and_tells_its_figures_without_any_way_into_the_store(crew: Crew) -> None:
    """Protects what Docker and Prometheus stand on, and least privilege: a worker has no password at all."""
    crew.gather()
    ready = httpx.get(f"{crew.probes[0]}/ready", timeout=10)
    assert (ready.status_code, ready.json()["servers"]) == (200, {"kafka": "ok"})
    assert httpx.get(f"{crew.probes[0]}/health", timeout=10).json()["status"] == "up"
    figures = httpx.get(f"{crew.probes[0]}/metrics", timeout=10).text
    assert 'tournee_worker_districts_total{outcome="planned"}' in figures


@pytest.fixture(scope="module")
def day(registry: Registry) -> tuple[SharedDay, routing.Problem, routing.Solution]:
    """The day's problem with a hasty first plan."""
    shared_day = SharedDay(order_of(registry, 60), registry, EstimatedRoads(registry.city.roads))
    due = [f for f in forecasts_of_day(registry, {}, DAY) if f.due]
    problem = problem_of_day(registry, due, DAY, name="day", roads=shared_day.roads)
    return shared_day, problem, routing.solve(problem, routing.MaxRuntime(0.3))


def test_worker_that_is_killed_costs_its_district_and_the_other_goes_on(
    stack: Stack,
    crew: Crew,
    day: tuple[SharedDay, routing.Problem, routing.Solution],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Protects the morning from kill -9 amid a round: the plan is whole, and who is left does the next round."""
    caplog.set_level(logging.INFO, logger="services")
    shared_day, problem, plan = day
    crew.gather()
    with Queues(stack) as queue:
        _send_rubbish(stack)
        sharing = Sharing(queue, RULES)
        killer = Thread(target=_kill_amid_a_district, args=(crew.servers[1], len(crew.log(1))))
        killer.start()
        merged = sharing.improve(shared_day, problem, plan, 2, 8.0, lambda _: None)  # a round of 4 s
        killer.join()
        assert merged.is_feasible()
        assert merged.cost <= plan.cost
        assert sum(len(route.stop_ids) for route in merged.routes) + len(merged.unserved) == len(problem.stops)
        assert sharing.outcomes["silent"] >= 1
        assert sharing.outcomes["better"] + sharing.outcomes["refused"] >= 1
        assert "no answer for districts" in caplog.text
        # After its session its share is the other's, who leaves the district that comes too late aside.
        eventually(lambda: "too late, left aside" in crew.log(0), lambda: crew.log(0), patience_s=15)
        assert queue.count_workers() == 1
        again = Sharing(queue, RULES)
        after = again.improve(shared_day, problem, merged, 1, 10.0, lambda _: None)
        assert after.cost <= merged.cost
        assert again.outcomes["silent"] == 0, crew.log(0)
        assert again.outcomes["better"] + again.outcomes["refused"] >= 2
    assert "an unreadable district is left aside" in crew.log(0)
    assert "Traceback" not in crew.log(0)


def _send_rubbish(stack: Stack) -> None:
    """One for each partition, so that both workers have some before their districts."""
    producer = EventProducer(stack.kafka, name="anybody")
    keys = [district_key("rubbish", number, 12) for number in range(12)]
    producer.confirm([producer.send(DISTRICTS, key, b"\x00 not a district") for key in keys])
    producer.close()


def _kill_amid_a_district(worker: Server, log_from: int) -> None:
    eventually(lambda: "begun" in worker.log_path.read_text()[log_from:])
    worker.kill()
